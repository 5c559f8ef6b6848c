import { expect, test } from 'vitest';
import type { Check } from '../analysis/check.ts';
import type { Verdict } from '../analysis/verdict.ts';
import { after, bps, instant } from '../lib/units.ts';
import { emptyTable, project } from '../routing/project.ts';
import type { Thresholds } from '../routing/table.ts';
import { CHECK_DEFAULTS } from '../strategy/presets.ts';
import { endpointSample, rolloutSample } from '../../../test/samples.ts';
import { apply } from './apply.ts';
import { decide } from './decide.ts';
import type { Case } from './decide.ts';
import type { Decision } from './decision.ts';
import type { GatewayState } from './fleet.ts';
import type { Fleet } from './readiness.ts';
import { PHASES, isFinal } from './rollout.ts';
import type { Phase, Rollout } from './rollout.ts';
import { candidateShare } from './share.ts';

const now = instant(1_800_000_000_000);
const outcomes = ['pass', 'fail', 'unsure', 'starved'] as const;
type Outcome = (typeof outcomes)[number];

const checks: readonly Check[] = [
  { ...CHECK_DEFAULTS.error_rate, name: 'hard' },
  { ...CHECK_DEFAULTS.null_rate, name: 'soft', onFail: 'soft' },
  { ...CHECK_DEFAULTS.null_rate, name: 'inform', onFail: 'inform' },
];

const verdict = (check: string, outcome: Outcome): Verdict => ({
  check,
  arm: 'candidate',
  outcome,
  candidate: { units: 100, losses: 1 },
  baseline: { units: 1_000, losses: 10 },
  ratio: 1,
  interval: null,
  evidence: { harm: 0, harmNeeded: 5, safety: 0, safetyNeeded: 3 },
  etaMs: outcome === 'unsure' ? 60_000 : null,
  sentence: `${check} is ${outcome}.`,
});

// Other routes have changed twice since this one did, in generation 7.
const endpoints = [endpointSample('risk')];
const [route] = project({ endpoints, rollouts: [], models: [], previous: emptyTable }).routes;
if (route === undefined) throw new Error('an endpoint has a route');
const table = { ...emptyTable, generation: 9, routes: [{ ...route, since: 7 }] };
const candidate = rolloutSample('risk', 'preparing').candidate.digest;

const gateway = (over: Partial<GatewayState> = {}): GatewayState => ({
  gateway: 'g1',
  seenAt: now,
  generation: 7,
  ready: [candidate],
  failed: [],
  fuses: [],
  through: now,
  ...over,
});

const fuse = { rollout: 'r-risk', at: now, who: null, sentence: 'Ten of ten failed.' } as const;
const fleets = {
  ready: [gateway(), gateway({ gateway: 'g2' })],
  loading: [gateway(), gateway({ gateway: 'g2', ready: [] })],
  behind: [gateway(), gateway({ gateway: 'g2', generation: 6 })],
  unpublished: [gateway()],
  none: [],
  fused: [gateway({ fuses: [{ ...fuse, by: 'gateway' }] })],
  'fused by a person': [gateway({ fuses: [{ ...fuse, by: 'person', who: 'ada' }] })],
  'fused elsewhere': [gateway({ fuses: [{ ...fuse, rollout: 'r-other', by: 'gateway' }] })],
  failed: [gateway({ failed: [{ digest: candidate, detail: 'out of memory' }] })],
} as const satisfies Record<string, readonly GatewayState[]>;
type FleetName = keyof typeof fleets;
const fleetNames = Object.keys(fleets) as FleetName[];
const refusing: readonly FleetName[] = ['fused', 'fused by a person', 'failed'];
const settled: readonly FleetName[] = ['ready', 'fused elsewhere'];

const fleetOf = (name: FleetName): Fleet => ({
  gateways: fleets[name],
  reports: fleets[name],
  table,
  published: name === 'unpublished' ? 6 : 9,
});

type Setting = {
  readonly phase: Phase;
  readonly hard: Outcome;
  readonly soft: Outcome;
  readonly inform: Outcome;
  readonly fleet: FleetName;
  readonly soaked: boolean;
  readonly stage: number;
  readonly accepted: boolean;
  readonly freezable: boolean;
};

const frozen: Thresholds = { slow: 10, tail: 20, late: null };
const LAST_STAGE = 3;

