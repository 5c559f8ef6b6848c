import { invariant } from '../lib/invariant.ts';
import { Sketch } from '../lib/sketch.ts';
import { addCopies, noCopies } from './copies.ts';
import { perOutcome } from './observation.ts';
import { addFeatures } from './feature-counts.ts';
import { addImportance } from './importance.ts';
import { addPredictions } from './predictions.ts';
import { perLoss, sameWindowKey, type SegmentFigures, type Window } from './window.ts';

/**
 * What two gateways, or two lives of one, saw of the same arm in the same bucket. Associative and
 * commutative to the last bit, because every sum is exact. A unit seen by both counts as two: it
 * was treated twice, independently.
 */
export function mergeWindows(a: Window, b: Window): Window {
  invariant(
    sameWindowKey(a, b),
    `windows of ${a.endpoint}/${a.arm} and ${b.endpoint}/${b.arm} do not add up`,
  );
  const predictions = addPredictions(a.predictions, b.predictions);
  const importance = addImportance(a.importance, b.importance);
  const features = addFeatures(a.features, b.features);
  const repeated = addPredictions(a.repeated, b.repeated);
  const segments = addSegments(a.segments, b.segments);
  return {
    ...a,
    ...addFigures(a, b),
    ...(predictions === undefined ? {} : { predictions }),
    ...(repeated === undefined ? {} : { repeated }),
    ...(features === undefined ? {} : { features }),
    ...(importance === undefined ? {} : { importance }),
    ...(segments === undefined ? {} : { segments }),
  };
}

type Figures = Omit<SegmentFigures, 'segment'>;

function addFigures(a: Figures, b: Figures): Figures {
  const latencyMs = Sketch.fromCounts(a.latencyMs);
  latencyMs.addCounts(b.latencyMs);
  const copies = a.copies === undefined ? b.copies : addCopies(a.copies, b.copies ?? noCopies);
  return {
    requests: a.requests + b.requests,
    outcomes: perOutcome((outcome) => a.outcomes[outcome] + b.outcomes[outcome]),
    losses: perLoss((name) => ({
      units: a.losses[name].units + b.losses[name].units,
      sum: a.losses[name].sum + b.losses[name].sum,
    })),
    latencyMs: latencyMs.toCounts(),
    latencySumMs: a.latencySumMs + b.latencySumMs,
    fallbacks: a.fallbacks + b.fallbacks,
    unitsDropped: a.unitsDropped + b.unitsDropped,
    ...(copies === undefined ? {} : { copies }),
  };
}

/** Segment by segment, in the order of their names whichever gateway saw which first. */
function addSegments(a: Window['segments'], b: Window['segments']): Window['segments'] {
  if (a === undefined || b === undefined) return a ?? b;
  const sums = new Map(a.map((one) => [one.segment, one]));
  for (const one of b) {
    const other = sums.get(one.segment);
    const { segment } = one;
    sums.set(segment, other === undefined ? one : { segment, ...addFigures(other, one) });
  }
  return [...sums.values()].sort((x, y) => (x.segment < y.segment ? -1 : 1));
}
