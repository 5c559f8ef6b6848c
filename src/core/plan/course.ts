import type { Prng } from '../lib/prng.ts';
import { uniform } from '../lib/prng.ts';
import type { Thresholds } from '../routing/table.ts';
import { harmed, lossRates } from './scenario.ts';
import type { Behaviour, Harm, LossRates } from './scenario.ts';

/** What one simulated rollout meets; times in milliseconds since its beginning. */
export type Course = {
  /** When it begins, in a week that begins on a Sunday at midnight (UTC). */
  readonly startMs: number;
  readonly unitsPerSecond: (atMs: number) => number;
  readonly arms: (atMs: number) => Arms;
  /** How long the arms go on as they are at a moment. */
  readonly steadyMs: (atMs: number) => number;
};

/** How both arms behave at a moment. */
export type Arms = { readonly baseline: Behaviour; readonly candidate: Behaviour };

/** How often both lose. */
export type ArmRates = { readonly baseline: LossRates; readonly candidate: LossRates };

/** What a course is drawn for. */
export type Terrain = {
  /** Mean over the day. */
  readonly unitsPerSecond: number;
  /** Traffic of each hour of a day as a factor on the mean; null: always the same. */
  readonly dayShape: readonly number[] | null;
  readonly usual: Behaviour;
  readonly harm: Harm;
  /** Whether it matters when in the week the rollout is started. */
  readonly isTimed: boolean;
  /** An incident begins within this time. */
  readonly withinMs: number;
};

const HOUR_MS = 3_600_000;
const WEEK_MS = 168 * HOUR_MS;

/** Draws the moment the rollout is started at, and that of an incident. */
export function drawCourse(rng: Prng, terrain: Terrain): Course {
  const { unitsPerSecond, dayShape, isTimed } = terrain;
  const arms = drawArms(rng, terrain);
  const startMs = isTimed ? Math.floor(uniform(rng) * WEEK_MS) : 0;
  if (dayShape === null) return { startMs, unitsPerSecond: () => unitsPerSecond, ...arms };
  const hourAt = (atMs: number): number => Math.floor((startMs + atMs) / HOUR_MS) % dayShape.length;
  return {
    startMs,
    unitsPerSecond: (atMs) => unitsPerSecond * (dayShape[hourAt(atMs)] ?? 1),
    ...arms,
  };
}

function drawArms(
  rng: Prng,
  { usual, harm, withinMs }: Terrain,
): Pick<Course, 'arms' | 'steadyMs'> {
  const apart: Arms = { baseline: usual, candidate: harmed(usual, harm) };
  if (harm.kind !== 'incident') return { arms: () => apart, steadyMs: () => Infinity };
  const fromMs = uniform(rng) * withinMs;
  const toMs = fromMs + harm.spanMs;
  const worse = { ...usual, errorRate: Math.min(1, usual.errorRate * harm.factor) };
  const together: Arms = { baseline: worse, candidate: worse };
  return {
    arms: (atMs) => (atMs >= fromMs && atMs < toMs ? together : apart),
    steadyMs: (atMs) => (atMs < fromMs ? fromMs : atMs < toMs ? toMs : Infinity) - atMs,
  };
}

/** Rates of both arms, worked out anew only when behaviour or thresholds have changed. */
export function rateCard(): (arms: Arms, thresholds: Thresholds) => ArmRates {
  let known: { arms: Arms; thresholds: Thresholds; rates: ArmRates } | null = null;
  return (arms, thresholds) => {
    if (known?.arms === arms && known.thresholds === thresholds) return known.rates;
    const rates = {
      baseline: lossRates(arms.baseline, thresholds),
      candidate: lossRates(arms.candidate, thresholds),
    };
    known = { arms, thresholds, rates };
    return rates;
  };
}

/** Chance that the candidate gets a request wrong that the baseline would have got right. */
export function harmIn({ baseline, candidate }: ArmRates): number {
  const more = (loss: 'error' | 'null' | 'slow'): number =>
    Math.max(0, candidate[loss] - baseline[loss]);
  return Math.min(1, more('error') + more('null') + more('slow'));
}
