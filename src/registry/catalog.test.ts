import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instant } from '../core/lib/units.ts';
import { defaultEndpointSettings } from '../core/routing/endpoint.ts';
import { Fault } from '../protocol/errors.ts';
import { pushSchema } from '../protocol/admin/version.ts';
import { pointAlias } from './aliasing.ts';
import { newest, parseVersionName, resolveVersion } from './naming.ts';
import { blobIsFree, mayDelete } from './retention.ts';
import { labelAt, newVersion, planPush } from './versioning.ts';
import type { Alias } from '../core/catalog/alias.ts';
import type { Version } from '../core/catalog/version.ts';
import type { Rollout } from '../core/rollout/rollout.ts';
import type { Endpoint } from '../core/routing/endpoint.ts';
import type { ModelCatalog } from './naming.ts';

const digestOf = (n: number): string => `sha256:${n.toString(16).padStart(64, '0')}`;
const noon = instant(Date.parse('2026-11-21T10:04:05.678Z'));
const admitted = {
  signature: { inputs: [], outputs: [] },
  report: { checks: [], loadMs: 1, probeMs: 1, peakBytes: 1 },
  bytes: 10,
};

function version(number: number, label = `v${number}.0`): Version {
  return {
    model: 'm',
    version: number,
    digest: digestOf(number),
    label,
    format: 'onnx',
    bytes: 10,
    signature: admitted.signature,
    createdAt: noon,
    author: 'ann',
    metrics: { auc: 0.9 },
    tags: {},
    lineage: null,
    admission: admitted.report,
  };
}

const alias = (name: string, target: number): Alias => ({
  model: 'm',
  name,
  version: target,
  movedAt: noon,
  movedBy: 'ann',
  history: [],
});

/** Twelve versions, so that "10" sorts before "9" if anybody compares text; shuffled. */
const twelve: ModelCatalog = {
  versions: [3, 12, 9, 1, 10, 2, 11, 4, 8, 5, 7, 6].map((n) => version(n)),
  aliases: [alias('production', 4), alias('blue', 9)],
};

function codeOf(attempt: () => unknown): string {
  try {
    attempt();
    return 'understood';
  } catch (error) {
    return error instanceof Fault ? error.code : 'no fault';
  }
}

describe('a name', () => {
  test.for([
    { name: 'm', number: 12 },
    { name: 'm@latest', number: 12 },
    { name: 'm@9', number: 9 },
    { name: 'm@10', number: 10 },
    { name: 'm@v9.0', number: 9 },
    { name: 'm@production', number: 4 },
    { name: `m@${digestOf(11)}`, number: 11 },
  ])('$name means $number', ({ name, number }) => {
    expect(resolveVersion(parseVersionName(name), twelve).version).toBe(number);
  });

  test.for([
    { name: '', code: 'NAME_INVALID' },
    { name: '@3', code: 'NAME_INVALID' },
    { name: 'm@', code: 'NAME_INVALID' },
    { name: 'm@03', code: 'NAME_INVALID' },
    { name: 'm@0', code: 'NAME_INVALID' },
    { name: 'm@-1', code: 'NAME_INVALID' },
    { name: 'm@1@2', code: 'NAME_INVALID' },
    { name: 'm@../x', code: 'NAME_INVALID' },
    { name: 'M@1', code: 'NAME_INVALID' },
    { name: 'm@13', code: 'VERSION_UNKNOWN' },
    { name: 'm@staging', code: 'VERSION_UNKNOWN' },
    { name: 'm@Production', code: 'VERSION_UNKNOWN' },
    { name: `m@${digestOf(99)}`, code: 'VERSION_UNKNOWN' },
  ])('$name is refused as $code', ({ name, code }) => {
    const resolve = () => resolveVersion(parseVersionName(name), twelve);
    expect(resolve).toThrow(expect.objectContaining({ code }));
  });

  test('of a model without versions means none', () => {
    const none = { versions: [], aliases: [] };
    const resolve = () => resolveVersion(parseVersionName('m'), none);
    expect(resolve).toThrow(/it has none yet/);
  });

  test('with a dangling alias means none, not another version', () => {
    const catalog = { versions: [version(1)], aliases: [alias('production', 7)] };
    const resolve = () => resolveVersion(parseVersionName('m@production'), catalog);
    expect(resolve).toThrow(expect.objectContaining({ code: 'VERSION_UNKNOWN' }));
  });

  test('any text is understood or refused with a code', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(codeOf(() => parseVersionName(text))).toBeOneOf(['understood', 'NAME_INVALID']);
      }),
    );
  });
});

