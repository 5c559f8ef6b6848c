/**
 * A judge that classifies metrics as Spinnaker's Kayenta does (NetflixACAJudge), for comparison and
 * for people who come from it: Mann-Whitney interval of the shift at 98 %, tolerance a quarter of
 * the estimated shift itself. Its weakness is known: the tolerance is relative to the effect, not
 * to the baseline, so a tiny but consistent shift fails. Use the e-processes to decide.
 */
import { fork, prng } from '../lib/prng.ts';
import type { Prng } from '../lib/prng.ts';
import { requirePositive } from './domain.ts';
import { rankSum, shiftInterval } from './mann-whitney.ts';
import { sampleNormal } from './samplers.ts';

/** `nodata`: an arm has no values. */
export type KayentaLabel = 'pass' | 'high' | 'low' | 'nodata';

/** Two thresholds on an effect size: below the first or above the second matters. */
export type EffectLimits = { readonly decrease: number; readonly increase: number };

/** Settings; the defaults are the judge's own. */
export type KayentaOptions = {
  readonly tolerance?: number;
  readonly level?: number;
  readonly direction?: 'increase' | 'decrease' | 'either';
  readonly measure?: 'meanRatio' | 'cles';
  readonly allowed?: EffectLimits;
  readonly critical?: EffectLimits;
  readonly isCritical?: boolean;
  /** What an empty arm means: `remove` gives nodata, `zero` passes. */
  readonly missing?: 'remove' | 'zero';
};

/** Share of the estimated shift that is tolerated. */
export const KAYENTA_TOLERANCE = 0.25;
/** Level of the interval of the shift. */
export const KAYENTA_LEVEL = 0.98;
/** Noise added where both arms are constant, relative to their value. */
const NOISE_SCALE = 1e-5;

/** A classified metric; `deviation` is the ratio of means, NaN where one is 0. */
export type KayentaVerdict = {
  readonly label: KayentaLabel;
  readonly deviation: number;
  readonly criticalFailure: boolean;
};

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

function meanRatio(experiment: readonly number[], control: readonly number[]): number {
  const [e, c] = [mean(experiment), mean(control)];
  return e === 0 || c === 0 ? Number.NaN : e / c;
}

function isConstant(values: readonly number[]): boolean {
  return values.every((x) => x === values[0]);
}

function sameValues(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  const [x, y] = [a, b].map((values) => values.toSorted((p, q) => p - q));
  return (x ?? []).every((value, i) => value === (y ?? [])[i]);
}

/** Constant arms cannot be ranked against each other; a breath of noise makes them rankable. */
function withNoise(values: readonly number[], rng: Prng): readonly number[] {
  const scale = (values[0] ?? 0) * NOISE_SCALE;
  return values.map((x) => x + sampleNormal(rng, 0, scale));
}

type Judged = {
  readonly label: 'pass' | 'high' | 'low';
  readonly effect: number;
  readonly deviation: number;
};

function compare(
  experiment: readonly number[],
  control: readonly number[],
  options: KayentaOptions,
): Judged {
  const { tolerance = KAYENTA_TOLERANCE, level = KAYENTA_LEVEL, direction = 'either' } = options;
  const measure = options.measure ?? 'meanRatio';
  const allowed = options.allowed ?? defaultLimits(measure);
  const shift = shiftInterval(experiment, control, level);
  const margin = tolerance * Math.abs(shift.estimate);
  const deviation = meanRatio(experiment, control);
  const { u, pairs } = rankSum(experiment, control);
  const effect = measure === 'cles' ? u / pairs : deviation;
  const beyond = (limit: boolean): boolean => Number.isNaN(effect) || limit;
  if (direction !== 'decrease' && shift.lower > margin && beyond(effect >= allowed.increase)) {
    return { label: 'high', effect, deviation };
  }
  if (direction !== 'increase' && shift.upper < -margin && beyond(effect <= allowed.decrease)) {
    return { label: 'low', effect, deviation };
  }
  return { label: 'pass', effect, deviation };
}

