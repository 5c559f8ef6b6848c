import { GATEWAY_SILENT_MS } from '../rollout/world.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import type { Bps, Instant } from '../lib/units.ts';
import { candidateShare } from '../rollout/share.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { stageOf } from '../strategy/ladder.ts';
import type { Stage } from '../strategy/stage.ts';
import { RECENT_BUCKETS_MAX } from './evidence.ts';
import type { Evidence } from './evidence.ts';

/** Where a rollout is, and what came in lately: what its checks are judged by. */
export type Court = {
  readonly rollout: Rollout;
  readonly stage: Stage;
  /** What the candidates are to have now, in basis points. */
  readonly shareBps: number;
  readonly traffic: Traffic;
};

/** Puts together what checks are judged by. */
export function courtOf(rollout: Rollout, evidence: Evidence, now: Instant): Court {
  const place = placeOf(rollout);
  return { ...place, traffic: trafficOf(place, evidence, now) };
}

type Place = Omit<Court, 'traffic'>;

/** A rollout is a value, so what it says of itself is worked out once. */
const places = new WeakMap<Rollout, Place>();

function placeOf(rollout: Rollout): Place {
  const known = places.get(rollout);
  if (known !== undefined) return known;
  const place = { rollout, stage: stageOf(rollout), shareBps: candidateShare(rollout) };
  places.set(rollout, place);
  return place;
}

/** What came in lately, and what the arms can expect of it. */
export type Traffic = {
  /** How far back "lately" goes. */
  readonly spanMs: number;
  /** Units per bucket to expect at the present shares. */
  readonly candidateUnits: number;
  readonly baselineUnits: number;
  /** An arm that is meant to have traffic got none lately. */
  readonly silent: 'none' | 'candidate' | 'baseline' | 'both';
};

/** Reads the traffic off the latest buckets. */
function trafficOf({ rollout, stage, shareBps }: Place, evidence: Evidence, now: Instant): Traffic {
  const { bucketMs } = rollout.spec;
  const spanMs = RECENT_BUCKETS_MAX * bucketMs;
  // A bucket is known only once it is closed and every gateway has reported.
  const since = now - spanMs - bucketMs - GATEWAY_SILENT_MS;
  const recent = evidence.recent.filter(({ start }) => start >= since);
  const candidate = recent.reduce((sum, { candidateUnits }) => sum + candidateUnits, 0);
  const baseline = recent.reduce((sum, { baselineUnits }) => sum + baselineUnits, 0);
  const first = recent[0];
  const last = recent.at(-1);
  const buckets =
    first === undefined || last === undefined ? 1 : (last.start - first.start) / bucketMs + 1;
  if (stage.mirror !== null && stage.share === 0) {
    return { spanMs, ...mirrored({ candidate, baseline, buckets }, stage.mirror.sample) };
  }
  const perBucket = (candidate + baseline) / buckets;
  // Before it has begun nobody has anything yet, and what comes is what the stage says.
  const isServing = rollout.phase === 'advancing' || rollout.phase === 'holding';
  const share = (isServing ? shareBps : stage.share) / WHOLE_BPS;
  return {
    spanMs,
    candidateUnits: perBucket * share,
    baselineUnits: perBucket * (1 - share),
    silent: silentArm(shareBps, { candidate, baseline }),
  };
}

/**
 * A candidate that answers copies takes nothing from the baseline. What comes of the sample depends
 * on what is dropped, so what came is what is expected; the sample is, before anything came.
 */
function mirrored(
  seen: { readonly candidate: number; readonly baseline: number; readonly buckets: number },
  sample: Bps,
): Omit<Traffic, 'spanMs'> {
  const { candidate, baseline, buckets } = seen;
  const wanted = (baseline * sample) / WHOLE_BPS;
  const one = candidate === 0 && wanted >= EXPECTED_MIN ? 'candidate' : 'none';
  return {
    candidateUnits: (candidate === 0 ? wanted : candidate) / buckets,
    baselineUnits: baseline / buckets,
    silent: baseline === 0 ? (candidate === 0 ? 'both' : 'baseline') : one,
  };
}

/** An arm that could expect fewer units than this is not called silent for having had none. */
const EXPECTED_MIN = 5;

function silentArm(
  shareBps: number,
  units: { readonly candidate: number; readonly baseline: number },
): Traffic['silent'] {
  const total = units.candidate + units.baseline;
  if (total === 0) return 'both';
  const expected = (total * shareBps) / WHOLE_BPS;
  if (units.candidate === 0 && expected >= EXPECTED_MIN) return 'candidate';
  return units.baseline === 0 && total - expected >= EXPECTED_MIN ? 'baseline' : 'none';
}
