import { describe, expect, test } from 'vitest';
import {
  allPass,
  judgedRollout,
  outcomeSample,
  situationOf,
  yesNo,
} from '../../../test/outcome-samples.ts';
import { abTestSpec, banditSpec, championSpec } from '../../../test/outcome-specs.ts';
import { endpointSample } from '../../../test/samples.ts';
import type { Verdict } from '../analysis/verdict.ts';
import type { MetricOutcome } from '../feedback/outcome.ts';
import { invariant } from '../lib/invariant.ts';
import { WHOLE_BPS, after, bps } from '../lib/units.ts';
import { apply } from '../rollout/apply.ts';
import { decide } from '../rollout/decide.ts';
import type { Decision } from '../rollout/decision.ts';
import type { Fleet } from '../rollout/readiness.ts';
import { contendersOf } from '../rollout/contenders.ts';
import { PHASES, isFinal } from '../rollout/rollout.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { candidateShare, sharesOf } from '../rollout/share.ts';
import { emptyTable } from '../routing/project.ts';
import { ladderOf } from './ladder.ts';
import { canaryOf, presetStages } from './presets.ts';
import { evenSplit } from './split.ts';
import type { StrategyKind, StrategySpec } from './spec.ts';
import { checkStrategy, decideBy, explainBy, stagesOfStrategy } from './strategies.ts';

const MINUTE_MS = 60_000;
const metric = { name: 'reward', kind: 'proportion', better: 'higher' } as const;
/** Every strategy, with what one would declare. */
const specs: { readonly [K in StrategyKind]: StrategySpec<K> } = {
  canary: canaryOf(presetStages('default', MINUTE_MS)),
  'blue-green': {
    kind: 'blue-green',
    prove: null,
    proveMs: MINUTE_MS,
    keepWarmMs: MINUTE_MS,
    cutOver: 'automatic',
  },
  shadow: {
    kind: 'shadow',
    mirror: {
      sample: bps(5_000),
      perSecondMax: 10,
      inFlightMax: 5,
      deadlineMs: 1_000,
      comparison: { kind: 'auto' },
    },
    audience: null,
    leastMs: MINUTE_MS,
    cutOver: 'automatic',
  },
  gradual: { kind: 'gradual', watchMs: MINUTE_MS },
  phased: {
    kind: 'phased',
    advance: 'evidence',
    phases: [
      { name: 'beta', audience: null, share: bps(500), margin: 3, leastMs: MINUTE_MS },
      { name: 'all', audience: null, share: bps(WHOLE_BPS), margin: 3, leastMs: MINUTE_MS },
    ],
  },
  'ab-test': abTestSpec({
    primary: { ...metric, expected: 0.1, sd: null, effectMin: 0.02 },
    split: evenSplit(2),
    leastMs: MINUTE_MS,
    cycleMs: MINUTE_MS,
  }),
  'champion-challenger': championSpec({
    metric,
    split: [bps(3_000), bps(3_000)],
    windowMs: 60 * MINUTE_MS,
    alpha: 0.05,
  }),
  bandit: banditSpec({ reward: metric, updateMs: MINUTE_MS }),
};

/** What came back: nothing, no difference, a better one, a worse one, arms out of proportion. */
const tellings: Readonly<Record<string, readonly (readonly [units: number, hits: number])[]>> = {
  nothing: [],
  same: [
    [4_000, 400],
    [3_000, 300],
    [3_000, 300],
  ],
  better: [
    [4_000, 400],
    [3_000, 300],
    [3_000, 600],
  ],
  worse: [
    [4_000, 800],
    [3_000, 300],
    [3_000, 300],
  ],
  crooked: [
    [9_000, 900],
    [500, 50],
    [500, 50],
  ],
};

/** Ten minutes of it. */
const outcomesOf = (telling: string): readonly MetricOutcome[] => {
  const arms = (tellings[telling] ?? []).map(([units, hits]) => yesNo(units, hits));
  if (arms.length === 0) return [];
  return [
    outcomeSample(
      'reward',
      Array.from({ length: 10 }, () => arms),
      { widthMs: MINUTE_MS },
    ),
  ];
};

