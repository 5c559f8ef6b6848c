import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../protocol/inference/tensor.ts';
import { hashOf, Quarantine, QUARANTINE_MAX, QUARANTINE_MS } from './quarantine.ts';

describe('what is known of inputs after a death', () => {
  type Said = { readonly hashes: readonly string[]; readonly wasStuck?: boolean };
  const dies = (quarantine: Quarantine, { hashes, wasStuck = false }: Said, nowMs = 0): void =>
    quarantine.blame({ hashes, wasStuck, nowMs });
  const hung = { hashes: ['a'], wasStuck: true };

  test.for<{ what: string; deaths: readonly Said[]; a: string; b: string }>([
    { what: 'in work alone, once', deaths: [{ hashes: ['a'] }], a: 'suspect', b: 'none' },
    {
      what: 'in work alone, twice',
      deaths: [{ hashes: ['a'] }, { hashes: ['a'] }],
      a: 'quarantined',
      b: 'none',
    },
    { what: 'alone, and it got stuck', deaths: [hung], a: 'quarantined', b: 'none' },
    {
      what: 'in work with others',
      deaths: [{ hashes: ['a', 'b'], wasStuck: true }],
      a: 'suspect',
      b: 'suspect',
    },
    {
      what: 'first with others, then alone',
      deaths: [{ hashes: ['a', 'b'] }, { hashes: ['a'] }],
      a: 'quarantined',
      b: 'suspect',
    },
    {
      what: 'first stuck alone, then with others',
      deaths: [hung, { hashes: ['a', 'b'] }],
      a: 'quarantined',
      b: 'suspect',
    },
    { what: 'not in work', deaths: [{ hashes: ['c'] }], a: 'none', b: 'none' },
    { what: 'nothing in work', deaths: [{ hashes: [] }], a: 'none', b: 'none' },
  ])('$what', ({ deaths, a, b }) => {
    const quarantine = new Quarantine();
    for (const death of deaths) dies(quarantine, death);
    expect([quarantine.look('a', 1), quarantine.look('b', 1)]).toEqual([a, b]);
  });

  test('a suspect that was run alone is cleared, one that is proved is not', () => {
    const quarantine = new Quarantine();
    dies(quarantine, { hashes: ['a', 'b'] });
    dies(quarantine, { hashes: ['c'], wasStuck: true });
    quarantine.clear('a');
    quarantine.clear('c');
    const seen = ['a', 'b', 'c'].map((hash) => quarantine.look(hash, 1));
    expect(seen).toEqual(['none', 'suspect', 'quarantined']);
    expect(quarantine.quarantined).toBe(1);
  });

  test('it is forgotten after a while', () => {
    const quarantine = new Quarantine();
    dies(quarantine, hung);
    expect(quarantine.look('a', QUARANTINE_MS - 1)).toBe('quarantined');
    expect(quarantine.look('a', QUARANTINE_MS)).toBe('none');
    expect(quarantine.isEmpty).toBe(true);
  });

  test('it is bounded, and the oldest goes first', () => {
    const quarantine = new Quarantine();
    for (let n = 0; n <= QUARANTINE_MAX; n += 1) {
      dies(quarantine, { hashes: [`${n}`], wasStuck: true }, n);
    }
    expect(quarantine.quarantined).toBe(QUARANTINE_MAX);
    expect(quarantine.look('0', 0)).toBe('none');
    expect(quarantine.look('1', 0)).toBe('quarantined');
  });
});

test('inputs have one name exactly when the model sees the same', () => {
  const base: Tensor = { name: 'x', datatype: 'FP32', shape: [2, 1], data: Float32Array.of(1, 2) };
  const others: readonly Tensor[] = [
    base,
    { ...base, name: 'y' },
    { ...base, shape: [1, 2] },
    { ...base, datatype: 'INT32', data: Int32Array.of(1, 2) },
    { ...base, data: Float32Array.of(1, 3) },
    { ...base, datatype: 'BYTES', data: ['a', 'b'] },
    { ...base, datatype: 'BYTES', data: ['ab', ''] },
  ];
  const hashes = others.map((tensor) => hashOf([tensor]));
  expect(new Set(hashes).size).toBe(others.length);
  const part = Float32Array.of(0, 1, 2).subarray(1);
  expect(hashOf([{ ...base, data: part }])).toBe(hashOf([base]));
});
