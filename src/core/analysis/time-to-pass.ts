import type { MixtureState } from '../stats/mixture-process.ts';
import { oneSampleLogFactors } from '../stats/one-sample.ts';
import { poissonLogFactor } from '../stats/rate-ratio.ts';
import { marginLanes } from '../stats/promotion.ts';
import { safetyState } from './part-evidence.ts';
import type { PartEvidence, Promotion } from './part-evidence.ts';
import type { Traffic } from './traffic.ts';
import { unitsMax } from './weighing.ts';

/** What a stage asks of a part, for the estimate. */
export type Goal = {
  /** Null where nothing is compared. */
  readonly promotion: Promotion | null;
  /** log(1/α). */
  readonly needed: number;
  readonly traffic: Traffic;
  readonly bucketMs: number;
};

/**
 * Buckets until the part passes if the traffic stays what it is and the candidate is as good as the
 * baseline has been; Infinity when it never would. The growth of log E per bucket is that of the
 * mean bucket, taken lane by lane: the best lane alone decides, which is at most a few per cent
 * late.
 */
export function bucketsToPass(
  evidence: PartEvidence,
  { promotion, needed, traffic, bucketMs }: Goal,
): number {
  const { tally, part } = evidence;
  const safety = safetyState(evidence);
  const { baseline, candidate } = tally;
  const most = unitsMax(part.loss, bucketMs).safety;
  const candidateUnits = Math.min(traffic.candidateUnits, most);
  const baselineUnits = Math.min(traffic.baselineUnits, most);
  // Where nothing is compared, the candidate is its own measure.
  const seen = part.compared ? baseline : candidate;
  const rate = seen.units > 0 ? seen.losses / seen.units : 0;
  const typical = {
    candidateLoss: rate * candidateUnits,
    candidateUnits,
    baselineLoss: rate * baselineUnits,
    baselineUnits,
  };
  const byRatio =
    promotion === null
      ? Infinity
      : bucketsTo(marginLanes(promotion.state, tally.promotion), needed, (ratio) =>
          poissonLogFactor(typical, promotion.state.margin, ratio),
        );
  const counted = { loss: typical.candidateLoss, units: candidateUnits };
  const byTolerance =
    safety === null
      ? Infinity
      : bucketsTo(safety.mixture, needed, (rate1) =>
          oneSampleLogFactors(safety.rate0, rate1)(counted),
        );
  return Math.min(byRatio, byTolerance);
}

type Lanes = Pick<MixtureState, 'alternatives' | 'weights' | 'logProducts'>;

function bucketsTo(
  { alternatives, weights, logProducts }: Lanes,
  needed: number,
  growth: (alternative: number) => number,
): number {
  const each = alternatives.map((alternative, j) => {
    const missing = needed - Math.log(weights[j] ?? 0) - (logProducts[j] ?? 0);
    if (missing <= 0) return 0;
    const perBucket = growth(alternative);
    return perBucket > 0 ? Math.ceil(missing / perBucket) : Infinity;
  });
  return Math.min(...each);
}