// G1: immutable versions, numbered, and named by the time when nobody names them.
describe('a push', () => {
  const body = (extra: object) => pushSchema.parse({ digest: digestOf(50), ...extra });

  test('of new bytes becomes the next version', () => {
    const push = { body: body({ label: 'v2.0.1' }), catalog: twelve };
    expect(planPush(push)).toEqual({ type: 'new' });
    const known = { ...push, model: 'm', admitted, author: 'bob', now: noon };
    const made = newVersion({ ...known, golden: null });
    expect(made).toMatchObject({ model: 'm', version: 13, label: 'v2.0.1', author: 'bob' });
    expect(made).not.toHaveProperty('golden');
    expect(newVersion({ ...known, golden: digestOf(9) })).toMatchObject({ golden: digestOf(9) });
  });

  test('without a label gets one from the time, never one that is taken', () => {
    const stamp = '2026-11-21T10-04-05Z';
    expect(labelAt(noon, { versions: [], aliases: [] })).toBe(stamp);
    const one = { versions: [version(1, stamp)], aliases: [] };
    expect(labelAt(noon, one)).toBe(`${stamp}-2`);
    const two = { versions: [version(1, stamp), version(2, `${stamp}-2`)], aliases: [] };
    expect(labelAt(noon, two)).toBe(`${stamp}-3`);
  });

  test('of bytes the model has changes nothing and says what it ignored', () => {
    const same = (extra: object) =>
      planPush({ body: body({ digest: digestOf(3), ...extra }), catalog: twelve });
    expect(same({})).toEqual({ type: 'existing', version: version(3), ignored: [] });
    expect(same({ label: 'v3.0', metrics: { auc: 0.9 } })).toMatchObject({ ignored: [] });
    const other = { label: 'x', metrics: { auc: 0.8 }, tags: { a: 'b' } };
    expect(same(other)).toMatchObject({ ignored: ['label', 'metrics', 'tags'] });
  });

  test.for([
    { what: 'another version', label: 'v3.0' },
    { what: 'an alias', label: 'production' },
  ])('with the label of $what is refused', ({ label }) => {
    const plan = () => planPush({ body: body({ label }), catalog: twelve });
    expect(plan).toThrow(expect.objectContaining({ code: 'LABEL_TAKEN', path: 'label' }));
  });

  test.for([
    {
      path: 'golden.digest',
      extra: { golden: { inputs: {}, digest: digestOf(51) } },
    },
    {
      path: 'lineage.artefact.digest',
      extra: { lineage: { data: [], code: [], artefact: { name: 'x', digest: digestOf(51) } } },
    },
  ])('whose $path names other bytes is refused', ({ path, extra }) => {
    const plan = () => planPush({ body: body(extra), catalog: twelve });
    expect(plan).toThrow(expect.objectContaining({ code: 'PROVENANCE_MISMATCH', path }));
  });

  test('numbers only grow and labels never repeat, whatever is pushed', () => {
    const pushes = fc.array(fc.nat({ max: 6 }), { maxLength: 20 });
    fc.assert(
      fc.property(pushes, (contents) => {
        let catalog: ModelCatalog = { versions: [], aliases: [] };
        for (const content of contents) {
          const push = { body: body({ digest: digestOf(content) }), catalog };
          if (planPush(push).type === 'existing') continue;
          const known = { ...push, model: 'm', admitted, golden: null, author: 'a', now: noon };
          const made = newVersion(known);
          catalog = { ...catalog, versions: [made, ...catalog.versions] };
        }
        const { versions } = catalog;
        const distinct = new Set(contents).size;
        expect(versions.map(({ version: n }) => n)).toEqual(
          Array.from({ length: distinct }, (_, i) => distinct - i),
        );
        expect(new Set(versions.map(({ label }) => label)).size).toBe(distinct);
      }),
    );
  });
});

