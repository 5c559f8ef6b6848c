import { instant } from '../../core/lib/units.ts';
import type { Instant } from '../../core/lib/units.ts';

/**
 * Names one prediction so that feedback that comes weeks later is attributed without a lookup, and
 * cannot be forged: `p1.<what made it>.<time>-<nonce>.<code>`. The code authenticates all before
 * it.
 */
export type PredictionIdentity = {
  readonly endpoint: string;
  readonly arm: string;
  readonly version: number;
  /** Generation of the routing table in force. */
  readonly generation: number;
  readonly at: Instant;
  /** Differs between any two predictions of one installation. */
  readonly nonce: string;
};

/** Authenticates a text: HMAC-SHA256 cut to 128 bits, 22 characters of base64url. */
export type Mac = (text: string) => string;

/** Longest id that is looked at. */
export const PREDICTION_ID_CHARS_MAX = 1_024;

const ID = /^p1\.([\w-]+)\.([0-9a-z]+)-([0-9a-z]+)\.([\w-]{22})$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The part of an id that is the same for all predictions of one arm under one table. */
export function predictionIdPrefix(made: Omit<PredictionIdentity, 'at' | 'nonce'>): string {
  const { endpoint, arm, version, generation } = made;
  return `p1.${base64url(JSON.stringify([endpoint, arm, version, generation]))}.`;
}

/** The part of an id that differs: also the unit of a request that names none. */
export const predictionMoment = (at: Instant, nonce: string): string =>
  `${Math.floor(at).toString(36)}-${nonce}`;

/** The whole id. */
export function makePredictionId(prefix: string, moment: string, mac: Mac): string {
  const text = prefix + moment;
  return `${text}.${mac(text)}`;
}

/** What an id says, or null when it is none of ours. */
export function readPredictionId(id: string, mac: Mac): PredictionIdentity | null {
  if (id.length > PREDICTION_ID_CHARS_MAX) return null;
  const match = ID.exec(id);
  if (match === null) return null;
  const [, made = '', time = '', nonce = '', code = ''] = match;
  if (!equalInConstantTime(mac(id.slice(0, -(code.length + 1))), code)) return null;
  const [endpoint, arm, version, generation] = JSON.parse(textOf(made)) as [
    string,
    string,
    number,
    number,
  ];
  return { endpoint, arm, version, generation, at: instant(Number.parseInt(time, 36)), nonce };
}

/** Time must not tell how much of a guess was right. */
function equalInConstantTime(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let at = 0; at < right.length; at += 1) {
    difference |= left.charCodeAt(at) ^ right.charCodeAt(at);
  }
  return difference === 0;
}

function base64url(text: string): string {
  const binary = String.fromCharCode(...encoder.encode(text));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function textOf(encoded: string): string {
  const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
  return decoder.decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
}
