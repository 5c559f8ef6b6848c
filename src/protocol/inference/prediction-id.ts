import { nothingPredicted } from '../../core/feedback/predicted.ts';
import type { Predicted } from '../../core/feedback/predicted.ts';
import { instant } from '../../core/lib/units.ts';
import type { Instant } from '../../core/lib/units.ts';
import { base64url, textOf } from './base64url.ts';
import { readPredicted } from './predicted-text.ts';
import type { PredictedText } from './predicted-text.ts';

/**
 * Names one prediction so that feedback that comes weeks later is attributed without a lookup, and
 * cannot be forged: `p2.<origin>.<time>-<nonce>.<unit>.<label>.<score>.<code>`. The code
 * authenticates all before it. Ids of before (`p1.<origin>.<time>-<nonce>.<code>`) say less.
 */
export type PredictionIdentity = {
  /** The same object for ids that are read through one `OriginCache`. */
  readonly origin: PredictionOrigin;
  readonly at: Instant;
  /** Differs between any two predictions of one installation. */
  readonly nonce: string;
  /** The unit as assignment counts it (`ArmChoice.unit`); null in ids of before and for pins. */
  readonly unit: number | null;
  readonly predicted: Predicted;
};

/** What is the same for all predictions of one arm under one table. */
export type PredictionOrigin = {
  readonly endpoint: string;
  /** The arm that answered. */
  readonly arm: string;
  readonly version: number;
  /** Generation of the routing table in force. */
  readonly generation: number;
  /** Null outside any rollout, and in ids of before. */
  readonly rollout: string | null;
  /** Of the route; null in ids of before. */
  readonly revision: number | null;
  /** Arm the unit was assigned to: not the one that answered when the baseline stood in for it. */
  readonly assigned: string;
  /**
   * Share of that arm then, in basis points: its propensity, in the segment where shares are by
   * segment. Null for pins and in old ids.
   */
  readonly shareBps: number | null;
  /** The segment of the request; absent where a rollout tells none apart, and outside any. */
  readonly segment?: string;
};

/** Authenticates a text: HMAC-SHA256 cut to 128 bits, 22 characters of base64url. */
export type Mac = (text: string) => string;

/** Longest id that is looked at. */
export const PREDICTION_ID_CHARS_MAX = 1_024;

/** Form, origin, time and nonce; unit, label and score, which the first form has not; code. */
const ID = new RegExp(
  [
    /^p([12])\.([\w-]+)\.([0-9a-z]+)-([0-9a-z]+)/,
    /(?:\.([0-9a-z]*)\.([\w-]*)\.([0-9a-z]*))?\.([\w-]{22})$/,
  ]
    .map(({ source }) => source)
    .join(''),
);

/** The part of an id that is the same for all predictions of one arm under one table. */
export function predictionIdPrefix(made: PredictionOrigin): string {
  const { endpoint, arm, version, generation, rollout, revision, assigned, shareBps } = made;
  const { segment } = made;
  const stoodIn = assigned === arm ? [] : [assigned];
  const rest = segment === undefined ? stoodIn : [assigned, segment];
  const fields = [endpoint, arm, version, generation, rollout, revision, shareBps, ...rest];
  return `p2.${base64url(JSON.stringify(fields))}.`;
}

/** The part of an id that differs: also the unit of a request that names none. */
export const predictionMoment = (at: Instant, nonce: string): string =>
  `${Math.floor(at).toString(36)}-${nonce}`;

/** What a moment was made of. */
export function readMoment(moment: string): { readonly at: Instant; readonly nonce: string } {
  const [time = '', nonce = ''] = moment.split('-');
  return { at: instant(Number.parseInt(time, 36)), nonce };
}

/** What was answered to whom, and when: the rest of an id. */
export type PredictionAnswer = {
  readonly moment: string;
  readonly unit: number | null;
  readonly predicted: PredictedText;
};

/** The whole id. */
export function makePredictionId(prefix: string, answer: PredictionAnswer, mac: Mac): string {
  const { moment, unit, predicted } = answer;
  const text = `${prefix}${moment}.${unit === null ? '' : unit.toString(36)}.${predicted}`;
  return `${text}.${mac(text)}`;
}

/** Origins by their text; the last ones are remembered, as ids of one origin come together. */
export type OriginCache = Map<string, PredictionOrigin>;

const ORIGINS_MAX = 1_024;

/** Whether a text has the form of a whole id; whose it is, only `readPredictionId` tells. */
export const isPredictionIdLike = (text: string): boolean =>
  text.length <= PREDICTION_ID_CHARS_MAX && ID.test(text);

/** What an id says, or null when it is none of ours. */
export function readPredictionId(
  id: string,
  mac: Mac,
  origins: OriginCache = new Map(),
): PredictionIdentity | null {
  if (id.length > PREDICTION_ID_CHARS_MAX) return null;
  const match = ID.exec(id);
  if (match === null) return null;
  const [, form, made = '', time = '', nonce = '', unit, label = '', score = '', code = ''] = match;
  if ((form === '1') !== (unit === undefined)) return null;
  if (!equalInConstantTime(mac(id.slice(0, -(code.length + 1))), code)) return null;
  return {
    origin: originIn(origins, made),
    at: instant(Number.parseInt(time, 36)),
    nonce,
    unit: unit === undefined || unit === '' ? null : Number.parseInt(unit, 36),
    predicted: form === '1' ? nothingPredicted : readPredicted(label, score),
  };
}

type OriginFields = readonly [
  endpoint: string,
  arm: string,
  version: number,
  generation: number,
  rollout?: string | null,
  revision?: number | null,
  shareBps?: number | null,
  assigned?: string,
  segment?: string,
];

function originIn(origins: OriginCache, made: string): PredictionOrigin {
  const known = origins.get(made);
  if (known !== undefined) return known;
  const fields = JSON.parse(textOf(made)) as OriginFields;
  const [endpoint, arm, version, generation, rollout, revision, shareBps, assigned, segment] =
    fields;
  const origin = {
    endpoint,
    arm,
    version,
    generation,
    rollout: rollout ?? null,
    revision: revision ?? null,
    shareBps: shareBps ?? null,
    assigned: assigned ?? arm,
    ...(segment === undefined ? {} : { segment }),
  };
  if (origins.size >= ORIGINS_MAX) origins.clear();
  origins.set(made, origin);
  return origin;
}

/** Time must not tell how much of a guess was right. */
function equalInConstantTime(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let at = 0; at < right.length; at += 1) {
    difference |= left.charCodeAt(at) ^ right.charCodeAt(at);
  }
  return difference === 0;
}
