import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pairedContest } from '../../../test/outcome-specs.ts';
import { endpointSample, refSample, rolloutSample, versionSample } from '../../../test/samples.ts';
import { canonicalJson } from '../lib/canonical.ts';
import { InvariantViolation } from '../lib/invariant.ts';
import { bps } from '../lib/units.ts';
import { PHASES, type Rollout } from '../rollout/rollout.ts';
import type { StrategySpec } from '../strategy/spec.ts';
import { defaultMirror } from '../strategy/stage.ts';
import { compileRoute } from './assign.ts';
import type { Endpoint } from './endpoint.ts';
import { emptyTable, project } from './project.ts';
import type { CatalogModel, Route, RoutingTable } from './table.ts';

const routeFor = (endpoint: Endpoint, rollouts: readonly Rollout[]): Route | undefined =>
  project({ endpoints: [endpoint], rollouts, models: [], previous: emptyTable }).routes[0];

const shareOf = (phase: Rollout['phase'], stage: number): number | undefined =>
  routeFor(endpointSample('risk'), [rolloutSample('risk', phase, { stage })])?.split[1]?.bps;

describe('the candidate\u2019s share follows the phase', () => {
  test.each([
    { phase: 'preparing', stage: 0, share: 0 },
    { phase: 'advancing', stage: 0, share: 500 },
    { phase: 'advancing', stage: 2, share: 5_000 },
    { phase: 'holding', stage: 1, share: 2_500 },
    { phase: 'promoting', stage: 3, share: 10_000 },
    { phase: 'reverting', stage: 3, share: 0 },
  ] as const)('$phase, stage $stage', ({ phase, stage, share }) => {
    expect(shareOf(phase, stage)).toBe(share);
  });

  test.each(['promoted', 'reverted', 'cancelled'] as const)('%s: no candidate', (phase) => {
    const route = routeFor(endpointSample('risk'), [rolloutSample('risk', phase)]);
    expect(route).toMatchObject({ rollout: null, split: [{ arm: 'baseline', bps: 10_000 }] });
  });
});

test('what a candidate had that was taken out is the baseline’s until it is shared anew', () => {
  const others = [{ arm: 'candidate-2', version: refSample(3) }];
  const splitOf = (over: Partial<Rollout>) =>
    routeFor(endpointSample('risk'), [rolloutSample('risk', 'advancing', { others, ...over })])
      ?.split;
  const weights = [bps(5_000), bps(2_000), bps(3_000)];
  expect(splitOf({ weights, dropped: ['candidate'] })).toEqual([
    { arm: 'baseline', bps: 7_000 },
    { arm: 'candidate', bps: 0, ceded: 2_000 },
    { arm: 'candidate-2', bps: 3_000 },
  ]);
  const anew = [bps(4_000), bps(0), bps(6_000)];
  expect(splitOf({ weights: anew, dropped: ['candidate'] })).toEqual([
    { arm: 'baseline', bps: 4_000 },
    { arm: 'candidate', bps: 0 },
    { arm: 'candidate-2', bps: 6_000 },
  ]);
  const back = rolloutSample('risk', 'reverting', { others, weights, dropped: ['candidate'] });
  expect(routeFor(endpointSample('risk'), [back])?.split[1]).toEqual({ arm: 'candidate', bps: 0 });
});

describe('copies', () => {
  const mirror = { ...defaultMirror, sample: bps(10_000) };
  const others = [2, 3].map((at) => ({ arm: `candidate-${at}`, version: refSample(at + 1) }));
  const routed = (strategy: StrategySpec, over: Partial<Rollout> = {}): Route | undefined => {
    const plain = rolloutSample('risk', 'advancing', { others, ...over });
    return routeFor(endpointSample('risk'), [{ ...plain, spec: { ...plain.spec, strategy } }]);
  };
  const contest = pairedContest({ split: [bps(0), bps(0), bps(0)], pairing: mirror });

  test('of a shadow go to the candidate', () => {
    const shadow = { kind: 'shadow', mirror, audience: null, leastMs: 0 } as const;
    const route = routed({ ...shadow, cutOver: 'automatic' }, { others: [] });
    expect(route?.mirror).toEqual({ ...mirror, arm: 'candidate' });
  });

  test.for<{ readonly dropped: readonly string[]; readonly arms: object }>([
    { dropped: [], arms: { arm: 'candidate', others: ['candidate-2', 'candidate-3'] } },
    { dropped: ['candidate'], arms: { arm: 'candidate-2', others: ['candidate-3'] } },
    { dropped: ['candidate', 'candidate-2'], arms: { arm: 'candidate-3' } },
  ])('that are paired go to all challengers but $dropped', ({ dropped, arms }) => {
    const route = routed(contest, { dropped });
    expect(route?.mirror).toEqual({ ...mirror, isPaired: true, ...arms });
    expect(route?.split.map(({ bps: share }) => share)).toEqual([10_000, 0, 0, 0]);
  });
});

test('while promoting, the endpoint already points at the candidate and the arms stay', () => {
  const endpoint = endpointSample('risk', { version: refSample(2), previous: refSample(1) });
  expect(routeFor(endpoint, [rolloutSample('risk', 'promoting')])).toMatchObject({
    arms: [
      { name: 'baseline', role: 'baseline', version: refSample(1) },
      { name: 'candidate', role: 'candidate', version: refSample(2) },
    ],
    warm: [],
  });
});

