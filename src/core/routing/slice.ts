import { invariant } from '../lib/invariant.ts';
import { sipHash64, sipKey } from '../lib/siphash.ts';
import type { SipKey } from '../lib/siphash.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import { derivedKey } from './derived-key.ts';

/**
 * A part of all units, for one of several experiments that must not share any: slices of one salt
 * that do not overlap have no unit in common, and slices of different salts know nothing of each
 * other. Which arm a unit gets within its slice is drawn with another key, whatever the salts.
 */
export type Slice = {
  /** Secret of the layer, 32 hexadecimal digits; the same for all experiments in it. */
  readonly salt: string;
  /** The first basis point of the slice. */
  readonly fromBps: Bps;
  /** The first basis point behind it; 10 000 is the end. */
  readonly toBps: Bps;
};

/** A slice made ready for `inSlice`. */
export type CompiledSlice = Slice & { readonly key: SipKey };

/** Makes a slice ready: once per table. Breaks the invariant for one that ends before it begins. */
export function compileSlice({ salt, fromBps, toBps }: Slice): CompiledSlice {
  invariant(fromBps <= toBps, `a slice cannot go from ${fromBps} to ${toBps}`);
  return { salt, key: derivedKey(sipKey(salt), 'slice'), fromBps, toBps };
}

const TWO_POW_32 = 2 ** 32;

/**
 * Whether a unit lies in a slice. Every unit has one place in [0, 10 000) per salt, so a slice that
 * is widened keeps whom it had. No state; the same answer on every gateway.
 */
export const inSlice = (unit: string, slice: CompiledSlice): boolean =>
  holds(slice, placeIn(slice, unit));

/** The place of a unit among all that the salt of the slice puts in order; an integer. */
export function placeIn({ key }: CompiledSlice, unit: string): number {
  const [hi] = sipHash64(key, unit);
  // Products below 2^53, so that the borders of neighbours meet exactly.
  return (hi >>> 0) * WHOLE_BPS;
}

/** Whether a place of its own salt lies in a slice. */
export const holds = ({ fromBps, toBps }: CompiledSlice, place: number): boolean =>
  place >= fromBps * TWO_POW_32 && place < toBps * TWO_POW_32;

/** Whether two slices may have units in common. */
export const overlaps = (one: Slice, other: Slice): boolean =>
  one.salt !== other.salt || (one.fromBps < other.toBps && other.fromBps < one.toBps);
