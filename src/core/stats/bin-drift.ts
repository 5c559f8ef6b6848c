/**
 * Drift of the predictions, watched at any time: one rate-ratio e-process for each bin and
 * direction ("the candidate puts more, or fewer, of its answers here than the concurrent
 * baseline"), averaged. The mean of e-processes is an e-process whatever their dependence, so any
 * number of bins costs only a logarithm. And who is to blame, from three comparisons.
 */
import { requireThat } from './domain.ts';
import { logMeanE } from './e-values.ts';
import { rateRatioEvidence, rateRatioStart, rateRatioStep } from './rate-ratio.ts';
import type { RateRatioState } from './rate-ratio.ts';

/**
 * Moderate alternatives: a distribution that moved puts a bin's share at a fraction or multiple.
 */
export const BIN_DRIFT_GRID: readonly number[] = [1.1, 1.25, 1.5, 2, 4];

/** Answers of both arms in one time bucket, counted in the same bins. */
export type BinBucket = {
  readonly candidate: readonly number[];
  readonly baseline: readonly number[];
};

/** Two processes a bin: up and down. */
export type BinDriftState = {
  readonly up: readonly RateRatioState[];
  readonly down: readonly RateRatioState[];
};

/** A drift process over `bins` bins before its first bucket. */
export function binDriftStart(options: {
  readonly bins: number;
  readonly grid?: readonly number[];
  readonly horizonBuckets?: number;
}): BinDriftState {
  const { bins, grid = BIN_DRIFT_GRID } = options;
  requireThat(bins >= 2, 'drift needs at least two bins');
  const horizon =
    options.horizonBuckets === undefined ? {} : { horizonBuckets: options.horizonBuckets };
  const up = rateRatioStart({ grid, ...horizon });
  const down = rateRatioStart({ grid: grid.map((multiple) => 1 / multiple), ...horizon });
  return {
    up: Array.from({ length: bins }, () => up),
    down: Array.from({ length: bins }, () => down),
  };
}

/** Folds one bucket in. */
export function binDriftStep(state: BinDriftState, bucket: BinBucket): BinDriftState {
  const { candidate, baseline } = bucket;
  requireThat(
    candidate.length === state.up.length && baseline.length === state.up.length,
    'the bucket must have the bins of the process',
  );
  const candidateUnits = candidate.reduce((sum, count) => sum + count, 0);
  const baselineUnits = baseline.reduce((sum, count) => sum + count, 0);
  const step = (process: RateRatioState, bin: number): RateRatioState =>
    rateRatioStep(process, {
      candidateLoss: candidate[bin] ?? 0,
      candidateUnits,
      baselineLoss: baseline[bin] ?? 0,
      baselineUnits,
    });
  return { up: state.up.map(step), down: state.down.map(step) };
}

/** log E against "both arms answer alike in every bin". */
export function binDriftLogE(state: BinDriftState): number {
  return logMeanE([...state.up, ...state.down].map((process) => rateRatioEvidence(process).logE));
}

/** The bin and direction with the most evidence, to show people where it moved. */
export function binDriftWorst(state: BinDriftState): {
  readonly bin: number;
  readonly direction: 'more' | 'fewer';
  readonly logE: number;
} {
  let worst = { bin: 0, direction: 'more' as 'more' | 'fewer', logE: -Infinity };
  for (const direction of ['more', 'fewer'] as const) {
    const processes = direction === 'more' ? state.up : state.down;
    for (const [bin, process] of processes.entries()) {
      const { logE } = rateRatioEvidence(process);
      if (logE > worst.logE) worst = { bin, direction, logE };
    }
  }
  return worst;
}

/** Which of the comparisons show drift. */
export type DriftFindings = {
  /** The arms' inputs differ although assignment should make them alike. */
  readonly inputsBetweenArms: boolean;
  /** The arms' answers differ. */
  readonly answersBetweenArms: boolean;
  /** The baseline's answers differ from the reference period. */
  readonly baselineFromReference: boolean;
};

/** `none`, or what moved. */
export type DriftCause = 'none' | 'infrastructure' | 'model' | 'world' | 'model-and-world';

/**
 * Candidate against concurrent baseline first: inputs that differ between the arms point to
 * routing, feature or logging faults, and no statement about the models holds; else answers that
 * differ are the model's. A baseline that left its reference means that the world moved under both.
 */
export function driftCause(findings: DriftFindings): DriftCause {
  if (findings.inputsBetweenArms) return 'infrastructure';
  if (findings.answersBetweenArms) {
    return findings.baselineFromReference ? 'model-and-world' : 'model';
  }
  return findings.baselineFromReference ? 'world' : 'none';
}
