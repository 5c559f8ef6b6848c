import { partsOf } from '../analysis/part.ts';
import { assertNever } from '../lib/invariant.ts';
import type { Thresholds } from '../routing/table.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { normalSf } from '../stats/normal.ts';
import type { LossName } from '../telemetry/window.ts';
import type { Expected } from './feedback.ts';
import { ladderOf, readsOutcomes, sequenceOf, usesOutcomes } from '../strategy/ladder.ts';

/** How a version behaves: chances per unit, and log-normal latencies. */
export type Behaviour = {
  readonly errorRate: number;
  readonly nullRate: number;
  readonly medianMs: number;
  /** Standard deviation of the latency's logarithm. */
  readonly sigma: number;
  /** Part of the answers that are not the baseline's; absent: as a version like it gives. */
  readonly disagreeRate?: number;
};

/** Two versions that are as good as each other are of one mind about all but this part. */
export const DISAGREE_RATE_USUAL = 0.005;

/** What is done to the candidate, or to both arms, in a simulated rollout. */
export type Harm =
  | { readonly kind: 'none' }
  | { readonly kind: 'errors'; readonly factor: number }
  | { readonly kind: 'latency'; readonly factor: number }
  /** This part of the candidate's answers is null. */
  | { readonly kind: 'nulls'; readonly rate: number }
  /** This part of the candidate's answers are not the baseline's. */
  | { readonly kind: 'answers'; readonly rate: number }
  /** What comes back about the candidate is worse by this part of it; below 0: better. */
  | { readonly kind: 'feedback'; readonly part: number }
  /** Errors of both arms, `factor` times as many for `spanMs` from a random moment on. */
  | { readonly kind: 'incident'; readonly factor: number; readonly spanMs: number };

/** A harm with the name it is told by. */
export type Scenario = { readonly name: string; readonly harm: Harm };

const FIVE_MINUTES_MS = 300_000;

/** What every plan is tried against. */
const ALWAYS: readonly Scenario[] = [
  { name: 'no change', harm: { kind: 'none' } },
  {
    name: 'errors x10 in both arms, 5 min',
    harm: { kind: 'incident', factor: 10, spanMs: FIVE_MINUTES_MS },
  },
  { name: 'errors x1.5', harm: { kind: 'errors', factor: 1.5 } },
  { name: 'errors x2', harm: { kind: 'errors', factor: 2 } },
  { name: 'errors x5', harm: { kind: 'errors', factor: 5 } },
  { name: 'errors x20', harm: { kind: 'errors', factor: 20 } },
  { name: 'latency +10 %', harm: { kind: 'latency', factor: 1.1 } },
  { name: 'latency +50 %', harm: { kind: 'latency', factor: 1.5 } },
  { name: 'latency +100 %', harm: { kind: 'latency', factor: 2 } },
  { name: 'nulls in 5 % of answers', harm: { kind: 'nulls', rate: 0.05 } },
];

/** What is looked at on copies only. */
const ON_COPIES: readonly Scenario[] = [
  { name: 'other answers in 3 %', harm: { kind: 'answers', rate: 0.03 } },
  { name: 'other answers in 10 %', harm: { kind: 'answers', rate: 0.1 } },
];

const WORSE_PERCENT = [2, 5, 10, 20] as const;
const BETTER_PERCENT = 10;

/**
 * What a declaration is tried against: losses always, other answers where copies are compared, and
 * what comes back where the declaration reads it. The first has nothing that differs.
 */
export function scenariosFor(spec: RolloutSpec): readonly Scenario[] {
  const isCopied =
    ladderOf(spec).some(({ mirror }) => mirror !== null) &&
    spec.checks.some(({ metric }) => metric === 'disagreement');
  const worse = WORSE_PERCENT.map((percent): Scenario => ({
    name: `feedback ${percent} % worse`,
    harm: { kind: 'feedback', part: percent / 100 },
  }));
  return [
    ...ALWAYS,
    ...(isCopied ? ON_COPIES : []),
    ...(readsOutcomes(spec) ? worse : []),
    ...(usesOutcomes(spec) ? [betterFor(spec)] : []),
  ];
}