function caseOf(setting: Setting): Case {
  const { phase, hard, soft, inform, fleet, soaked, stage, accepted, freezable } = setting;
  const base = rolloutSample('risk', phase, {
    stage,
    accepted: accepted ? ['soft'] : [],
    stageSince: instant(now - (soaked ? 60_000 : 59_999)),
    hold: phase === 'holding' ? { by: 'person', who: 'ada', sentence: 'x', verdict: null } : null,
  });
  const rollout: Rollout = { ...base, spec: { ...base.spec, checks } };
  return {
    rollout,
    verdicts: [verdict('hard', hard), verdict('soft', soft), verdict('inform', inform)],
    outcomes: [],
    thresholdsMs: freezable ? frozen : null,
    fleet: fleetOf(fleet),
    now,
  };
}

const booleans = [false, true];
/** All combinations of the columns' values. */
const settings = (
  [
    ['phase', PHASES],
    ['fleet', fleetNames],
    ['hard', outcomes],
    ['soft', outcomes],
    ['inform', outcomes],
    ['soaked', booleans],
    ['stage', [0, LAST_STAGE]],
    ['accepted', booleans],
    ['freezable', booleans],
  ] as const
).reduce<readonly object[]>(
  (rows, [column, values]) =>
    values.flatMap((value) => rows.map((row) => ({ ...row, [column]: value }))),
  [{}],
) as readonly Setting[];

/** Everything the decision breaks; each law is one line of the design. */
function broken(setting: Setting, decision: Decision): readonly string[] {
  const { phase, hard, soft, fleet, soaked, stage, accepted } = setting;
  const { type } = decision;
  const inMotion = ['preparing', 'advancing', 'holding', 'promoting'].includes(phase);
  const softPasses = soft === 'pass' || accepted;
  const laws: readonly (readonly [holds: boolean, law: string])[] = [
    [!isFinal({ phase }) || type === 'hold', 'what is final does not move'],
    [phase !== 'reverting' || type === 'hold' || type === 'settle', 'a revert is never undone'],
    [!inMotion || hard !== 'fail' || type === 'revert', 'a failed hard guardrail reverts'],
    [!inMotion || !refusing.includes(fleet) || type === 'revert', 'a refusing gateway reverts'],
    [
      type !== 'revert' || (inMotion && (hard === 'fail' || refusing.includes(fleet))),
      'nothing else reverts',
    ],
    [
      phase !== 'advancing' || soft !== 'fail' || accepted || ['ask', 'revert'].includes(type),
      'a failed soft guardrail asks',
    ],
    [type !== 'ask' || (phase === 'advancing' && soft === 'fail' && !accepted), 'it asks once'],
    [
      type !== 'settle' || settled.includes(fleet) || (phase === 'reverting' && fleet !== 'none'),
      'nothing settles before the gateways confirmed',
    ],
    [
      type !== 'settle' || !['behind', 'unpublished', 'none'].includes(fleet),
      'a gateway that is behind has not confirmed',
    ],
    [
      type !== 'advance' ||
        (settled.includes(fleet) &&
          (phase === 'preparing' ||
            (phase === 'advancing' && hard === 'pass' && softPasses && soaked))),
      'more share needs evidence, time and a fleet that is ready',
    ],
    [
      type !== 'promote' ||
        (phase === 'advancing' &&
          stage === LAST_STAGE &&
          hard === 'pass' &&
          softPasses &&
          soaked &&
          settled.includes(fleet)),
      'only the last stage promotes, on evidence',
    ],
    [phase !== 'holding' || ['hold', 'revert', 'freeze'].includes(type), 'a hold is a hold'],
    [
      !(phase === 'advancing' && settled.includes(fleet) && hard === 'pass' && softPasses) ||
        !soaked ||
        (accepted || soft !== 'fail' ? setting.freezable : false) ||
        type === (stage === LAST_STAGE ? 'promote' : 'advance'),
      'what has all it needs goes on, whatever is only reported',
    ],
  ];
  return laws.filter(([holds]) => !holds).map(([, law]) => law);
}

// R6 and R7: a hard failure reverts in every phase, a soft one asks.
test('every phase with every verdict and every state of the fleet keeps the laws', () => {
  const faults: unknown[] = [];
  for (const setting of settings) {
    const seen = caseOf(setting);
    const decision = decide(seen);
    for (const law of broken(setting, decision)) faults.push({ law, setting, decision });
  }
  expect(faults.slice(0, 3)).toEqual([]);
  expect(settings).toHaveLength(9 * 9 * 64 * 2 * 2 * 2 * 2);
});

