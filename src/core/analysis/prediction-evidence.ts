import { logMeanE } from '../stats/e-values.ts';
import { pastError, pastStep, shiftAboveLogE, shiftStart, shiftStep } from '../stats/shift.ts';
import type { ShiftState } from '../stats/shift.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { addPredictions, nothingSaid } from '../telemetry/predictions.ts';
import type { Predictions } from '../telemetry/predictions.ts';
import type { DriverFacet } from '../telemetry/importance.ts';
import { binsIn, countsIn, facetsOf } from '../telemetry/facet.ts';
import type { Facet } from '../telemetry/facet.ts';
import type { Window } from '../telemetry/window.ts';
import type { Check } from './check.ts';
import { harmNeededOf } from './check-evidence.ts';
import { armOf } from './stratum.ts';

/**
 * What is known of how the answers of both arms are distributed: constant size, one step a bucket.
 * There only where a check of it is declared.
 */
export type PredictionEvidence = {
  /** What the baseline answered until the bins were fixed. */
  readonly seen: Predictions | null;
  /** Two for each facet, once the bins are fixed; empty before. */
  readonly facets: readonly FacetShift[];
  /** Units that were answered something countable, each once. */
  readonly candidateUnits: number;
  readonly baselineUnits: number;
  /** In the order of the declared checks. */
  readonly checks: readonly ShiftCheck[];
};

/**
 * One facet with what is known of it: against the baseline over the same seconds, or, while nobody
 * serves beside the candidate, against what the baseline answered before.
 */
export type FacetShift = {
  readonly facet: Facet | DriverFacet;
  readonly against: 'baseline' | 'past';
  readonly shift: ShiftState;
};

/** What is known of one check. */
export type ShiftCheck = {
  readonly check: Check;
  /** Highest log E so far against "no farther apart than `limit`", since `minUnits`. */
  readonly peak: number;
  /** What a failure rests on: what was known when the peak was reached. */
  readonly ground: readonly FacetShift[] | null;
  readonly harmNeeded: number;
};

/** log E against "no farther apart than `limit`". */
export const beyondLogE = ({ against, shift }: FacetShift, limit: number): number =>
  shiftAboveLogE(shift, against === 'past' ? limit + pastError(shift) : limit);

/** Answers of the baseline that bins are fixed on: tenths of fewer would be guesses. */
export const SEEN_MIN = 100;

/** Before the first bucket; null where no check asks. */
export const emptyPredictions = ({ spec }: Pick<Rollout, 'spec'>): PredictionEvidence | null =>
  emptyShifts(spec, 'prediction_distribution');

/** Of the checks that look at one metric. */
export function emptyShifts(
  spec: Rollout['spec'],
  metric: Check['metric'],
): PredictionEvidence | null {
  const checks = spec.checks.filter((check) => check.metric === metric);
  if (checks.length === 0) return null;
  const harmNeeded = harmNeededOf(spec);
  return {
    seen: null,
    facets: [],
    candidateUnits: 0,
    baselineUnits: 0,
    checks: checks.map((check) => ({ check, peak: 0, ground: null, harmNeeded })),
  };
}

/** What both arms answered over the same seconds under the same route. */
type Pair = {
  readonly start: number;
  readonly revision: number;
  candidate: Predictions | undefined;
  baseline: Predictions | undefined;
};

/** Folds newly closed buckets in, as `extendEvidence` does. */
export function extendPredictions(
  evidence: PredictionEvidence,
  rollout: Rollout,
  windows: readonly Window[],
): PredictionEvidence {
  return pairsOf(rollout, windows).reduce(withPair, evidence);
}

function pairsOf(rollout: Rollout, windows: readonly Window[]): readonly Pair[] {
  const pairs = new Map<string, Pair>();
  for (const window of windows) {
    const { start, revision, predictions } = window;
    const arm = armOf(rollout, window);
    if (arm === null || predictions === undefined) continue;
    // The baseline's windows from before the rollout are a revision of their own.
    const key = `${start} ${revision} ${window.rollout ?? ''}`;
    const none = { start, revision, candidate: undefined, baseline: undefined };
    const pair: Pair = pairs.get(key) ?? none;
    pairs.set(key, pair);
    pair[arm] = addPredictions(pair[arm], predictions);
  }
  return [...pairs.values()].sort((a, b) => a.start - b.start || a.revision - b.revision);
}

function withPair(evidence: PredictionEvidence, pair: Pair): PredictionEvidence {
  if (evidence.facets.length === 0) return fixed(evidence, pair);
  const { candidate = nothingSaid, baseline = nothingSaid } = pair;
  const facets = evidence.facets.map((one) => {
    const { facet, against, shift } = one;
    if (facet.kind === 'driver') return one;
    const [ours, theirs] = [countsIn(facet, candidate), countsIn(facet, baseline)];
    const step = against === 'past' ? pastStep : shiftStep;
    return { facet, against, shift: step(shift, { candidate: ours, baseline: theirs }) };
  });
  const candidateUnits = evidence.candidateUnits + candidate.answers;
  return {
    ...evidence,
    facets,
    candidateUnits,
    baselineUnits: evidence.baselineUnits + baseline.answers,
    checks: evidence.checks.map((one) => withFacets(one, facets, candidateUnits)),
  };
}

/** Bins are fixed on what came before: what is counted in them cannot have shaped them. */
function fixed(evidence: PredictionEvidence, { baseline }: Pair): PredictionEvidence {
  const seen = addPredictions(evidence.seen ?? undefined, baseline) ?? null;
  if (seen === null || seen.answers < SEEN_MIN) return { ...evidence, seen };
  const facets = facetsOf(seen).flatMap((facet): readonly FacetShift[] => {
    const shift = shiftStart(binsIn(facet));
    const past = { ...shift, baseline: countsIn(facet, seen) };
    return [
      { facet, against: 'baseline', shift },
      { facet, against: 'past', shift: past },
    ];
  });
  return { ...evidence, seen: null, facets };
}

/** What a check makes of what is known now. */
export function withFacets(
  one: ShiftCheck,
  facets: readonly FacetShift[],
  candidateUnits: number,
): ShiftCheck {
  const { limit, minUnits } = one.check;
  if (limit === null || candidateUnits < minUnits) return one;
  const harm = logMeanE(facets.map((one) => beyondLogE(one, limit)));
  return harm > one.peak ? { ...one, peak: harm, ground: facets } : one;
}
