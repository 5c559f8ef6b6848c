import type { Rollout } from '../rollout/rollout.ts';
import { shiftStart, shiftStep } from '../stats/shift.ts';
import type { BinBucket } from '../stats/bin-drift.ts';
import { addImportance } from '../telemetry/importance.ts';
import type { DriverFacet, Importance } from '../telemetry/importance.ts';
import type { Window } from '../telemetry/window.ts';
import { emptyShifts, withFacets } from './prediction-evidence.ts';
import type { PredictionEvidence } from './prediction-evidence.ts';
import { armOf } from './stratum.ts';

/** Features with a bin of their own. */
const NAMED_MAX = 11;

/**
 * What a row counts. Both versions answer the same rows, so their shares are not independent; in
 * the worst case a difference varies as if there were half as many rows.
 */
const ROW_WEIGHT = 0.5;

/** Before the first row; null where no check asks. */
export const emptyImportance = ({ spec }: Pick<Rollout, 'spec'>): PredictionEvidence | null =>
  emptyShifts(spec, 'feature_importance');

type Pair = { candidate: Importance | undefined; baseline: Importance | undefined };

/** Folds newly closed buckets in, as `extendEvidence` does. */
export function extendImportance(
  evidence: PredictionEvidence,
  rollout: Rollout,
  windows: readonly Window[],
): PredictionEvidence {
  const pairs = new Map<string, Pair & { readonly start: number; readonly revision: number }>();
  for (const window of windows) {
    const { start, revision, importance } = window;
    const arm = armOf(rollout, window);
    if (arm === null || importance === undefined) continue;
    const key = `${start} ${revision}`;
    const none = { start, revision, candidate: undefined, baseline: undefined };
    const pair = pairs.get(key) ?? none;
    pairs.set(key, pair);
    pair[arm] = addImportance(pair[arm], importance);
  }
  return [...pairs.values()]
    .sort((a, b) => a.start - b.start || a.revision - b.revision)
    .reduce(withPair, evidence);
}

function withPair(evidence: PredictionEvidence, { candidate, baseline }: Pair): PredictionEvidence {
  if (candidate === undefined || baseline === undefined) return evidence;
  const [known] = evidence.facets;
  if (known === undefined) {
    const facet = driversOf(candidate, baseline);
    const shift = shiftStart(facet.names.length + 1);
    return { ...evidence, facets: [{ facet, against: 'baseline', shift }] };
  }
  const { facet } = known;
  if (facet.kind !== 'driver') return evidence;
  const bucket: BinBucket = {
    candidate: countsIn(facet, candidate),
    baseline: countsIn(facet, baseline),
  };
  const facets = [{ ...known, shift: shiftStep(known.shift, bucket) }];
  const candidateUnits = evidence.candidateUnits + candidate.rows;
  return {
    ...evidence,
    facets,
    candidateUnits,
    baselineUnits: evidence.baselineUnits + baseline.rows,
    checks: evidence.checks.map((one) => withFacets(one, facets, candidateUnits)),
  };
}

/**
 * Those that differ most. Fixed on the first rows, which are then not counted: they cannot have
 * shaped their own bins.
 */
function driversOf(candidate: Importance, baseline: Importance): DriverFacet {
  const apart = (at: number): number =>
    Math.abs((candidate.shares[at] ?? 0) - (baseline.shares[at] ?? 0));
  const ranked = baseline.features
    .map((name, at) => ({ name, apart: apart(at) }))
    .sort((a, b) => b.apart - a.apart);
  return { kind: 'driver', names: ranked.slice(0, NAMED_MAX).map(({ name }) => name) };
}

function countsIn({ names }: DriverFacet, { features, rows, shares }: Importance) {
  const counts = names.map((name) => (shares[features.indexOf(name)] ?? 0) * ROW_WEIGHT);
  const rest = rows * ROW_WEIGHT - counts.reduce((sum, count) => sum + count, 0);
  return [...counts, Math.max(0, rest)];
}
