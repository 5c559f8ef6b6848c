import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auditDraftSample } from '../../../test/samples.ts';
import type { AuditEntry } from './audit.ts';
import { CHAIN_START, link, verifyChain } from './chain.ts';

function chainOf(count: number): AuditEntry[] {
  const chain: AuditEntry[] = [];
  for (let n = 0; n < count; n += 1) chain.push(link(chain.at(-1) ?? null, auditDraftSample(n)));
  return chain;
}

const chain = chainOf(20);

test('the first entry follows 64 zeros, each other the hash before', () => {
  expect(chain[0]).toMatchObject({ seq: 1, previous: CHAIN_START });
  expect(chain[7]).toMatchObject({ seq: 8, previous: chain[6]?.hash });
  expect(verifyChain(chain)).toEqual({ ok: true, count: 20 });
});

test('the hash of a known entry never changes', () => {
  expect(chain[0]?.hash).toBe('475e1bf2f14762dd698d0a518f8b17fa1fdd172fb2c0c41b2fe7f0ee8886fb4d');
});

test('a chain can be checked page by page', () => {
  expect(verifyChain(chain.slice(5, 12), chain[4])).toEqual({ ok: true, count: 7 });
  expect(verifyChain(chain.slice(5, 12))).toMatchObject({ ok: false, seq: 1 });
});

test('entries hash the same after a journey through storage', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (detail) => {
      const entry = link(null, { ...auditDraftSample(1), detail });
      expect(verifyChain([JSON.parse(JSON.stringify(entry)) as AuditEntry]).ok).toBe(true);
    }),
  );
  const bare = link(null, { ...auditDraftSample(1), detail: undefined });
  expect(verifyChain([JSON.parse(JSON.stringify(bare)) as AuditEntry]).ok).toBe(true);
});

describe('every single change shows, at the entry where it was made', () => {
  const at = 9;
  const changed = (over: Partial<AuditEntry>): AuditEntry[] =>
    chain.map((entry, i) => (i === at ? { ...entry, ...over } : entry));
  test.each([
    { name: 'another actor', entries: changed({ actor: 'eve' }), seq: 10 },
    { name: 'another reason', entries: changed({ reason: '' }), seq: 10 },
    { name: 'another detail', entries: changed({ detail: { n: 9 } }), seq: 10 },
    { name: 'another hash', entries: changed({ hash: 'a'.repeat(64) }), seq: 10 },
    { name: 'an entry taken out', entries: chain.toSpliced(at, 1), seq: 10 },
    { name: 'an entry twice', entries: chain.toSpliced(at, 0, ...chain.slice(8, 9)), seq: 10 },
    {
      name: 'an entry put in',
      entries: chain.toSpliced(at, 0, link(chain[8] ?? null, auditDraftSample(99))),
      seq: 11,
    },
    {
      name: 'an entry written anew, hash and all',
      entries: chain.with(at, link(chain[8] ?? null, auditDraftSample(99))),
      seq: 11,
    },
    {
      name: 'two exchanged',
      entries: [...chain.slice(0, 8), ...chain.slice(8, 10).reverse()],
      seq: 9,
    },
    { name: 'the beginning cut off', entries: chain.slice(1), seq: 1 },
  ])('$name', ({ entries, seq }) => {
    expect(verifyChain(entries)).toMatchObject({ ok: false, seq });
  });
});
