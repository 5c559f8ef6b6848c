import { describe, expect, test } from 'vitest';
import { createRig, inferBody, sums, type Reply, type Rig } from '../../test/gateway/rig.ts';
import { rolloutRoute, tableWith } from '../../test/gateway/tables.ts';
import { createVirtualClock, type VirtualClock } from '../../test/gateway/virtual-clock.ts';
import type { FunctionModel } from '../adapters/backend/function.ts';
import type { AttributeDeclaration } from '../core/audience/attribute.ts';
import type { Route } from '../core/routing/table.ts';
import { readPredictionId } from '../protocol/inference/prediction-id.ts';
import { createMac } from './mac.ts';

const attributes: readonly AttributeDeclaration[] = [
  { name: 'group', type: 'text', source: { kind: 'header', header: 'x-group' } },
  { name: 'age', type: 'number', source: { kind: 'pointer', pointer: '/parameters/user/age' } },
];
const mac = createMac(Buffer.from('42'.repeat(32), 'hex'));

type Started = Rig & { readonly clock: VirtualClock };

type Setting = {
  readonly shareBps?: number;
  readonly over?: Partial<Route>;
  readonly models?: Readonly<Record<number, FunctionModel>>;
};

/** A gateway whose route has an audience. */
async function started(audience: string, setting: Setting = {}): Promise<Started> {
  const { shareBps = 10_000, over = {}, models = {} } = setting;
  const clock = createVirtualClock();
  const rig = createRig({ clock });
  for (const [version, model] of Object.entries(models)) rig.models.set(Number(version), model);
  rig.feed.publish(tableWith(1, [rolloutRoute(shareBps, { attributes, audience, ...over })]));
  await rig.gateway.start();
  await clock.pass(10);
  return { ...rig, clock };
}

type Person = {
  readonly group?: string;
  readonly age?: unknown;
  readonly unit?: string;
  readonly row?: readonly [number, number];
};

function infer(rig: Rig, { group, age, unit = 'ada', row = [1, 2] }: Person): Promise<Reply> {
  const body = { ...inferBody(row), parameters: { user: { age } } };
  const headers = { 'x-unit-id': unit, ...(group === undefined ? {} : { 'x-group': group }) };
  return rig.ask('/v2/models/risk/infer', body, headers);
}

const armOf = ({ headers }: Reply): string => headers.get('x-understudy-arm') ?? '';

describe('who is assigned', () => {
  test.for([
    { audience: 'group in [dev, qa]', person: { group: 'dev' }, arm: 'candidate' },
    { audience: 'group in [dev, qa]', person: { group: 'sales' }, arm: 'outside' },
    { audience: 'group in [dev, qa]', person: {}, arm: 'outside' },
    { audience: 'not (group in [dev, qa])', person: {}, arm: 'outside' },
    { audience: 'not has(group)', person: {}, arm: 'candidate' },
    { audience: 'age >= 18', person: { age: 18 }, arm: 'candidate' },
    { audience: 'age >= 18', person: { age: 17 }, arm: 'outside' },
    { audience: 'age >= 18', person: { age: '18' }, arm: 'candidate' },
    { audience: 'age >= 18', person: { age: { of: 'somebody' } }, arm: 'outside' },
    { audience: 'age < 18 or group == dev', person: { group: 'dev' }, arm: 'candidate' },
  ])('$audience, $person: $arm', async ({ audience, person, arm }) => {
    expect(armOf(await infer(await started(audience), person))).toBe(arm);
  });

  test('shares are shares within the audience', async () => {
    const rig = await started('group == dev', { shareBps: 2_500 });
    const arms = async (group: string): Promise<readonly string[]> => {
      const asked = Array.from({ length: 400 }, (_none, n) => infer(rig, { group, unit: `u${n}` }));
      return (await Promise.all(asked)).map(armOf);
    };
    const inside = (await arms('dev')).filter((arm) => arm === 'candidate').length;
    expect(inside).toBeGreaterThan(65);
    expect(inside).toBeLessThan(135);
    expect(new Set(await arms('sales'))).toEqual(new Set(['outside']));
  });

  test('a body without the attribute, or without any JSON, is outside', async () => {
    const rig = await started('age >= 18');
    const bare = await rig.ask('/v2/models/risk/infer', inferBody([1, 2]), {});
    expect(armOf(bare)).toBe('outside');
  });
});

describe('whoever is outside', () => {
  test('gets the baseline, under an id that is of no rollout', async () => {
    const reply = await infer(await started('group == dev'), { group: 'sales' });
    expect(reply.json).toMatchObject({ model_version: '1', outputs: [{ data: [3] }] });
    const id = readPredictionId(reply.headers.get('x-prediction-id') ?? '', mac);
    const nobody = { rollout: null, assigned: 'outside', shareBps: null };
    expect(id?.origin).toMatchObject({ arm: 'outside', version: 1, ...nobody });
  });

  test('is counted, and not as the baseline of the rollout', async () => {
    const rig = await started('group == dev', { shareBps: 1 });
    for (const group of ['dev', 'sales', 'sales']) await infer(rig, { group });
    await rig.clock.pass(11_000);
    const rows = rig.windows().map(({ rollout, arm, version, requests }) => {
      return { rollout, arm, version, requests };
    });
    expect(rows).toHaveLength(2);
    expect(rows).toContainEqual({ rollout: 'r-1', arm: 'baseline', version: 1, requests: 1 });
    expect(rows).toContainEqual({ rollout: null, arm: 'outside', version: 1, requests: 2 });
    const seen = rig.feed.fedBack.flatMap(({ exposures }) => exposures);
    expect(seen).toMatchObject([{ rollout: 'r-1', arm: 'baseline', units: [expect.any(Number)] }]);
    expect(await rig.metrics()).toMatch(
      /_requests_total\{[^\n]*arm="outside"[^\n]*outcome="ok"[^\n]* 2\n/,
    );
  });

  test('shows that the baseline lives, so that a dead candidate is cut off', async () => {
    const rig = await started('group == dev', { over: { fallback: 'none' }, models: { 2: dead } });
    for (let n = 0; n < 25; n += 1) {
      await infer(rig, { group: 'sales', unit: `s${n}` });
      await infer(rig, { group: 'dev', unit: `d${n}` });
    }
    expect(armOf(await infer(rig, { group: 'dev' }))).toBe('baseline');
  });

  test('never makes a candidate look bad by failing less', async () => {
    const models = { 1: fussy, 2: fussy };
    const rig = await started('group == dev', { shareBps: 5_000, models });
    const arms = new Set<string>();
    for (let n = 0; n < 600; n += 1) {
      // Every other developer asks what neither version can answer; nobody else does.
      const row = n % 2 === 0 ? ([9, 9] as const) : ([1, 2] as const);
      arms.add(armOf(await infer(rig, { group: 'dev', unit: `d${n}`, row })));
      await infer(rig, { group: 'sales', unit: `s${n}` });
      await infer(rig, { group: 'sales', unit: `t${n}` });
      await rig.clock.pass(20);
    }
    const [endpoint] = rig.gateway.status().endpoints;
    expect(endpoint).toMatchObject({ fuses: [] });
    expect(arms).toContain('candidate');
  });
});

const dead: FunctionModel = {
  predict: () => {
    throw new Error('cannot');
  },
};
const fussy: FunctionModel = {
  predict: ({ inputs }) => {
    const made = sums(inputs);
    if (made.some(({ data }) => data[0] === 18)) throw new Error('cannot');
    return made;
  },
};
