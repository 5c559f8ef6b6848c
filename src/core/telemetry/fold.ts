import { assertNever } from '../lib/invariant.ts';
import { Sketch } from '../lib/sketch.ts';
import type { Thresholds } from '../routing/table.ts';
import { lossOf, perOutcome, type Observation, type Outcome } from './observation.ts';
import { COUNTER, UnitCounts, type Counter } from './unit-counts.ts';
import type { UnitMemory } from './unit-memory.ts';
import { addCopies, noCopies, perReason, type DropReason } from './copies.ts';
import { addImportance } from './importance.ts';
import type { Importance } from './importance.ts';
import { FeatureTally } from './feature-counts.ts';
import { PredictionCounts } from './predictions.ts';
import type { Loss, SegmentFigures, Window, WindowKey } from './window.ts';

/**
 * An open bucket: what one gateway has seen so far of one arm in one bucket of time. Mutable,
 * because it is written once per request; nothing but its window leaves the gateway.
 */
export type Bucket = {
  readonly key: WindowKey;
  readonly thresholdsMs: Thresholds;
  readonly units: UnitCounts;
  readonly latencyMs: Sketch;
  readonly outcomes: Record<Outcome, number>;
  requests: number;
  /** In `LATENCY_QUANTUM_MS`. */
  latencySum: number;
  fallbacks: number;
  unitsDropped: number;
  /** Null while nothing was to be copied. */
  copies: { sampled: number; readonly dropped: Record<DropReason, number> } | null;
  /** What was answered; null while nothing that is counted was. */
  predictions: PredictionCounts | null;
  repeated: PredictionCounts | null;
  features: FeatureTally | null;
  importance: Importance | null;
  /** The same requests by segment; null where they are not told apart. */
  segments: SegmentBuckets | null;
  /** Which units have been answered in this rollout; null: nobody asks. */
  known: UnitMemory | null;
};

// Sums are kept in multiples of a power of two: then adding is exact (up to 2^43 ms, 2^33 units),
// so that merging windows gives the same bits in whatever order.

/** Latencies are summed in multiples of this, about a microsecond. */
export const LATENCY_QUANTUM_MS = 2 ** -10;

/** The mean loss of a unit is rounded to a multiple of this, about a millionth. */
export const LOSS_QUANTUM = 2 ** -20;

/** Longer latencies count as this long (11 days). */
export const LATENCY_MAX_MS = 1e9;

/** Opens a bucket that tells at most `unitsMax` units apart. */
export function openBucket(key: WindowKey, thresholdsMs: Thresholds, unitsMax: number): Bucket {
  return {
    key,
    thresholdsMs,
    units: new UnitCounts(unitsMax),
    latencyMs: new Sketch(),
    outcomes: perOutcome(() => 0),
    requests: 0,
    latencySum: 0,
    fallbacks: 0,
    unitsDropped: 0,
    copies: null,
    predictions: null,
    repeated: null,
    features: null,
    importance: null,
    segments: null,
    known: null,
  };
}

/** The buckets of the segments of an arm, by their indices; one that nobody was in is not there. */
export type SegmentBuckets = {
  readonly names: readonly string[];
  readonly unitsMax: number;
  readonly parts: (Bucket | undefined)[];
};

/** Tells requests of a bucket apart from now on; each segment tells `unitsMax` units apart. */
export function splitBucket(bucket: Bucket, names: readonly string[], unitsMax: number): void {
  bucket.segments = { names, unitsMax, parts: [] };
}

/** The bucket of a segment, opened if need be; null where requests are not told apart. */
function partOf({ segments, key, thresholdsMs }: Bucket, index?: number | null): Bucket | null {
  if (segments === null || index === undefined || index === null) return null;
  return (segments.parts[index] ??= openBucket(key, thresholdsMs, segments.unitsMax));
}

/** How long an attempt took, as far as its end says: null when it says nothing of latency. */
function latencyOf({ outcome, latencyMs }: Observation): number | null {
  switch (outcome) {
    case 'ok':
    case 'null_prediction':
    case 'model_error':
      return latencyMs > 0 ? Math.min(latencyMs, LATENCY_MAX_MS) : 0;
    case 'timeout':
      // It took longer than we waited, hence longer than any threshold worth having.
      return Number.POSITIVE_INFINITY;
    case 'crash':
    case 'overload':
    case 'client_error':
    case 'cancelled':
      return null;
    default:
      return assertNever(outcome, 'latency of an observation');
  }
}

/** Counts a request of a unit in everything it is a loss in. */
function countUnit(bucket: Bucket, row: number, observation: Observation): void {
  const { units, thresholdsMs } = bucket;
  const { outcome, compared } = observation;
  units.count(row, COUNTER.all);
  if (lossOf[outcome] === 'error') units.count(row, COUNTER.error);
  if (outcome === 'ok' || outcome === 'null_prediction') units.count(row, COUNTER.answered);
  if (outcome === 'null_prediction') units.count(row, COUNTER.null);
  if (compared !== undefined && compared.rows > 0) {
    units.count(row, COUNTER.compared, compared.rows);
    units.count(row, COUNTER.disagree, compared.differing);
  }
  const latency = latencyOf(observation);
  if (latency === null) return;
  const { slow, tail, late } = thresholdsMs;
  units.count(row, COUNTER.timed);
  if (slow !== null && latency > slow) units.count(row, COUNTER.slow);
  if (tail !== null && latency > tail) units.count(row, COUNTER.tail);
  if (late !== null && latency > late) units.count(row, COUNTER.late);
}

