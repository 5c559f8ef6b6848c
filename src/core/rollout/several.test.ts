import { expect, test } from 'vitest';
import { endpointSample, refSample, rolloutSample } from '../../../test/samples.ts';
import type { Verdict } from '../analysis/verdict.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import { emptyTable } from '../routing/project.ts';
import { CHECK_DEFAULTS } from '../strategy/presets.ts';
import { apply } from './apply.ts';
import { contendersOf } from './contenders.ts';
import { decide } from './decide.ts';
import type { GatewayState } from './fleet.ts';
import type { Rollout } from './rollout.ts';
import { sharesOf } from './share.ts';

// Three candidates: what happens to one of them is no matter of the others.

const began = rolloutSample('risk', 'advancing').createdAt;

function rolloutOf(over: Partial<Rollout>): Rollout {
  const plain = rolloutSample('risk', 'advancing');
  const others = [3, 4].map((version, at) => {
    return { arm: `candidate-${at + 2}`, version: refSample(version) };
  });
  return {
    ...plain,
    others,
    spec: { ...plain.spec, checks: [CHECK_DEFAULTS.error_rate] },
    ...over,
  };
}

const gateway = (over: Partial<GatewayState>): GatewayState => ({
  gateway: 'g1',
  seenAt: began,
  generation: 0,
  ready: [1, 2, 3, 4].map((version) => refSample(version).digest),
  failed: [],
  fuses: [],
  through: began,
  ...over,
});

const verdict = (arm: string, outcome: Verdict['outcome']): Verdict => ({
  check: 'error_rate',
  arm,
  outcome,
  candidate: { units: 100, losses: 50 },
  baseline: { units: 100, losses: 1 },
  ratio: 50,
  interval: null,
  evidence: { harm: 9, harmNeeded: 5, safety: 0, safetyNeeded: 3 },
  etaMs: null,
  sentence: 'Half of it failed.',
});

const unloadable = (version: number): Partial<GatewayState> => ({
  ready: [1, 2, 3, 4].filter((one) => one !== version).map((one) => refSample(one).digest),
  failed: [{ digest: refSample(version).digest, detail: 'out of memory' }],
});

const fuse = { rollout: 'r-risk', at: began, by: 'gateway', who: null, sentence: 'Cut.' } as const;

/** The gateway cut one candidate off: by its arm and the version it had then. */
const cut = (arm: string, version: number): Partial<GatewayState> => ({
  fuses: [{ ...fuse, contender: { arm, version: refSample(version) } }],
});

test.for<{
  readonly what: string;
  readonly rollout?: Partial<Rollout>;
  readonly fails?: string;
  readonly fleet?: Partial<GatewayState>;
  readonly decides: object;
  readonly shares: readonly number[];
}>([
  {
    what: 'one fails a hard trigger: it is out, and the baseline gets its share',
    fails: 'candidate-2',
    decides: { type: 'drop', arm: 'candidate-2' },
    shares: [9_668, 166, 0, 166],
  },
  {
    what: 'the last one fails: everything goes back',
    rollout: { dropped: ['candidate', 'candidate-3'] },
    fails: 'candidate-2',
    decides: { type: 'revert' },
    shares: [WHOLE_BPS, 0, 0, 0],
  },
  {
    what: 'one is cut off by a gateway: it is out',
    fleet: cut('candidate-2', 3),
    decides: { type: 'drop', arm: 'candidate-2', cause: { by: 'fuse', who: 'g1' } },
    shares: [9_668, 166, 0, 166],
  },
  {
    what: 'the last one is cut off',
    rollout: { dropped: ['candidate', 'candidate-3'] },
    fleet: cut('candidate-2', 3),
    decides: { type: 'revert', cause: { by: 'fuse', who: 'g1' } },
    shares: [WHOLE_BPS, 0, 0, 0],
  },
  {
    what: 'one is cut off and all are by a person: everything goes back',
    fleet: {
      fuses: [...(cut('candidate-2', 3).fuses ?? []), { ...fuse, by: 'person', who: 'ada' }],
    },
    decides: { type: 'revert', cause: { by: 'person', who: 'ada' } },
    shares: [WHOLE_BPS, 0, 0, 0],
  },
  {
    what: 'who is out or lost its arm in a swap is not cut off again; the next one is taken out',
    rollout: { dropped: ['candidate-2'], weights: null },
    fleet: {
      ...unloadable(2),
      fuses: [...(cut('candidate-2', 3).fuses ?? []), ...(cut('candidate-3', 1).fuses ?? [])],
    },
    decides: { type: 'drop', arm: 'candidate', cause: { by: 'gateway' } },
    shares: [9_834, 0, 0, 166],
  },
  {
    what: 'the winner is cut off while it is promoted: everything goes back',
    rollout: { phase: 'promoting', winner: 'candidate-2' },
    fleet: cut('candidate-2', 3),
    decides: { type: 'revert', cause: { by: 'fuse' } },
    shares: [WHOLE_BPS, 0, 0, 0],
  },
  {
    what: 'one cannot be loaded: it is out',
    fleet: unloadable(3),
    decides: { type: 'drop', arm: 'candidate-2', cause: { by: 'gateway' } },
    shares: [9_668, 166, 0, 166],
  },
  {
    what: 'one cannot be loaded before there was traffic: it is out',
    rollout: { phase: 'preparing' },
    fleet: unloadable(3),
    decides: { type: 'drop', arm: 'candidate-2' },
    shares: [WHOLE_BPS, 0, 0, 0],
  },
  {
    what: 'who is out need not be loaded',
    rollout: { phase: 'preparing', dropped: ['candidate-2'] },
    fleet: unloadable(3),
    decides: { type: 'advance', stage: 0 },
    shares: [9_668, 166, 0, 166],
  },
  {
    what: 'the last one cannot be loaded',
    rollout: { dropped: ['candidate', 'candidate-3'] },
    fleet: unloadable(3),
    decides: { type: 'revert' },
    shares: [WHOLE_BPS, 0, 0, 0],
  },
  {
    what: 'the winner fails while it is promoted: everything goes back',
    rollout: { phase: 'promoting', winner: 'candidate-2' },
    fails: 'candidate-2',
    decides: { type: 'revert' },
    shares: [WHOLE_BPS, 0, 0, 0],
  },
  {
    what: 'the winner cannot be loaded while it is promoted',
    rollout: { phase: 'promoting', winner: 'candidate-2' },
    fleet: unloadable(3),
    decides: { type: 'revert' },
    shares: [WHOLE_BPS, 0, 0, 0],
  },
  {
    what: 'somebody else cannot be loaded any more: the winner is promoted',
    rollout: { phase: 'promoting', winner: 'candidate-2' },
    fleet: unloadable(4),
    decides: { type: 'settle' },
    shares: [0, 0, WHOLE_BPS, 0],
  },
])('$what', ({ rollout: over = {}, fails, fleet = {}, decides, shares }) => {
  const rollout = rolloutOf(over);
  const gateways = [gateway(fleet)];
  const decision = decide({
    rollout,
    verdicts: contendersOf(rollout)
      .filter(({ arm }) => !rollout.dropped.includes(arm))
      .map(({ arm }) => verdict(arm, arm === fails ? 'fail' : 'unsure')),
    outcomes: [],
    thresholdsMs: null,
    fleet: { gateways, reports: gateways, table: emptyTable, published: 0 },
    now: began,
  });
  expect(decision).toMatchObject(decides);
  const moved = apply({ rollout, endpoint: endpointSample('risk'), now: began }, decision);
  expect(moved).not.toBeNull();
  expect(sharesOf(moved?.after ?? rollout)).toEqual(shares);
});
