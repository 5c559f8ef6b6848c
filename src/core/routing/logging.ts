import { bps } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import { compileSlice, inSlice } from './slice.ts';
import type { CompiledSlice } from './slice.ts';

/** What of a prediction can be kept besides who answered whom, when, and how it ended. */
export const LOG_FIELDS = ['inputs', 'outputs'] as const;

/** One of them. */
export type LogField = (typeof LOG_FIELDS)[number];

/**
 * What is written instead of a value nobody may read: always the same word, or a keyed digest, by
 * which equal values can be told to be equal.
 */
export const REDACTIONS = ['constant', 'digest'] as const;

/** One of them. */
export type Redaction = (typeof REDACTIONS)[number];

/** What is replaced before anything is written. */
export type RedactRule = {
  /** JSON pointer (RFC 6901): see `redactionOf`. */
  readonly pointer: string;
  readonly as: Redaction;
};

/** What is kept of an endpoint's predictions, for people to look up. */
export type LogSettings = {
  /** Share of the units whose predictions are kept; 0: nobody's. */
  readonly sample: Bps;
  /** No name twice. */
  readonly fields: readonly LogField[];
  readonly redact: readonly RedactRule[];
};

/** For an endpoint of which nothing was said: nothing is kept, and no unit in the clear. */
export const defaultLogSettings: LogSettings = {
  sample: bps(0),
  fields: LOG_FIELDS,
  redact: [{ pointer: '/unit', as: 'digest' }],
};

/** A sample made ready for `isKept`. */
export type KeptSample = CompiledSlice;

/** Makes a sample ready; `salt`, 32 hexadecimal digits, is used for nothing else. */
export const compileSample = (salt: string, sample: Bps): KeptSample =>
  compileSlice({ salt, fromBps: bps(0), toBps: sample });

/**
 * Whether the predictions of a unit are kept. A larger sample keeps whom a smaller one had. No
 * state; the same answer on every gateway.
 */
export const isKept = (sample: KeptSample, unit: string): boolean => inSlice(unit, sample);
