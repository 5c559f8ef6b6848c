import { COHORT_MS_MAX } from '../feedback/maturity.ts';
import type { ArmOutcome, EpochSums, MetricOutcome, UnitSums } from '../feedback/outcome.ts';
import { addUnits, noUnits, unitMoments } from '../feedback/outcome.ts';
import { LABEL_METRIC } from '../feedback/feedback.ts';
import type { Instant } from '../lib/units.ts';
import { BASELINE_ARM } from '../rollout/arm.ts';
import type { Estimate } from '../stats/confidence-sequence.ts';
import { pooledAtLeast } from '../stats/mean-test.ts';
import { ratioSample } from '../stats/ratio-metric.ts';
import type { OutcomeMetric } from '../strategy/outcome-spec.ts';

/** What came back about one candidate and the baseline, of one metric. */
export type OutcomePair = {
  readonly candidate: ArmValue;
  readonly baseline: ArmValue;
  /**
   * Candidate minus baseline, with the sign turned so that more is better, compared only with what
   * came at the same shares or times; null: nothing came of both at once.
   */
  readonly advantage: Estimate | null;
  /** When the oldest of it began. */
  readonly since: Instant | null;
};

/** One arm's complete units. */
export type ArmValue = {
  /** Units that count for `minUnits`. */
  readonly units: number;
  /** Of all units, those anything came back about. */
  readonly answered: number;
  /** Units whose feedback is still expected. */
  readonly waiting: number;
  /** Units, or pieces of feedback for a ratio, that the mean is of, and the sum over them. */
  readonly n: number;
  readonly sum: number;
  /** Of one of these, however many of them are a unit's; 0 while too few. */
  readonly variance: number;
};

/** Which arm of which metric, and from when on. */
export type PairQuery = {
  readonly arm: string;
  readonly of: OutcomeMetric;
  /** What came before says nothing of the arms as they are now. */
  readonly from: Instant;
};

/** Puts together what came back about a candidate and the baseline; null: no such arm. */
export function outcomePair(outcome: MetricOutcome, query: PairQuery): OutcomePair | null {
  const [own, other] = [query.arm, BASELINE_ARM].map((name) =>
    outcome.arms.find(({ arm }) => arm === name),
  );
  if (own === undefined || other === undefined) return null;
  const { of } = query;
  const strata = (of.kind === 'ratio' ? epochs : cohorts)([own, other], query);
  const [candidate, baseline] = [own, other].map((arm) => valueOf(arm, query));
  if (candidate === undefined || baseline === undefined) return null;
  const effect = stratified(strata, pooledAtLeast(candidate, baseline));
  const sign = of.better === 'higher' ? 1 : -1;
  const starts = strata.map(({ start }) => start);
  return {
    candidate,
    baseline,
    advantage: effect === null ? null : { ...effect, value: sign * effect.value },
    since: starts.length === 0 ? null : starts.reduce((a, b) => (a < b ? a : b)),
  };
}

type Arms = readonly [candidate: ArmOutcome, baseline: ArmOutcome];

/** What came of both arms at once, so that nothing but the version tells them apart. */
type Stratum = { readonly start: Instant; readonly candidate: Sum; readonly baseline: Sum };
type Sum = { readonly n: number; readonly sum: number };

/** Pieces of feedback under one revision of the route: while it lasts, shares do not move. */
const epochs = ([own, other]: Arms, { from }: PairQuery): readonly Stratum[] =>
  own.epochs
    .filter((epoch) => isSince(epoch, from))
    .flatMap(({ revision, since, mature }) => {
      const beside = other.epochs.find((one) => one.revision === revision);
      if (beside === undefined) return [];
      return [{ start: since, candidate: sumOf(mature), baseline: sumOf(beside.mature) }];
    });

/** Stretches begin on the hour at the widest, so an epoch may begin a little before its time. */
const isSince = ({ since, until }: EpochSums, from: Instant): boolean =>
  until > from && since > from - COHORT_MS_MAX;

/** Units that were first seen in one stretch. */
const cohorts = ([own, other]: Arms, { from }: PairQuery): readonly Stratum[] =>
  own.cohorts.flatMap(({ stretch: { start, widthMs }, units, sum }) => {
    const beside = other.cohorts.find(
      ({ stretch }) => stretch.start === start && stretch.widthMs === widthMs,
    );
    if (beside === undefined || start < from) return [];
    const baseline = { n: beside.units, sum: beside.sum };
    return [{ start, candidate: { n: units, sum }, baseline }];
  });

const sumOf = ({ events, sum }: EpochSums['mature']): Sum => ({ n: events, sum });

/**
 * The difference of means over strata, each weighing n_c n_b / (n_c + n_b): where the shares move
 * and the world drifts, that compares like with like (Cochran 1954, with the weights of Mantel &
 * Haenszel). The weights are how much the estimate rests on, so they stand for its `n`: the sum of
 * weighted differences has the variance n σ² of a walk of n steps.
 */
function stratified(
  strata: readonly Stratum[],
  [ofCandidate, ofBaseline]: readonly [candidate: number, baseline: number],
): Estimate | null {
  let n = 0;
  let sum = 0;
  let squares = 0;
  for (const { candidate, baseline } of strata) {
    if (candidate.n === 0 || baseline.n === 0) continue;
    const weight = (candidate.n * baseline.n) / (candidate.n + baseline.n);
    const variance = ofCandidate / candidate.n + ofBaseline / baseline.n;
    n += weight;
    sum += weight * (candidate.sum / candidate.n - baseline.sum / baseline.n);
    squares += weight * weight * variance;
  }
  return n === 0 ? null : { value: sum / n, sd: Math.sqrt(squares / n), n };
}

function valueOf(arm: ArmOutcome, { of, from }: PairQuery): ArmValue {
  const units = arm.cohorts
    .filter(({ stretch }) => stretch.start >= from)
    .reduce<UnitSums>(addUnits, noUnits);
  const common = { answered: units.answered, waiting: arm.provisionalUnits };
  if (of.kind !== 'ratio') {
    const n = units.units;
    const own = { n, sum: units.sum, variance: unitMoments(units)?.variance ?? 0 };
    return { ...common, ...own, units: n, variance: atLeast(own, of) };
  }
  const counted = arm.epochs.filter((epoch) => isSince(epoch, from));
  const n = counted.reduce((total, { mature }) => total + mature.events, 0);
  const sum = counted.reduce((total, { mature }) => total + mature.sum, 0);
  const own = { n, sum, variance: varianceOfPiece(units) };
  return { ...common, ...own, units: units.answered, variance: atLeast(own, of) };
}

/** A piece's part in the variance of the ratio: those of one unit are not independent. */
function varianceOfPiece(units: UnitSums): number {
  const { units: n, events } = units;
  if (n < 2 || events === 0) return 0;
  const { variance } = ratioSample({
    n,
    numerator: units.sum,
    denominator: events,
    numeratorSquares: units.sumSquares,
    denominatorSquares: units.eventsSquares,
    products: units.products,
  });
  return (variance / n) * events;
}

/** What was never seen to fail may still do so: half of one more would have (Krichevsky 1981). */
function atLeast({ n, sum, variance }: Sum & { variance: number }, of: OutcomeMetric): number {
  if (!isPart(of)) return variance;
  const rate = Math.min(1, Math.max(0, (sum + 0.5) / (n + 1)));
  return Math.max(variance, rate * (1 - rate));
}

/** Whether a metric is a part of a whole, so that people read it in per cent. */
export const isPart = ({ name, kind, better }: OutcomeMetric): boolean =>
  kind === 'proportion' || (name === LABEL_METRIC && better === 'higher');
