import type { Brand } from './brand.ts';
import { invariant } from './invariant.ts';

/** A share of traffic in integer basis points, 0 to 10 000 (all). */
export type Bps = Brand<number, 'Bps'>;

/** A moment in milliseconds since 1970-01-01T00:00:00Z; may be fractional, never negative. */
export type Instant = Brand<number, 'Instant'>;

/** Basis points in a whole. */
export const WHOLE_BPS = 10_000;

/** Makes a share; breaks the invariant for anything but an integer from 0 to 10 000. */
export function bps(value: number): Bps {
  const isShare = Number.isInteger(value) && value >= 0 && value <= WHOLE_BPS;
  if (!isShare)
    invariant(false, `a share is an integer from 0 to 10000 basis points, not ${value}`);
  return value as Bps;
}

/** Makes a moment from milliseconds since the epoch. */
export function instant(epochMs: number): Instant {
  // The sentence is made only when it is needed: moments are made for every bucket.
  const isMoment = Number.isFinite(epochMs) && epochMs >= 0;
  if (!isMoment) invariant(false, `a moment is a finite count of milliseconds, not ${epochMs}`);
  return epochMs as Instant;
}

/** The moment `ms` milliseconds after `from`. */
export const after = (from: Instant, ms: number): Instant => instant(from + ms);