describe('what is kept warm', () => {
  const rollout = rolloutSample('risk', 'advancing');
  const before = endpointSample('risk', { version: refSample(1), previous: refSample(9) });
  const promoted = endpointSample('risk', { version: refSample(2), previous: refSample(1) });
  test.each([
    { name: 'nothing, when nothing was before', endpoint: endpointSample('risk'), warm: [] },
    { name: 'after a promotion, the old baseline', endpoint: promoted, warm: [1] },
    { name: 'during a rollout, the one before', endpoint: before, rollout, warm: [9] },
    {
      name: 'during a rollout that began elsewhere, what the endpoint points at',
      endpoint: endpointSample('risk', { version: refSample(7), previous: refSample(7) }),
      rollout,
      warm: [7],
    },
  ])('$name', ({ endpoint, rollout, warm }) => {
    const route = routeFor(endpoint, rollout === undefined ? [] : [rollout]);
    expect(route?.warm).toEqual(warm.map((version) => refSample(version)));
  });
});

const phases = fc.constantFrom(...PHASES);
const states = fc
  .uniqueArray(fc.tuple(fc.stringMatching(/^[a-zA-Z0-9-]{1,6}$/), phases, fc.nat(3)), {
    maxLength: 8,
    selector: ([name]) => name,
  })
  .map((rows) => ({
    endpoints: rows.map(([name]) => endpointSample(name)),
    rollouts: rows.map(([name, phase, stage]) => rolloutSample(name, phase, { stage })),
    models: rows.map(([name]): CatalogModel => {
      return { name, versions: [versionSample(1, name), versionSample(3, name)] };
    }),
  }));

describe('laws', () => {
  test('the same state gives the same bytes, in whatever order it is read', () => {
    fc.assert(
      fc.property(states, ({ endpoints, rollouts, models }) => {
        const forth = project({ endpoints, rollouts, models, previous: emptyTable });
        const back = project({
          endpoints: [...endpoints].reverse(),
          rollouts: [...rollouts].reverse(),
          models: [...models].reverse().map(({ name, versions }) => {
            return { name, versions: [...versions].reverse() };
          }),
          previous: emptyTable,
        });
        expect(canonicalJson(back)).toBe(canonicalJson(forth));
      }),
    );
  });

  test('the table is the same object when nothing changes, else the next generation', () => {
    fc.assert(
      fc.property(states, states, (one, two) => {
        const first = project({ ...one, previous: emptyTable });
        expect(project({ ...structuredClone(one), previous: first })).toBe(first);
        const second = project({ ...two, previous: first });
        const { generation: _, ...before } = first;
        const { generation, ...after } = second;
        const isSame = canonicalJson(before) === canonicalJson(after);
        expect(generation).toBe(first.generation + (isSame ? 0 : 1));
      }),
    );
  });

  test('a route is dated by the generation in which it last changed', () => {
    const wordsOf = (route: Route | undefined): string =>
      canonicalJson(route === undefined ? null : { ...route, since: 0 });
    const routeIn = ({ routes }: RoutingTable, name: string): Route | undefined =>
      routes.find(({ endpoint }) => endpoint === name);
    fc.assert(
      fc.property(fc.array(states, { minLength: 1, maxLength: 6 }), (all) => {
        let previous = emptyTable;
        for (const state of all) {
          const next = project({ ...state, previous });
          for (const route of next.routes) {
            const before = routeIn(previous, route.endpoint);
            const isSame = wordsOf(before) === wordsOf(route);
            expect(route.since).toBe(isSame ? before?.since : next.generation);
          }
          previous = next;
        }
      }),
    );
  });

  test('a change of one rollout leaves the dates of all other routes', () => {
    const names = ['a', 'b', 'c'];
    const endpoints = names.map((name) => endpointSample(name));
    const at = (revision: number) =>
      names.map((name) => rolloutSample(name, 'advancing', name === 'b' ? { revision } : {}));
    const first = project({ endpoints, rollouts: at(3), models: [], previous: emptyTable });
    const second = project({ endpoints, rollouts: at(4), models: [], previous: first });
    expect(second.generation).toBe(2);
    expect(second.routes.map(({ since }) => since)).toEqual([1, 2, 1]);
  });

  test('every route can be compiled: its shares are whole, its baseline is first', () => {
    fc.assert(
      fc.property(states, (state) => {
        for (const route of project({ ...state, previous: emptyTable }).routes) {
          expect(() => compileRoute(route)).not.toThrow();
          expect(route.arms.map(({ role }) => role === 'baseline')).toEqual(
            route.arms.map((_, i) => i === 0),
          );
        }
      }),
    );
  });
});

test('the revision of a route grows with endpoint and with rollout', () => {
  const revision = (endpoint: number, rollout: number): number | undefined =>
    routeFor(endpointSample('risk', { revision: endpoint }), [
      rolloutSample('risk', 'advancing', { revision: rollout }),
    ])?.revision;
  expect(revision(4, 3)).toBe(7);
  expect(revision(5, 3)).toBe(8);
  expect(revision(4, 4)).toBe(8);
  expect(routeFor(endpointSample('risk', { revision: 4 }), [])?.revision).toBe(4);
});

test('the order of names is that of their code units', () => {
  const endpoints = ['b', 'a-1', 'B', 'a'].map((name) => endpointSample(name));
  const { routes } = project({ endpoints, rollouts: [], models: [], previous: emptyTable });
  expect(routes.map(({ endpoint }) => endpoint)).toEqual(['B', 'a', 'a-1', 'b']);
});

test('two rollouts of one endpoint break the invariant', () => {
  const two = [rolloutSample('risk', 'advancing'), rolloutSample('risk', 'preparing')];
  expect(() => routeFor(endpointSample('risk'), two)).toThrow(InvariantViolation);
});
