import { invariant } from '../lib/invariant.ts';
import { sipHash64, sipKey, type SipKey } from '../lib/siphash.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import { derivedKey } from './derived-key.ts';
import type { Route, Split } from './table.ts';

/** How many arms a route may have. */
export const ARMS_MAX = 16;

/** A route made ready for `assign`. */
export type CompiledRoute = {
  readonly route: Route;
  readonly unitKey: SipKey;
  readonly countSeed: Seed;
  /** Who draws for units: the arms with a share above 0, and those that ceded theirs. */
  readonly open: readonly OpenArm[];
  /** The same of each segment; null: `open` holds for all. */
  readonly bySegment: readonly (readonly OpenArm[])[] | null;
};

type Seed = { readonly hi: number; readonly lo: number };
/** `armIndex`: who gets the units that are drawn, by `seed` at the rate of `bps`. */
type OpenArm = { readonly armIndex: number; readonly bps: number; readonly seed: Seed };

/** Where a unit goes. */
export type ArmChoice = {
  /** Index into the arms of the route. */
  readonly armIndex: number;
  /** A hash of the unit, an integer below 2^53, independent of the arm: for counting units. */
  readonly unit: number;
};

/** The baseline is the first arm of every route. */
const BASELINE = 0;

const asSeed = ([hi, lo]: readonly [number, number]): Seed => ({ hi: hi | 0, lo: lo | 0 });

/** Makes a route ready: once per table, so that `assign` has little left to do. */
export function compileRoute(route: Route): CompiledRoute {
  const { arms, split, segmentSplits, salt, endpoint } = route;
  invariant(arms.length <= ARMS_MAX, `the route of ${endpoint} has ${arms.length} arms`);
  for (const shares of [split, ...(segmentSplits ?? [])]) {
    invariant(
      shares.length === arms.length && shares.every(({ arm }, i) => arm === arms[i]?.name),
      `the split of ${endpoint} does not name its arms in their order`,
    );
    const whole = shares.reduce((sum, { bps }) => sum + bps, 0);
    invariant(whole === WHOLE_BPS, `the shares of ${endpoint} sum to ${whole}, not ${WHOLE_BPS}`);
  }
  const key = sipKey(salt);
  const armKey = derivedKey(key, 'arm');
  const openIn = (shares: Split): readonly OpenArm[] => {
    const cededInAll = shares.reduce((sum, { ceded = 0 }) => sum + ceded, 0);
    const open = shares.map(({ arm, bps, ceded }, armIndex): OpenArm => {
      const seed = asSeed(sipHash64(armKey, arm));
      if (armIndex === BASELINE) return { armIndex, bps: bps - cededInAll, seed };
      // An arm that was taken out draws as before; whoever it draws gets the baseline.
      return ceded === undefined
        ? { armIndex, bps, seed }
        : { armIndex: BASELINE, bps: ceded, seed };
    });
    return open.filter(({ bps }) => bps > 0);
  };
  return {
    route,
    unitKey: derivedKey(key, 'unit'),
    countSeed: asSeed(sipHash64(derivedKey(key, 'count'), '')),
    open: openIn(split),
    bySegment: segmentSplits?.map(openIn) ?? null,
  };
}

/** The 32-bit finalizer of MurmurHash3 (Austin Appleby): every input bit moves every output bit. */
function scramble(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * Integer below 2^53 from a unit's hash and a seed: a four-round Feistel network, hence a
 * permutation of 64 bits for each seed. The hash is keyed already; this only makes one hash serve
 * several independent draws.
 */
function draw(hi: number, lo: number, seed: Seed): number {
  let left = hi ^ seed.hi;
  let right = lo ^ seed.lo;
  left ^= scramble((right + 0x9e3779b9) | 0);
  right ^= scramble((left + 0x7f4a7c15) | 0);
  left ^= scramble((right + 0xf39cc060) | 0);
  right ^= scramble((left + 0x5cedc834) | 0);
  return (left >>> 0) * 0x200000 + (right >>> 11);
}

/** Maps a draw to the open interval (0, 1), whose logarithm is finite. */
const TWO_POW_MINUS_53 = 2 ** -53;

function chooseArm(open: readonly OpenArm[], hi: number, lo: number): number {
  let chosen = 0;
  let soonest = Number.POSITIVE_INFINITY;
  for (const { armIndex, bps, seed } of open) {
    const wait = -Math.log((draw(hi, lo, seed) + 0.5) * TWO_POW_MINUS_53) / bps;
    if (wait < soonest) {
      soonest = wait;
      chosen = armIndex;
    }
  }
  return chosen;
}

/**
 * The arm of a unit, by weighted rendezvous hashing (Thaler and Ravishankar 1998; weights after
 * Schindelhauer and Schomaker 2005): each arm draws an exponential waiting time at the rate of its
 * share, and the first to ring has the unit. Each arm's draw depends on nothing but unit, arm and
 * salt, so a unit moves only to an arm whose share grew or from one whose share shrank, also
 * between segments, whose shares are weights of the same draws; where one ceded its share, only its
 * own units move, to the baseline. No state; the same answer on every gateway.
 */
export function assign(
  compiled: CompiledRoute,
  unit: string,
  segment: number | null = null,
): ArmChoice {
  const [hi, lo] = sipHash64(compiled.unitKey, unit);
  const own = segment === null ? undefined : compiled.bySegment?.[segment];
  const open = own ?? compiled.open;
  const [only, second] = open;
  const armIndex = second === undefined ? (only?.armIndex ?? 0) : chooseArm(open, hi, lo);
  return { armIndex, unit: draw(hi, lo, compiled.countSeed) };
}
