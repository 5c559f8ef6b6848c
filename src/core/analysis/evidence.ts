import { invariant } from '../lib/invariant.ts';
import { Sketch } from '../lib/sketch.ts';
import type { SketchCounts } from '../lib/sketch.ts';
import { instant } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { emptyChecks, extendCheck, remember } from './check-evidence.ts';
import type { CheckEvidence } from './check-evidence.ts';
import { intakeOf, stretchesOf } from './intake.ts';
import { emptyImportance, extendImportance } from './importance-evidence.ts';
import { emptyPredictions, extendPredictions } from './prediction-evidence.ts';
import type { PredictionEvidence } from './prediction-evidence.ts';
import { strataOf } from './stratum.ts';
import type { Stratum } from './stratum.ts';
import { addCopies, noCopies } from '../telemetry/copies.ts';
import type { Copies } from '../telemetry/copies.ts';
import type { Window } from '../telemetry/window.ts';

/**
 * What is known of a rollout's checks from its closed buckets. A pure function of the bucket table:
 * folding it bucket by bucket or all at once gives the same.
 */
export type Evidence = {
  readonly rollout: string;
  /** Buckets folded in; one that was split by a change of the route counts once per part. */
  readonly buckets: number;
  /** Start of the newest bucket folded in; null before the first. */
  readonly newest: Instant | null;
  /** Of the checks that count losses, in the order in which they are declared. */
  readonly checks: readonly CheckEvidence[];
  /** Latency of the baseline's answers, to fix what counts as slow; bounded, see below. */
  readonly baselineLatencyMs: SketchCounts;
  readonly baselineAnswers: number;
  /** Units per arm of the latest buckets, oldest first, at most `RECENT_BUCKETS_MAX`. */
  readonly recent: readonly RecentBucket[];
  /** What the figures of a mirrored candidate rest on; null where nothing was to be copied. */
  readonly copies: Copies | null;
  /** How the answers lie; null where no check asks. */
  readonly predictions: PredictionEvidence | null;
  /** What drives the answers; null where no check asks. */
  readonly importance: PredictionEvidence | null;
};

/** Traffic of one bucket. */
export type RecentBucket = {
  readonly start: Instant;
  readonly candidateUnits: number;
  readonly baselineUnits: number;
};

/** Buckets that count as "lately": two minutes at the default width. */
export const RECENT_BUCKETS_MAX = 12;
/** More answers do not make a baseline's quantile better known than it needs to be. */
export const BASELINE_ANSWERS_MAX = 50_000;

/** Nothing is known yet. */
export function emptyEvidence(rollout: Rollout): Evidence {
  return {
    rollout: rollout.id,
    buckets: 0,
    newest: null,
    checks: emptyChecks(rollout),
    baselineLatencyMs: [],
    baselineAnswers: 0,
    recent: [],
    copies: null,
    predictions: emptyPredictions(rollout),
    importance: emptyImportance(rollout),
  };
}

/**
 * Folds newly closed buckets in: all their windows, from every gateway, in any order. They must
 * start after those already in; when an earlier one comes late, fold anew from `emptyEvidence`.
 * Windows of the endpoint from before the rollout may be among them: they tell how fast the
 * baseline answers, and what it loses when nobody is beside it. Others are left out.
 */
export function extendEvidence(
  evidence: Evidence,
  rollout: Rollout,
  windows: readonly Window[],
): Evidence {
  invariant(evidence.rollout === rollout.id, 'evidence is extended by windows of its own rollout');
  const strata = strataOf(rollout, windows);
  let { checks, newest, recent, buckets, copies } = evidence;
  for (const stratum of strata) {
    invariant(
      newest === null || evidence.newest === null || stratum.start > evidence.newest,
      'buckets are folded in the order of time; a late one asks for a new fold',
    );
    newest = instant(stratum.start);
    if (stratum.before) continue;
    recent = withTraffic(recent, stratum);
    if (stratum.copies !== null) copies = addCopies(copies ?? noCopies, stratum.copies);
    buckets += 1;
  }
  for (const stretch of stretchesOf(strata)) {
    const intake = intakeOf(stretch);
    const isBefore = stretch[0]?.before === true;
    checks = checks.map((one) => (isBefore ? remember(one, intake) : extendCheck(one, intake)));
  }
  const latency = latencyOf(evidence, strata);
  const shifts = shiftsOf(evidence, rollout, windows);
  return { ...evidence, ...latency, ...shifts, checks, newest, recent, buckets, copies };
}

function shiftsOf(
  { predictions, importance }: Evidence,
  rollout: Rollout,
  windows: readonly Window[],
): Pick<Evidence, 'predictions' | 'importance'> {
  return {
    predictions: predictions === null ? null : extendPredictions(predictions, rollout, windows),
    importance: importance === null ? null : extendImportance(importance, rollout, windows),
  };
}

function withTraffic(
  recent: readonly RecentBucket[],
  { start, candidate, baseline }: Stratum,
): readonly RecentBucket[] {
  const last = recent.at(-1);
  const same = last !== undefined && last.start === start ? last : null;
  const bucket: RecentBucket = {
    start,
    candidateUnits: (same?.candidateUnits ?? 0) + candidate.error.units,
    baselineUnits: (same?.baselineUnits ?? 0) + baseline.error.units,
  };
  const earlier = same === null ? recent.slice(1 - RECENT_BUCKETS_MAX) : recent.slice(0, -1);
  earlier.push(bucket);
  return earlier;
}

function latencyOf(
  { baselineLatencyMs, baselineAnswers }: Evidence,
  strata: readonly Stratum[],
): Pick<Evidence, 'baselineLatencyMs' | 'baselineAnswers'> {
  if (baselineAnswers >= BASELINE_ANSWERS_MAX || strata.length === 0) {
    return { baselineLatencyMs, baselineAnswers };
  }
  const sketch = Sketch.fromCounts(baselineLatencyMs);
  for (const { baselineLatencyMs: counts } of strata) {
    if (sketch.count >= BASELINE_ANSWERS_MAX) break;
    for (const one of counts) sketch.addCounts(one);
  }
  return { baselineLatencyMs: sketch.toCounts(), baselineAnswers: sketch.count };
}