describe('an alias', () => {
  const move = (extra: object) => ({
    model: 'm',
    name: 'production',
    version: 5,
    expect: 4,
    who: 'bob',
    now: noon,
    ...extra,
  });

  test('moves and remembers', () => {
    const moved = pointAlias(move({}), twelve);
    expect(moved).toMatchObject({ version: 5, movedBy: 'bob' });
    expect(moved.history).toEqual([{ version: 4, movedAt: noon, movedBy: 'ann' }]);
  });

  test('moved where it is stays the same', () => {
    expect(pointAlias(move({ version: 4 }), twelve)).toBe(twelve.aliases[0]);
  });

  test('is made when none was expected', () => {
    expect(pointAlias(move({ name: 'green', expect: null }), twelve).history).toEqual([]);
  });

  test.for([
    { what: 'moved meanwhile', change: { expect: 3 }, code: 'ALIAS_CONFLICT' },
    { what: 'there already', change: { expect: null }, code: 'ALIAS_CONFLICT' },
    { what: 'gone meanwhile', change: { name: 'green' }, code: 'ALIAS_CONFLICT' },
    { what: 'to no version', change: { version: 99 }, code: 'VERSION_UNKNOWN' },
    { what: 'named as a label', change: { name: 'v3.0', expect: null }, code: 'ALIAS_TAKEN' },
  ])('$what is refused as $code', ({ change, code }) => {
    expect(() => pointAlias(move(change), twelve)).toThrow(expect.objectContaining({ code }));
  });
});

describe('retention', () => {
  const referrers = { ...twelve, endpoints: [], rollouts: [] };
  const endpoint = (current: number, previous: number | null): Endpoint => ({
    name: 'risk',
    model: 'm',
    version: version(current),
    previous: previous === null ? null : version(previous),
    settings: defaultEndpointSettings,
    revision: 1,
    createdAt: noon,
    changedAt: noon,
  });
  const rollout = (phase: Rollout['phase']): Rollout => ({
    id: 'r1',
    endpoint: 'risk',
    revision: 1,
    baseline: version(1),
    candidate: version(2),
    spec: Object.create(null),
    accepted: [],
    others: [],
    weights: null,
    dropped: [],
    winner: null,
    evidenceFrom: instant(0),
    phase,
    stage: 0,
    salt: '0'.repeat(32),
    thresholdsMs: { slow: null, tail: null, late: null },
    createdAt: noon,
    createdBy: 'ann',
    phaseSince: noon,
    stageSince: noon,
    hold: null,
    cause: null,
  });

  test.for([
    { what: 'served', n: 1, more: { endpoints: [endpoint(1, 2)] }, why: 'is served by risk' },
    { what: 'gone back to', n: 2, more: { endpoints: [endpoint(1, 2)] }, why: 'goes back to' },
    { what: 'a baseline', n: 1, more: { rollouts: [rollout('advancing')] }, why: 'rollout r1' },
    { what: 'a candidate', n: 2, more: { rollouts: [rollout('holding')] }, why: 'rollout r1' },
    { what: 'named', n: 4, more: {}, why: 'has the alias production' },
    { what: 'the newest', n: 12, more: {}, why: 'is the newest of its model' },
  ])('keeps what is $what and says so', ({ n, more, why }) => {
    const result = mayDelete(version(n), { ...referrers, ...more });
    expect(result).toEqual({ ok: false, error: expect.stringContaining(why) });
  });

  test.for([
    { what: 'no one refers to', n: 5, more: { endpoints: [endpoint(1, null)] } },
    { what: 'only a finished rollout was about', n: 2, more: { rollouts: [rollout('reverted')] } },
  ])('lets go what $what', ({ n, more }) => {
    expect(mayDelete(version(n), { ...referrers, ...more }).ok).toBe(true);
  });

  test('frees bytes when no other version has them', () => {
    const shared = { ...version(5), model: 'other' };
    expect(blobIsFree(version(5), twelve.versions)).toBe(true);
    expect(blobIsFree(version(5), [...twelve.versions, shared])).toBe(false);
  });
});

test('the newest of many is the one with the greatest number', () => {
  expect(newest(twelve.versions)?.version).toBe(12);
});