function defaultLimits(measure: 'meanRatio' | 'cles'): EffectLimits {
  return measure === 'cles' ? { decrease: 0.5, increase: 0.5 } : { decrease: 1, increase: 1 };
}

/** Classifies one metric's time series in both arms. NaN values must have been dealt with. */
export function kayentaClassify(
  experiment: readonly number[],
  control: readonly number[],
  options: KayentaOptions = {},
): KayentaVerdict {
  const { isCritical = false, missing = 'remove', measure = 'meanRatio' } = options;
  const pass = { label: 'pass', deviation: 1, criticalFailure: false } as const;
  if (experiment.length === 0 || control.length === 0) {
    if (missing === 'zero') return pass;
    return { label: 'nodata', deviation: 1, criticalFailure: isCritical };
  }
  if (sameValues(experiment, control)) return pass;
  const flat = isConstant(experiment) && isConstant(control);
  if (flat && experiment[0] === control[0]) return pass;
  const rng = prng('kayenta');
  const judged = flat
    ? compare(
        withNoise(experiment, fork(rng, 'experiment')),
        withNoise(control, fork(rng, 'control')),
        options,
      )
    : compare(experiment, control, options);
  const { label, effect, deviation } = judged;
  const critical = options.critical ?? defaultLimits(measure);
  const gross =
    Number.isNaN(effect) ||
    (label === 'high' && effect >= critical.increase) ||
    (label === 'low' && effect <= critical.decrease);
  return { label, deviation, criticalFailure: isCritical && label !== 'pass' && gross };
}

/** Percentile p in [0, 100] by linear interpolation (R's type 7). */
export function percentile(sorted: readonly number[], p: number): number {
  const at = ((sorted.length - 1) * p) / 100;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (at - Math.floor(at)) * (above - below);
}

/** Fences factor 3 beyond the quartiles, but never inside the 1st and 99th percentile. */
export const KAYENTA_OUTLIER_FACTOR = 3;

/** Removes outliers by those fences. */
export function removeOutliers(
  values: readonly number[],
  factor: number = KAYENTA_OUTLIER_FACTOR,
): readonly number[] {
  requirePositive(factor, 'factor');
  const sorted = values.toSorted((a, b) => a - b);
  const [q1, q3] = [percentile(sorted, 25), percentile(sorted, 75)];
  const low = Math.min(percentile(sorted, 1), q1 - factor * (q3 - q1));
  const high = Math.max(percentile(sorted, 99), q3 + factor * (q3 - q1));
  return values.filter((x) => x >= low && x <= high);
}

/** A metric's verdict with its group. */
export type KayentaMetric = KayentaVerdict & { readonly group: string };

/** Share of metrics without data at which the whole score is 0. */
const NODATA_SHARE_MAX = 0.5;

/**
 * Score of a canary, 0 to 100: share of passing metrics in each group, weighted. Groups without a
 * weight share what is left of 100. A critical failure or half the metrics without data give 0.
 */
export function kayentaScore(
  metrics: readonly KayentaMetric[],
  weights: Readonly<Record<string, number>> = {},
): number {
  if (metrics.some(({ criticalFailure }) => criticalFailure)) return 0;
  const empty = metrics.filter(({ label }) => label === 'nodata').length;
  if (empty >= NODATA_SHARE_MAX * metrics.length) return 0;
  const groups = Map.groupBy(metrics, ({ group }) => group);
  const given = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const unweighted = [...groups.keys()].filter((group) => weights[group] === undefined).length;
  const rest = unweighted > 0 ? (100 - given) / unweighted : 0;
  let score = 0;
  for (const [group, members] of groups) {
    const judged = members.filter(({ label }) => label !== 'nodata');
    const passed = judged.filter(({ label }) => label === 'pass').length;
    const own = judged.length === 0 ? 100 : (100 * passed) / judged.length;
    score += (own * (weights[group] ?? rest)) / 100;
  }
  return Math.round(score * 100) / 100;
}