const verdictOutcomes = ['pass', 'fail', 'unsure', 'starved'] as const;
const kinds = Object.keys(specs) as readonly StrategyKind[];

const verdictsOf = (rollout: Rollout, outcome: Verdict['outcome']): readonly Verdict[] =>
  allPass(rollout).map((one) => ({ ...one, outcome }));

const fleetOf = (rollout: Rollout): Fleet => {
  const ready = [rollout.baseline, ...contendersOf(rollout).map(({ version }) => version)];
  const gateway = {
    gateway: 'g1',
    seenAt: rollout.createdAt,
    generation: 0,
    ready: ready.map(({ digest }) => digest),
    failed: [],
    fuses: [],
    through: rollout.createdAt,
  };
  return { gateways: [gateway], reports: [gateway], table: emptyTable, published: 0 };
};

const GIVES_MORE: readonly Decision['type'][] = ['advance', 'promote', 'reweigh'];

describe.each(kinds)('%s', (kind) => {
  const spec = specs[kind];
  const plain = judgedRollout(spec);
  const stages = stagesOfStrategy(spec);

  test('is sound, and has stages whose shares are parts of the whole', () => {
    expect(checkStrategy(spec)).toEqual([]);
    expect(stages.length).toBeGreaterThan(0);
    for (const { share, split } of stages) {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(WHOLE_BPS);
      const all = split?.reduce<number>((sum, one) => sum + one, 0) ?? share;
      expect(all).toBe(share);
    }
  });

  test('says in every stage what it gives and asks for', () => {
    for (const stage of stages.keys()) {
      const place = situationOf({ ...plain, stage }, []);
      const told = explainBy(place);
      expect(told.length).toBeGreaterThan(0);
      for (const sentence of told) expect(sentence).toMatch(/^[A-Z0-9].*\.$/s);
      expect(explainBy(place)).toEqual(told);
    }
  });

  const cases = PHASES.flatMap((phase) =>
    verdictOutcomes.flatMap((outcome) =>
      Object.keys(tellings).map((telling) => ({ phase, outcome, telling })),
    ),
  );

  test('decides in every phase, whatever the checks say and whatever came back', () => {
    let decided = 0;
    for (const { phase, outcome, telling } of cases) {
      for (const stage of ladderOf(plain.spec).keys()) {
        const rollout: Rollout = { ...plain, phase, stage };
        const outcomes = outcomesOf(telling);
        const seen = {
          rollout,
          verdicts: verdictsOf(rollout, outcome),
          outcomes,
          thresholdsMs: null,
          fleet: fleetOf(rollout),
          now: after(rollout.stageSince, 11 * MINUTE_MS),
        };
        const decision = decide(seen);
        expect(decide(seen)).toEqual(decision);
        const what = `${phase} ${stage} ${outcome} ${telling}: ${decision.type}`;
        invariant(!isFinal(rollout) || decision.type === 'hold', what);
        const moved = apply({ rollout, endpoint: endpointSample('risk'), now: seen.now }, decision);
        decided += 1;
        if (moved === null) continue;
        const more = candidateShare(moved.after) > candidateShare(rollout);
        invariant(!more || GIVES_MORE.includes(decision.type), what);
        invariant(!more || outcome !== 'fail', what);
        const whole = sharesOf(moved.after).reduce((sum, one) => sum + one, 0);
        invariant(whole === WHOLE_BPS, what);
      }
    }
    expect(decided).toBe(cases.length * stages.length);
  });

  test('never ends for want of evidence', () => {
    for (const stage of stages.keys()) {
      const rollout = { ...plain, stage };
      for (const outcome of ['unsure', 'starved'] as const) {
        const situation = situationOf(rollout, [], verdictsOf(rollout, outcome));
        const soon = { ...situation, now: rollout.stageSince };
        expect(decideBy(soon).type).toBe('hold');
      }
    }
  });
});
