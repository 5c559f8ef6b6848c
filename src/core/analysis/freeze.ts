import { Sketch } from '../lib/sketch.ts';
import type { Thresholds } from '../routing/table.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { Evidence } from './evidence.ts';

/** Nobody notices less: a model that answers in half a millisecond may take two more. */
export const LATENCY_SLACK_MS = 2;

/** Answers of the baseline before its quantiles are fixed: the p99 then stands on 20 of them. */
export const BASELINE_ANSWERS_MIN = 2_000;

/** The baseline's quantiles that are stretched: most answers are quicker, nearly all are. */
export const SLOW_QUANTILE = 0.9;
export const TAIL_QUANTILE = 0.99;

/**
 * The latencies above which answers count as slow from now on: the baseline's p90 and p99,
 * stretched by what the latency check tolerates (2 ms at least). Null when there is nothing to fix,
 * or not enough to fix it on. The comparison stays valid however well they are known, because both
 * arms face the same ones.
 */
export function frozenThresholds(rollout: Rollout, evidence: Evidence): Thresholds | null {
  const check = rollout.spec.checks.find(({ metric }) => metric === 'latency');
  if (check === undefined || rollout.thresholdsMs.slow !== null) return null;
  if (evidence.baselineAnswers < BASELINE_ANSWERS_MIN) return null;
  const sketch = Sketch.fromCounts(evidence.baselineLatencyMs);
  const slow = sketch.quantile(SLOW_QUANTILE);
  const tail = sketch.quantile(TAIL_QUANTILE);
  if (slow === null || tail === null) return null;
  const { stretch } = check;
  const [slowMs, tailMs] = [stretched(slow, stretch), stretched(tail, stretch)];
  return { ...rollout.thresholdsMs, slow: slowMs, tail: tailMs };
}

/** What counts as slow beside a quantile of the baseline. */
export const stretched = (ms: number, stretch: number): number =>
  Math.max(ms * stretch, ms + LATENCY_SLACK_MS);