test('a decision moves one revision, and gives more share only by advance or promote', () => {
  const faults: unknown[] = [];
  for (const setting of settings) {
    const { rollout, ...seen } = caseOf(setting);
    const decision = decide({ rollout, ...seen });
    const endpoint = endpointSample('risk');
    const transition = apply({ rollout, endpoint, now }, decision);
    const more = transition !== null && candidateShare(transition.after) > candidateShare(rollout);
    const sound =
      transition === null
        ? decision.type === 'hold'
        : transition.after.revision === rollout.revision + 1 &&
          !isFinal(rollout) &&
          (!more || decision.type === 'advance' || decision.type === 'promote') &&
          transition.effects.every(({ id }, i) => id === `r-risk/${rollout.revision + 1}/${i}`) &&
          (transition.after.phase === 'holding') === (transition.after.hold !== null);
    if (!sound) faults.push({ setting, decision });
  }
  expect(faults.slice(0, 3)).toEqual([]);
});

test.for([
  { fleet: 'ready', phase: 'preparing', type: 'advance', says: 'ready on all 2 gateways' },
  { fleet: 'loading', phase: 'preparing', type: 'hold', says: 'g2 (1 of 2 ready)' },
  { fleet: 'none', phase: 'preparing', type: 'hold', says: 'No gateway is connected' },
  { fleet: 'behind', phase: 'reverting', type: 'hold', says: 'confirmed by g2' },
  { fleet: 'unpublished', phase: 'promoting', type: 'hold', says: 'confirmed by every gateway' },
  { fleet: 'fused', phase: 'advancing', type: 'revert', says: 'Ten of ten failed.' },
  { fleet: 'failed', phase: 'promoting', type: 'revert', says: 'out of memory' },
] as const)('$phase with a fleet that is $fleet: $type', ({ fleet, phase, type, says }) => {
  const pass = { hard: 'pass', soft: 'pass', inform: 'pass' } as const;
  const rest = { soaked: true, stage: 0, accepted: false, freezable: false };
  const decision = decide(caseOf({ phase, fleet, ...pass, ...rest }));
  expect(decision.type).toBe(type);
  expect(JSON.stringify(decision)).toContain(says);
});

test.for([
  { phase: 'preparing', share: 0 },
  { phase: 'advancing', share: 500 },
  { phase: 'holding', share: 500 },
  { phase: 'promoting', share: 10_000 },
  { phase: 'promoted', share: 10_000 },
  { phase: 'reverting', share: 0 },
  { phase: 'reverted', share: 0 },
  { phase: 'cancelled', share: 0 },
] as const)('a candidate that is $phase has $share basis points', ({ phase, share }) => {
  expect(candidateShare(rolloutSample('risk', phase))).toBe(bps(share));
});

test('reverting a promotion that is not confirmed gives the endpoint back', () => {
  const promoting = rolloutSample('risk', 'promoting');
  const { candidate: version, baseline } = promoting;
  const endpoint = endpointSample('risk', { version, previous: baseline });
  const cause = { by: 'check', who: 'errors', sentence: 'Too many.', verdict: null } as const;
  const at = after(now, 1);
  const reverted = apply({ rollout: promoting, endpoint, now: at }, { type: 'revert', cause });
  expect(reverted?.endpoint).toMatchObject({
    version: baseline,
    previous: null,
    revision: endpoint.revision + 1,
    changedAt: at,
  });
});

test.for([
  { phase: 'preparing', hard: 'unsure', type: 'advance', quietly: 'hold' },
  { phase: 'advancing', hard: 'pass', type: 'advance', quietly: 'hold' },
  { phase: 'advancing', hard: 'fail', type: 'revert', quietly: 'revert' },
  { phase: 'promoting', hard: 'pass', type: 'settle', quietly: 'settle' },
  { phase: 'reverting', hard: 'pass', type: 'settle', quietly: 'settle' },
] as const)('in a quiet time, $phase with $hard is $quietly, not $type', (given) => {
  const { phase, hard, type, quietly } = given;
  const others = { soft: 'pass', inform: 'pass', stage: 0, accepted: false } as const;
  const moment = { fleet: 'ready', soaked: true, freezable: false } as const;
  const seen = caseOf({ phase, hard, ...others, ...moment });
  const times = [{ days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 0, toMinute: 1_440 }];
  const spec = { ...seen.rollout.spec, quiet: { times, utcOffsetMinutes: 0 } };
  expect(decide(seen).type).toBe(type);
  expect(decide({ ...seen, rollout: { ...seen.rollout, spec } }).type).toBe(quietly);
});
