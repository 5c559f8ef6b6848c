import { assign } from '../routing/assign.ts';
import { laneOf } from '../routing/lanes.ts';
import type { CompiledWhole } from '../routing/lanes.ts';
import type { LaneRoute } from '../routing/table.ts';
import { isContested } from '../routing/table.ts';
import { bps } from '../lib/units.ts';
import type { Bps, Instant } from '../lib/units.ts';
import { UNKNOWN_ARM } from './feedback.ts';
import type { FeedbackKey, FeedbackRow, FeedbackValue } from './feedback.ts';
import { cohortWidthMs, stretchAt, unitWidthMs } from './maturity.ts';
import { nothingPredicted } from './predicted.ts';
import type { Predicted } from './predicted.ts';
import type { RouteSpan } from './route-span.ts';

/** What somebody said came of a prediction. */
export type Said = {
  readonly metric: string;
  readonly value: FeedbackValue;
  /** What he calls this piece; null: nothing. */
  readonly id: string | null;
  readonly receivedAt: Instant;
};

/** A prediction as its id tells. */
export type Made = {
  readonly endpoint: string;
  readonly version: number;
  readonly rollout: string | null;
  readonly revision: number | null;
  readonly assigned: string;
  readonly shareBps: Bps | null;
  readonly segment?: string;
  readonly nonce: string;
  readonly unit: number | null;
  readonly at: Instant;
  readonly predicted: Predicted;
};

/** A unit that was answered something at a time, as the sender of feedback names it. */
export type Answered = {
  readonly endpoint: string;
  readonly at: Instant;
  /** The unit in the form in which it may be kept: a digest. */
  readonly unitDigest: string;
  readonly unit: string;
};

/** A span made ready to say where units went. */
export type PlacedSpan = RouteSpan & CompiledWhole;

/** How the requests of a unit were answered then: by its lane's route, or its endpoint's. */
export const routeOfUnit = (span: PlacedSpan, unit: string): Place =>
  laneOf(span.lanes, unit) ?? span;

type Place = { readonly route: LaneRoute } & Pick<CompiledWhole, 'compiled'>;

/** How finely time is told for this metric and this rollout. */
export type Fineness = {
  /** How long feedback for the metric takes to be complete. */
  readonly maturityMs: number;
  /** Of the rollout; null when there is none, or it is not known. */
  readonly bucketMs: number | null;
};

/** Characters of a nonce that name the gateway's process; the rest numbers its predictions. */
const MAKER_CHARS = 12;

/** Feedback about a prediction, attributed by what its id says. */
export function attributeMade(made: Made, said: Said, fineness: Fineness): FeedbackRow {
  const { endpoint, version, rollout, revision, assigned, shareBps, unit, at, predicted } = made;
  const { segment } = made;
  return {
    key: said.id === null ? predictionKeyOf(made.nonce) : { type: 'own', id: said.id },
    endpoint,
    rollout,
    revision: revision ?? 0,
    arm: assigned,
    version,
    shareBps,
    ...(segment === undefined ? {} : { segment }),
    unit,
    at,
    receivedAt: said.receivedAt,
    metric: said.metric,
    value: said.value,
    predicted,
    ...stretchesOf(at, fineness),
  };
}

/**
 * Feedback about a unit, attributed to the arm it was assigned to then: it is not known whether the
 * baseline stood in, nor what was predicted. Where an audience or the segment decided too, nothing
 * is known of the rollout. `span`: how the endpoint was answered at that time; null: before
 * anything is known.
 */
export function attributeUnit(
  about: Answered & { readonly span: PlacedSpan | null },
  said: Said,
  fineness: Fineness,
): FeedbackRow {
  const { endpoint, at, span, unitDigest, unit } = about;
  const id = said.id ?? `${unitDigest}@${at}`;
  const place = span === null ? null : routeOfUnit(span, unit);
  return {
    key: { type: 'own', id },
    endpoint,
    ...(place === null || isOthersToo(place) ? unknown : assignedIn(place, unit)),
    at,
    receivedAt: said.receivedAt,
    metric: said.metric,
    value: said.value,
    predicted: nothingPredicted,
    ...stretchesOf(at, fineness),
  };
}

/** Whether more than the unit decided who answered it. */
const isOthersToo = ({ route: { audience, segmentSplits } }: Place): boolean =>
  audience !== null || segmentSplits !== undefined;

type Assigned = Pick<FeedbackRow, 'rollout' | 'revision' | 'arm' | 'version' | 'shareBps' | 'unit'>;

const unknown: Assigned = {
  rollout: null,
  revision: 0,
  arm: UNKNOWN_ARM,
  version: 0,
  shareBps: null,
  unit: null,
};

function assignedIn({ route, compiled }: Place, unit: string): Assigned {
  const chosen = assign(compiled, unit);
  const arm = route.arms[chosen.armIndex];
  return {
    // As gateways say it in the ids of predictions.
    rollout: isContested(route) ? route.rollout : null,
    revision: route.revision,
    arm: arm?.name ?? UNKNOWN_ARM,
    version: arm?.version.version ?? 0,
    shareBps: route.split[chosen.armIndex]?.bps ?? bps(0),
    unit: chosen.unit,
  };
}

/** The prediction a nonce names; a nonce of another make is a name like any other. */
export function predictionKeyOf(nonce: string): FeedbackKey {
  const number = Number.parseInt(nonce.slice(MAKER_CHARS), 36);
  if (!Number.isSafeInteger(number)) return { type: 'own', id: nonce };
  return { type: 'prediction', maker: nonce.slice(0, MAKER_CHARS), number };
}

const stretchesOf = (
  at: Instant,
  { maturityMs, bucketMs }: Fineness,
): Pick<FeedbackRow, 'cohort' | 'unitStretch'> => ({
  cohort: stretchAt(at, cohortWidthMs(maturityMs)),
  unitStretch: stretchAt(at, unitWidthMs(bucketMs)),
});
