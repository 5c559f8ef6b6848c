import { kayentaClassify, kayentaScore } from '../../src/core/stats/kayenta.ts';
import type { KayentaOptions } from '../../src/core/stats/kayenta.ts';
import type { Pair } from './families.ts';

/**
 * As its documentation advises: only a rise is bad, 5 % is tolerated, 25 % is critical, and every
 * metric matters.
 */
const ADVISED: KayentaOptions = {
  direction: 'increase',
  measure: 'meanRatio',
  allowed: { increase: 1.05, decrease: 0.95 },
  critical: { increase: 1.25, decrease: 0.75 },
  isCritical: true,
};
const PASS_SCORE = 75;

/** Kayenta's verdict on all metrics together. */
export function kayentaFails(pairs: readonly Pair[]): boolean {
  const metrics = pairs.map(({ experiment, control }, i) => ({
    ...kayentaClassify(experiment, control, ADVISED),
    group: `group ${i}`,
  }));
  return kayentaScore(metrics) < PASS_SCORE;
}

/** As it comes: any rise that its interval shows, however small. */
export function kayentaFailsByDefault(pairs: readonly Pair[]): boolean {
  return pairs.some(
    ({ experiment, control }) => kayentaClassify(experiment, control).label !== 'pass',
  );
}