/** Counts what a unit asked and was answered, once: who asks often is one piece of evidence. */
function countOnce(bucket: Bucket, row: number, observation: Observation): void {
  const { outcome, predicted, features = null, unit } = observation;
  const says = predicted !== undefined && (predicted.label !== null || predicted.score !== null);
  if (outcome !== 'ok' || (!says && features === null)) return;
  if (!bucket.units.first(row, COUNTER.described)) return;
  const isNew = bucket.known?.isNew(unit) ?? true;
  if (says && isNew) (bucket.predictions ??= new PredictionCounts()).add(predicted);
  if (says && !isNew) (bucket.repeated ??= new PredictionCounts()).add(predicted);
  if (isNew && features !== null) (bucket.features ??= new FeatureTally(features)).add(features);
}

/** Adds one observation to an open bucket, and to that of its segment. */
export function fold(bucket: Bucket, observation: Observation): void {
  const row = foldOne(bucket, observation);
  if (row >= 0) countOnce(bucket, row, observation);
  const part = partOf(bucket, observation.segment);
  if (part !== null) foldOne(part, observation);
}

/** Gives the row of its unit; −1 where it says nothing, or there was no room. */
function foldOne(bucket: Bucket, observation: Observation): number {
  const { outcome, unit } = observation;
  bucket.requests += 1;
  bucket.outcomes[outcome] += 1;
  if (observation.fallback) bucket.fallbacks += 1;
  if (lossOf[outcome] === null) return -1;
  const latency = latencyOf(observation);
  if (latency !== null && latency <= LATENCY_MAX_MS) {
    bucket.latencyMs.add(latency);
    bucket.latencySum += Math.round(latency / LATENCY_QUANTUM_MS);
  }
  const row = bucket.units.row(unit);
  if (row >= 0) countUnit(bucket, row, observation);
  else bucket.unitsDropped += 1;
  return row;
}

/** Adds what drives the answers of this arm, as far as rows were looked at. */
export function foldImportance(bucket: Bucket, importance: Importance): void {
  bucket.importance = addImportance(bucket.importance ?? undefined, importance) ?? null;
}

/** Counts a request that was to be copied; `dropped`: why it was not, or not in time. */
export function foldCopy(
  bucket: Bucket,
  dropped: DropReason | null,
  segment: number | null = null,
): void {
  countCopy(bucket, dropped);
  const part = partOf(bucket, segment);
  if (part !== null) countCopy(part, dropped);
}

function countCopy(bucket: Bucket, dropped: DropReason | null): void {
  const copies = (bucket.copies ??= { sampled: 0, dropped: perReason(() => 0) });
  copies.sampled += 1;
  if (dropped !== null) copies.dropped[dropped] += 1;
}

/** Sum over units of each unit's share of losses, so that a unit weighs the same however busy. */
function lossIn(units: UnitCounts, part: Counter, whole: Counter): Loss {
  let count = 0;
  let quanta = 0;
  units.each(part, whole, (losses, all) => {
    count += 1;
    quanta += Math.round(losses / all / LOSS_QUANTUM);
  });
  return { units: count, sum: quanta * LOSS_QUANTUM };
}

const nothing: Loss = { units: 0, sum: 0 };

/**
 * The summary of a bucket so far. Errors are counted over all attempts that are evidence, nulls
 * over those that were answered, latency losses over those that took a time (a timeout took too
 * long), disagreement over rows that were compared; a threshold that is null counts nobody.
 */
export function closeBucket(bucket: Bucket): Window {
  const predictions = bucket.predictions?.sum() ?? null;
  const repeated = bucket.repeated?.sum() ?? null;
  const features = bucket.features?.sum() ?? null;
  const { key, segments, importance } = bucket;
  return {
    ...key,
    ...figuresOf(bucket),
    ...(predictions === null ? {} : { predictions }),
    ...(repeated === null ? {} : { repeated }),
    ...(features === null ? {} : { features }),
    ...(importance === null ? {} : { importance }),
    ...(segments === null ? {} : { segments: segmentFigures(segments) }),
  };
}

function segmentFigures({ names, parts }: SegmentBuckets): readonly SegmentFigures[] {
  const seen = names.flatMap((segment, index) => {
    const part = parts[index];
    return part === undefined ? [] : [{ segment, ...figuresOf(part) }];
  });
  return seen.sort((a, b) => (a.segment < b.segment ? -1 : 1));
}

function figuresOf(bucket: Bucket): Omit<SegmentFigures, 'segment'> {
  const { thresholdsMs, units, outcomes, copies } = bucket;
  const timed = (name: keyof Thresholds): Loss =>
    thresholdsMs[name] === null ? nothing : lossIn(units, COUNTER[name], COUNTER.timed);
  return {
    requests: bucket.requests,
    outcomes: perOutcome((outcome) => outcomes[outcome]),
    losses: {
      error: lossIn(units, COUNTER.error, COUNTER.all),
      null: lossIn(units, COUNTER.null, COUNTER.answered),
      slow: timed('slow'),
      tail: timed('tail'),
      late: timed('late'),
      disagree: lossIn(units, COUNTER.disagree, COUNTER.compared),
    },
    latencyMs: bucket.latencyMs.toCounts(),
    latencySumMs: bucket.latencySum * LATENCY_QUANTUM_MS,
    fallbacks: bucket.fallbacks,
    unitsDropped: bucket.unitsDropped,
    ...(copies === null ? {} : { copies: addCopies(noCopies, copies) }),
  };
}
