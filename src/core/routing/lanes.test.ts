import { describe, expect, test } from 'vitest';
import { endpointSample, refSample, rolloutSample } from '../../../test/samples.ts';
import { WHOLE_BPS, bps } from '../lib/units.ts';
import type { Phase, Rollout } from '../rollout/rollout.ts';
import { assign } from './assign.ts';
import { compileWhole, laneOf, routeOfRollout, routesIn } from './lanes.ts';
import { emptyTable, project } from './project.ts';
import type { RoutingTable } from './table.ts';

const layerSalt = 'cd'.repeat(16);
const endpoints = [endpointSample('risk')];

const testIn = (
  id: string,
  [fromBps, toBps]: readonly [number, number],
  over: { readonly phase?: Phase; readonly candidate?: number; readonly revision?: number } = {},
): Rollout => {
  const { phase = 'advancing', candidate = 2, revision = 3 } = over;
  const slice = { fromBps: bps(fromBps), toBps: bps(toBps) };
  const weights = [bps(5_000), bps(5_000)];
  const own = { id, revision, candidate: refSample(candidate), weights };
  return rolloutSample('risk', phase, { ...own, salt: id.padEnd(32, '0'), slice, layerSalt });
};

const tableOf = (rollouts: readonly Rollout[], previous: RoutingTable = emptyTable) =>
  project({ endpoints, rollouts, models: [], previous });

const [a, b] = [testIn('a', [0, 3_000]), testIn('b', [3_000, 5_000], { candidate: 3 })];

describe('an endpoint with two tests', () => {
  const table = tableOf([b, a]);

  test('has a route for each, and its own for everybody else', () => {
    expect(table.routes).toMatchObject([
      {
        rollout: null,
        arms: [{ name: 'baseline' }],
        lanes: [
          { slice: { salt: layerSalt, fromBps: 0, toBps: 3_000 }, route: { rollout: 'a' } },
          { slice: { salt: layerSalt, fromBps: 3_000, toBps: 5_000 }, route: { rollout: 'b' } },
        ],
      },
    ]);
    const routes = table.routes.flatMap(routesIn);
    expect(routes.map(({ rollout }) => rollout)).toEqual([null, 'a', 'b']);
    expect(['a', 'b', 'c'].map((id) => routeOfRollout(table, { id, endpoint: 'risk' }))).toEqual([
      routes[1],
      routes[2],
      table.routes[0],
    ]);
  });

  test('gives every unit one arm of one of them, in the shares that were declared', () => {
    const [route] = table.routes;
    expect.assert(route !== undefined);
    const whole = compileWhole(route);
    const counts = new Map<string, number>();
    for (let i = 0; i < 20_000; i += 1) {
      const unit = `u${i}`;
      const lane = laneOf(whole.lanes, unit);
      const { armIndex } = assign((lane ?? whole).compiled, unit);
      const name = `${lane?.route.rollout ?? 'none'} ${armIndex}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const shares = { 'a 0': 0.15, 'a 1': 0.15, 'b 0': 0.1, 'b 1': 0.1, 'none 0': 0.5 };
    expect([...counts.keys()].sort()).toEqual(Object.keys(shares));
    const off = Object.entries(shares).filter(([name, share]) => {
      const sigma = Math.sqrt((share * (1 - share)) / 20_000);
      return Math.abs((counts.get(name) ?? 0) / 20_000 - share) > 4 * sigma;
    });
    expect(off).toEqual([]);
  });
});

describe('a test that begins, moves or ends', () => {
  const before = tableOf([a, b]);

  test('changes the generation of its own route, and of the endpoint', () => {
    const moved = { ...a, weights: [bps(4_000), bps(6_000)], revision: 4 };
    const after = tableOf([moved, b], before);
    const since = after.routes.flatMap(routesIn).map((route) => route.since);
    expect(since).toEqual([2, 2, 1]);
  });

  test('leaves whoever is in the other what he had', () => {
    const alone = tableOf([b], before);
    expect(routeOfRollout(alone, b)).toBe(routeOfRollout(before, b));
    expect(alone.routes.flatMap(routesIn).map(({ since }) => since)).toEqual([2, 1]);
  });

  test('that is over leaves no trace in the table', () => {
    expect(tableOf([testIn('a', [0, 3_000], { phase: 'reverted' })])).toEqual(tableOf([]));
  });

  test('cannot share a unit with another, nor an endpoint with a rollout that has all', () => {
    expect(() => tableOf([a, testIn('c', [2_999, 4_000])])).toThrow('share units');
    expect(() => tableOf([a, rolloutSample('risk', 'advancing')])).toThrow('has rollouts');
  });
});

describe('from whatever phase, a test that goes back', () => {
  const phases = ['preparing', 'advancing', 'holding', 'promoting', 'reverting'] as const;

  test.for(phases)('%s gives its units the baseline, and the other test nothing', (phase) => {
    const before = tableOf([testIn('a', [0, 3_000], { phase }), b]);
    const reverting = testIn('a', [0, 3_000], { phase: 'reverting', revision: 4 });
    const after = tableOf([{ ...reverting, weights: null }, b], before);
    expect(routeOfRollout(after, a)?.split).toMatchObject([{ bps: WHOLE_BPS }, { bps: 0 }]);
    expect(routeOfRollout(after, b)).toEqual(routeOfRollout(before, b));
  });
});
