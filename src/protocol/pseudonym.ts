/** Gives the same 32 hexadecimal digits for the same text; without the key nobody else can. */
export type KeyedDigest = (text: string) => string;

/** What is written instead of a value that is the same word for everybody. */
export const REDACTED = '[redacted]';

/**
 * What is written instead of a value that is to stay equal to itself: `place` says what it is a
 * value of, so that equal values in other places are not known to be equal.
 */
export const pseudonym = (digest: KeyedDigest, place: string, text: string): string =>
  `~${digest(`${place}\0${text}`)}`;

/** The place of units. */
export const UNIT_PLACE = 'unit';

/** The place of prediction ids, which say what was predicted. */
export const PREDICTION_PLACE = 'prediction';

/** The salt of an endpoint's sample: the same on every gateway, and used for nothing else. */
export const sampleSalt = (digest: KeyedDigest, endpoint: string): string =>
  digest(`sample\0${endpoint}`);
