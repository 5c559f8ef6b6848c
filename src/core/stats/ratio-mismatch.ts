/**
 * Sample-ratio mismatch: do units arrive in the arms as the assignment says? If not, assignment or
 * logging is broken and no verdict about the arms means anything.
 *
 * Watched continuously, the sequential test is the one to use: a Dirichlet-multinomial Bayes factor
 * against the declared shares (Lindon & Malek, arXiv 2011.03567). Its reciprocal is an
 * anytime-valid p-value, so looking every minute costs nothing. Units are counted, not requests.
 */
import { chiSquareSf } from './distributions.ts';
import { requireNonNegative, requirePositive, requireThat } from './domain.ts';
import { lnGamma } from './gamma.ts';

/** Weight of the declared shares in the alternative's prior. 100 finds gross faults soonest. */
export const DEFAULT_MISMATCH_CONCENTRATION = 100;
/** A mismatch is declared at this anytime p-value. */
export const DEFAULT_MISMATCH_ALPHA = 0.001;
/** The fixed-sample test needs this many expected units in every cell. */
export const MISMATCH_EXPECTED_MIN = 5;

/** Units seen per arm while the shares were constant, and those shares (any positive scale). */
export type StageCounts = {
  readonly units: readonly number[];
  readonly shares: readonly number[];
};

function normalise({ units, shares }: StageCounts): readonly number[] {
  requireThat(units.length === shares.length, 'one share per arm');
  for (const count of units) requireNonNegative(count, 'units');
  for (const share of shares) requireNonNegative(share, 'share');
  const total = shares.reduce((sum, share) => sum + share, 0);
  requirePositive(total, 'sum of shares');
  return shares.map((share) => share / total);
}

/** Units in an arm that should get none: a leak, proof of a fault by itself. */
export function leakedUnits(stage: StageCounts): number {
  return stage.units.reduce((sum, count, i) => sum + (stage.shares[i] === 0 ? count : 0), 0);
}

/**
 * log Bayes factor of "shares differ" against the declared ones for one stage. Infinite if an arm
 * with share 0 received units.
 */
export function logMismatchEvidence(
  stage: StageCounts,
  concentration: number = DEFAULT_MISMATCH_CONCENTRATION,
): number {
  requirePositive(concentration, 'concentration');
  const shares = normalise(stage);
  if (leakedUnits(stage) > 0) return Infinity;
  let total = 0;
  let logE = 0;
  for (const [i, share] of shares.entries()) {
    if (share === 0) continue;
    const count = stage.units[i] ?? 0;
    total += count;
    const prior = concentration * share;
    logE += lnGamma(prior + count) - lnGamma(prior) - count * Math.log(share);
  }
  return logE + lnGamma(concentration) - lnGamma(concentration + total);
}

/**
 * Evidence over several stages with different shares: the product of e-processes, each started when
 * its stage starts, is again one. So a ramp needs no restart and spends no extra error.
 */
export function logMismatchOverStages(
  stages: readonly StageCounts[],
  concentration: number = DEFAULT_MISMATCH_CONCENTRATION,
): number {
  return stages.reduce((sum, stage) => sum + logMismatchEvidence(stage, concentration), 0);
}

/** Anytime-valid p-value of a log e-value: min(1, 1/E). The caller keeps the smallest seen. */
export function anytimePValue(logE: number): number {
  return Math.min(1, Math.exp(-logE));
}

/** χ² goodness of fit at one look; degrees of freedom count only arms that should get traffic. */
export type MismatchTest = {
  readonly statistic: number;
  readonly df: number;
  readonly pValue: number;
  /**
   * False if some cell expects fewer than MISMATCH_EXPECTED_MIN units: the p-value is then rough.
   */
  readonly enough: boolean;
};

/** The fixed-sample test, for a single planned look. */
export function mismatchTest(stage: StageCounts): MismatchTest {
  const shares = normalise(stage);
  const total = stage.units.reduce((sum, count) => sum + count, 0);
  let statistic = 0;
  let cells = 0;
  let enough = true;
  for (const [i, share] of shares.entries()) {
    if (share === 0) continue;
    cells += 1;
    const expected = total * share;
    if (expected < MISMATCH_EXPECTED_MIN) enough = false;
    if (expected > 0) statistic += ((stage.units[i] ?? 0) - expected) ** 2 / expected;
  }
  if (leakedUnits(stage) > 0) statistic = Infinity;
  const df = cells - 1;
  const pValue = df > 0 ? chiSquareSf(statistic, df) : statistic > 0 ? 0 : 1;
  return { statistic, df, pValue, enough };
}
