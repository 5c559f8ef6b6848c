import { sipHash64 } from '../lib/siphash.ts';
import type { SipKey } from '../lib/siphash.ts';

/** A key of its own for one use of a salt, so that no unit can be named like another use. */
export function derivedKey(salt: SipKey, use: string): SipKey {
  const [k0lo, k0hi] = halves(salt, `${use}/0`);
  const [k1lo, k1hi] = halves(salt, `${use}/1`);
  return { k0lo, k0hi, k1lo, k1hi };
}

function halves(salt: SipKey, text: string): readonly [lo: number, hi: number] {
  const [hi, lo] = sipHash64(salt, text);
  return [lo | 0, hi | 0];
}
