/**
 * Checks on feedback, looked at 40 times while units come in: how often they take a candidate out
 * that is as good as is borne, and how often they let one pass that is worse by the margin. Of rare
 * and skewed metrics, and with a twentieth of the traffic for the candidate, the means are far from
 * normal.
 */
import { describe, expect, test } from 'vitest';
import type { OutcomeCheck } from '../../src/core/analysis/outcome-check.ts';
import { judgeOutcomes } from '../../src/core/analysis/outcome-verdict.ts';
import type { Verdict } from '../../src/core/analysis/verdict.ts';
import { addUnits, noUnits } from '../../src/core/feedback/outcome.ts';
import type { ArmOutcome, UnitCohort, UnitSums } from '../../src/core/feedback/outcome.ts';
import { uniform } from '../../src/core/lib/prng.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { bps, instant } from '../../src/core/lib/units.ts';
import { sampleBinomial, sampleLogNormal } from '../../src/core/stats/samplers.ts';
import { canaryOf } from '../../src/core/strategy/presets.ts';
import { rolloutSample } from '../samples.ts';
import { yesNo } from '../outcome-samples.ts';
import { atMost, shareOf } from './monte-carlo.ts';

const RUNS = 150;
const LOOKS = 40;
const ALPHA = 0.05;
const HOUR_MS = 3_600_000;
const MIN_UNITS = 300;

/** Units of one arm that came between two looks. */
type Draw = (rng: Prng, units: number) => UnitSums;

const rate =
  (part: number): Draw =>
  (rng, units) => {
    const hits = sampleBinomial(rng, units, part);
    return { ...yesNo(hits, hits), units };
  };

/** One in twenty buys, for very different amounts. */
const sales: Draw = (rng, units) => {
  const all = { ...noUnits, units };
  for (let unit = 0; unit < units; unit += 1) {
    if (uniform(rng) >= 0.05) continue;
    const value = sampleLogNormal(rng, 3, 1);
    all.answered += 1;
    all.events += 1;
    all.sum += value;
    all.sumSquares += value * value;
    all.eventsSquares += 1;
    all.products += value;
  }
  return all;
};

type World = {
  readonly kind: OutcomeCheck['of']['kind'];
  readonly better: OutcomeCheck['of']['better'];
  readonly candidate: Draw;
  readonly baseline: Draw;
  readonly margin: number;
  readonly share: number;
};

/** How it ends: at the first look that says fail or pass; `unsure` when none does. */
function ended(rng: Prng, world: World): Verdict['outcome'] {
  const { kind, better, margin, share } = world;
  const check: OutcomeCheck = {
    name: 'metric',
    of: { name: 'metric', kind, better },
    onFail: 'hard',
    margin,
    limit: null,
    alpha: ALPHA,
    minUnits: MIN_UNITS,
    onMissing: 'hold',
  };
  const sample = rolloutSample('risk', 'advancing');
  const strategy = canaryOf([{ share: bps(share * 10_000), margin: 2, leastMs: 0 }]);
  const rollout = { ...sample, spec: { ...sample.spec, strategy, outcomeChecks: [check] } };
  const own = MIN_UNITS / 3;
  const units = { candidate: own, baseline: Math.round((own * (1 - share)) / share) };
  const cohorts = { candidate: [] as UnitCohort[], baseline: [] as UnitCohort[] };
  for (let look = 0; look < LOOKS; look += 1) {
    const stretch = { start: instant(look * HOUR_MS), widthMs: HOUR_MS };
    for (const arm of ['candidate', 'baseline'] as const) {
      cohorts[arm].push({ ...world[arm](rng, units[arm]), stretch });
    }
    const asOf = instant((look + 1) * HOUR_MS);
    const arms = (['baseline', 'candidate'] as const).map((arm) => armOf(arm, cohorts[arm]));
    const [verdict] = judgeOutcomes(rollout, [{ metric: 'metric', asOf, maturityMs: 0, arms }]);
    if (verdict?.outcome === 'fail' || verdict?.outcome === 'pass') return verdict.outcome;
  }
  return 'unsure';
}

const armOf = (arm: string, cohorts: readonly UnitCohort[]): ArmOutcome => ({
  arm,
  version: 1,
  ...cohorts.reduce<UnitSums>(addUnits, noUnits),
  provisionalUnits: 0,
  provisional: noUnits,
  epochs: [],
  cohorts: [...cohorts],
});

const NEARLY_NONE = 1e-9;

describe('a candidate that is as good', () => {
  test.for([
    { name: 'half', draw: rate(0.5), kind: 'proportion', better: 'higher', share: 0.05 },
    { name: 'one in twenty', draw: rate(0.05), kind: 'proportion', better: 'higher', share: 0.05 },
    {
      name: 'one in a hundred',
      draw: rate(0.01),
      kind: 'proportion',
      better: 'lower',
      share: 0.05,
    },
    { name: 'one in 500', draw: rate(0.002), kind: 'proportion', better: 'lower', share: 0.5 },
    { name: 'nearly all', draw: rate(0.98), kind: 'proportion', better: 'higher', share: 0.05 },
    { name: 'skewed sales', draw: sales, kind: 'mean', better: 'higher', share: 0.05 },
    { name: 'skewed cost', draw: sales, kind: 'mean', better: 'lower', share: 0.05 },
    { name: 'skewed sales, even shares', draw: sales, kind: 'mean', better: 'higher', share: 0.5 },
  ] as const)('$name, $share: seldom fails', ({ name, draw, ...rest }) => {
    const world: World = { ...rest, candidate: draw, baseline: draw, margin: NEARLY_NONE };
    const alarms = shareOf(`${name} ${rest.better}`, RUNS, (rng) => ended(rng, world) === 'fail');
    expect(alarms).toBeLessThanOrEqual(atMost(ALPHA, RUNS));
  });
});

test.for([
  { name: 'half', candidate: 0.45, baseline: 0.5, share: 0.05 },
  { name: 'nearly all', candidate: 0.93, baseline: 0.98, share: 0.05 },
  { name: 'nearly all, even shares', candidate: 0.93, baseline: 0.98, share: 0.5 },
])('one that is worse by the margin seldom passes: $name', ({ name, share, ...parts }) => {
  const [candidate, baseline] = [rate(parts.candidate), rate(parts.baseline)];
  const of = { kind: 'proportion', better: 'higher', margin: 0.05 } as const;
  const world: World = { ...of, share, candidate, baseline };
  const passes = shareOf(`pass ${name}`, RUNS, (rng) => ended(rng, world) === 'pass');
  expect(passes).toBeLessThanOrEqual(atMost(ALPHA, RUNS));
});

test('one that is much worse is found, and one that is as good passes', () => {
  const of = { kind: 'proportion', better: 'higher', margin: 0.02, share: 0.05 } as const;
  const worse: World = { ...of, candidate: rate(0.85), baseline: rate(0.95) };
  expect(shareOf('worse', RUNS, (rng) => ended(rng, worse) === 'fail')).toBeGreaterThan(0.95);
  const good: World = { ...of, candidate: rate(0.95), baseline: rate(0.95) };
  expect(shareOf('good', RUNS, (rng) => ended(rng, good) === 'pass')).toBeGreaterThan(0.9);
});
