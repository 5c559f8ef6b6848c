/**
 * Where other systems put a unit: GrowthBook, flagd (OpenFeature), Unleash and PlanOut. For whoever
 * comes from one of them and asks whether the same people see the candidate as before, or holds two
 * systems together during a migration.
 */
import { requireThat } from './domain.ts';
import { fnv1a32, murmur3, sha1 } from './flag-hash.ts';

/**
 * GrowthBook's share of [0, 1) for a value; `version` 2 hashes twice, without its first one's bias.
 */
export function growthbookHash(seed: string, value: string, version: 1 | 2): number {
  if (version === 1) return (fnv1a32(value + seed) % 1_000) / 1_000;
  return (fnv1a32(String(fnv1a32(seed + value))) % 10_000) / 10_000;
}

/** A part of [0, 1): from the lower end on, without the upper one. */
export type HashRange = readonly [from: number, to: number];

/** Weights further from 1 in sum than this are not taken. */
const WEIGHTS_OFF_MAX = 0.01;

/**
 * GrowthBook's ranges of the variations: each is as wide as its weight times the coverage and
 * begins where it would with all of it, so that whoever is in stays in as coverage grows. Weights
 * that do not fit are taken for equal ones.
 */
export function growthbookRanges(
  variations: number,
  coverage: number,
  weights: readonly number[] | null = null,
): readonly HashRange[] {
  requireThat(Number.isInteger(variations) && variations >= 1, 'variations must be at least 1');
  const part = Math.min(1, Math.max(0, coverage));
  const sum = (weights ?? []).reduce((total, weight) => total + weight, 0);
  const fits = weights?.length === variations && Math.abs(sum - 1) <= WEIGHTS_OFF_MAX;
  const each = fits ? weights : Array.from({ length: variations }, () => 1 / variations);
  let from = 0;
  return each.map((weight): HashRange => {
    const range: HashRange = [from, from + part * weight];
    from += weight;
    return range;
  });
}

/** The variation whose range has the hash; null: none has. */
export function variationIn(hash: number, ranges: readonly HashRange[]): number | null {
  const at = ranges.findIndex(([from, to]) => hash >= from && hash < to);
  return at === -1 ? null : at;
}

/** Widest sum of weights for which the product of hash and sum is exact in a double. */
const FLAGD_WEIGHTS_MAX = 2 ** 21;
const I32_MAX = 2 ** 31 - 1;

/**
 * flagd's bucket among weights, whole numbers: version 2 is (murmur3 × Σ weights) / 2³² in
 * whole numbers; version 1 is |murmur3 as signed| / (2³¹ - 1) of a hundred, for per cents.
 */
export function flagdBucket(key: string, weights: readonly number[], version: 1 | 2): number {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  requireThat(sum > 0 && sum <= FLAGD_WEIGHTS_MAX, 'weights must sum to at most 2 097 152');
  const hash = murmur3(key);
  const place =
    version === 2 ? Math.floor((hash * sum) / 2 ** 32) : (Math.abs(hash | 0) / I32_MAX) * 100;
  let upTo = 0;
  const at = weights.findIndex((weight) => place < (upTo += weight));
  return at === -1 ? weights.length - 1 : at;
}

/** Seed by which Unleash chooses variants, so that they do not depend on the roll-out. */
export const UNLEASH_VARIANT_SEED = 86_028_157;

/**
 * Unleash's number of a unit in a group, from 1 to `parts`: on when at most the roll-out per cent.
 */
export function unleashNumber(
  group: string,
  id: string,
  options: { readonly parts?: number; readonly seed?: number } = {},
): number {
  const { parts = 100, seed = 0 } = options;
  return (murmur3(`${group}:${id}`, seed) % parts) + 1;
}

const PLANOUT_DIGITS = 15;

/** PlanOut's share of [0, 1] for a unit under a salt: the first 60 bits of a SHA-1. */
export function planoutShare(salt: string, unit: string): number {
  const digits = sha1(`${salt}.${unit}`).slice(0, PLANOUT_DIGITS);
  return Number(BigInt(`0x${digits}`)) / Number(BigInt(`0x${'f'.repeat(PLANOUT_DIGITS)}`));
}
