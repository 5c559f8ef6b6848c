import { sipHash64, sipKey } from '../lib/siphash.ts';
import type { SipKey } from '../lib/siphash.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import { derivedKey } from './derived-key.ts';
import type { Route } from './table.ts';

/** The sampling of a mirror made ready. */
export type CompiledMirror = { readonly key: SipKey; readonly sample: Bps };

/** Makes the sampling of a route's mirror ready: once per table. */
export const compileMirror = (
  { salt }: Pick<Route, 'salt'>,
  { sample }: { readonly sample: Bps },
): CompiledMirror => ({ key: derivedKey(sipKey(salt), 'mirror'), sample });

const TWO_POW_32 = 2 ** 32;

/**
 * Whether requests of a unit are copied; `unit` is what `assign` counts it by. Drawn with a key of
 * its own, so that who is copied says nothing about who is assigned; a larger sample keeps whom a
 * smaller one had. No state; the same answer on every gateway.
 */
export function isMirrored({ key, sample }: CompiledMirror, unit: number): boolean {
  if (sample >= WHOLE_BPS) return true;
  const [hi] = sipHash64(key, String(unit));
  return (hi >>> 0) * WHOLE_BPS < sample * TWO_POW_32;
}
