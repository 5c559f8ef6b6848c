import { partsOf } from '../analysis/part.ts';
import { assertNever } from '../lib/invariant.ts';
import type { Thresholds } from '../routing/table.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { normalSf } from '../stats/normal.ts';
import type { LossName } from '../telemetry/window.ts';
import { ladderOf } from '../strategy/ladder.ts';

/** How a version behaves: chances per unit, and log-normal latencies. */
export type Behaviour = {
  readonly errorRate: number;
  readonly nullRate: number;
  readonly medianMs: number;
  /** Standard deviation of the latency's logarithm. */
  readonly sigma: number;
};

/** What is done to the candidate, or to both arms, in a simulated rollout. */
export type Harm =
  | { readonly kind: 'none' }
  | { readonly kind: 'errors'; readonly factor: number }
  | { readonly kind: 'latency'; readonly factor: number }
  /** This part of the candidate's answers is null. */
  | { readonly kind: 'nulls'; readonly rate: number }
  /** Errors of both arms, `factor` times as many for `spanMs` from a random moment on. */
  | { readonly kind: 'incident'; readonly factor: number; readonly spanMs: number };

/** A harm with the name it is told by. */
export type Scenario = { readonly name: string; readonly harm: Harm };

const FIVE_MINUTES_MS = 300_000;

/** What every plan is tried against. */
export const SCENARIOS: readonly Scenario[] = [
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

/** The candidate under a harm of its own. */
export function harmed(usual: Behaviour, harm: Harm): Behaviour {
  switch (harm.kind) {
    case 'none':
    case 'incident':
      return usual;
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
  { errorRate, nullRate, medianMs, sigma }: Behaviour,
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
    // What another version answers is not planned for.
    disagree: 0,
  };
}

/**
 * What a declaration makes of a candidate. `harmless`: nothing differs. `tolerated`: every loss is
 * within what is declared to be no harm. `bad`: at least one is beyond all margins, so passing it
 * would be wrong (chance at most α). `between`: neither; either end is acceptable.
 */
export type Meaning = 'harmless' | 'tolerated' | 'between' | 'bad';

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