/** As much better as the declaration wants to find; where it does not say, by a tenth. */
function betterFor(spec: RolloutSpec): Scenario {
  const test = sequenceOf(spec).find(({ kind }) => kind === 'ab-test');
  const primary = test?.kind === 'ab-test' ? test.primary : null;
  const part =
    primary === null || primary.expected === 0
      ? BETTER_PERCENT / 100
      : primary.effectMin / Math.abs(primary.expected);
  const name = `feedback ${Number((part * 100).toPrecision(2))} % better`;
  return { name, harm: { kind: 'feedback', part: -part } };
}

/** The candidate under a harm of its own. */
export function harmed(usual: Behaviour, harm: Harm): Behaviour {
  switch (harm.kind) {
    case 'none':
    case 'incident':
    case 'feedback':
      return usual;
    case 'answers':
      return { ...usual, disagreeRate: harm.rate };
    case 'errors':
      return { ...usual, errorRate: Math.min(1, usual.errorRate * harm.factor) };
    case 'latency':
      return { ...usual, medianMs: usual.medianMs * harm.factor };
    case 'nulls':
      return { ...usual, nullRate: Math.max(usual.nullRate, harm.rate) };
    default:
      return assertNever(harm, 'harmed');
  }
}

/** Chance of each loss per unit. */
export type LossRates = Readonly<Record<LossName, number>>;

/** How often a version loses, given what counts as slow. */
export function lossRates(
  { errorRate, nullRate, medianMs, sigma, disagreeRate }: Behaviour,
  { slow, tail, late }: Thresholds,
): LossRates {
  const above = (ms: number | null): number =>
    ms === null ? 0 : normalSf(Math.log(ms / medianMs) / sigma);
  return {
    error: errorRate,
    null: nullRate * (1 - errorRate),
    slow: above(slow),
    tail: above(tail),
    late: above(late),
    disagree: disagreeRate ?? DISAGREE_RATE_USUAL,
  };
}

/**
 * What a declaration makes of a candidate. `harmless`: nothing differs. `tolerated`: every loss is
 * within what is declared to be no harm. `bad`: at least one is beyond all margins, so passing it
 * would be wrong (chance at most α). `between`: neither; either end is acceptable. `better`: what
 * comes back is better, so passing it is what a strategy that reads feedback is for.
 */
export type Meaning = 'harmless' | 'tolerated' | 'between' | 'bad' | 'better';

/** Reads the meaning off the declaration. */
export function meaningOf(spec: RolloutSpec, usual: LossRates, changed: LossRates): Meaning {
  const names = Object.keys(usual) as LossName[];
  if (names.every((name) => usual[name] === changed[name])) return 'harmless';
  const last = ladderOf(spec).at(-1)?.margin ?? 1;
  const parts = spec.checks
    .filter(({ onFail }) => onFail !== 'inform')
    .flatMap((check) =>
      partsOf(check).map(({ loss, compared, tolerance, limit }): Meaning => {
        const [before, now] = [usual[loss], changed[loss]];
        const allowed = compared ? before * check.ratio : 0;
        if (limit !== null && now > limit) return 'bad';
        if (now <= Math.max(allowed, tolerance ?? 0)) return 'tolerated';
        return now >= (compared ? allowed * last : 0) ? 'bad' : 'between';
      }),
    );
  if (parts.includes('bad')) return 'bad';
  return parts.includes('between') ? 'between' : 'tolerated';
}

/** What a declaration makes of feedback that is worse by a part; below 0: better. */
export function feedbackMeaning(
  spec: RolloutSpec,
  expected: readonly Expected[],
  part: number,
): Meaning {
  if (part < 0) return 'better';
  const worseBy = (name: string): number =>
    part * Math.abs(expected.find(({ of }) => of.name === name)?.mean ?? 0);
  const isBeyond = (spec.outcomeChecks ?? []).some(
    ({ of, margin, onFail }) => onFail !== 'inform' && worseBy(of.name) > margin,
  );
  // Who chooses by what comes back wants nothing that is worse.
  return isBeyond || usesOutcomes(spec) ? 'bad' : 'tolerated';
}
