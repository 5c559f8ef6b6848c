import { expect, test } from 'vitest';
import { routeSample } from '../../../test/samples.ts';
import { bps } from '../lib/units.ts';
import { assign, compileRoute } from './assign.ts';
import { compileMirror, isMirrored } from './mirror.ts';

const UNITS = 40_000;
const route = routeSample([5_000, 5_000], 'ab'.repeat(16));
const compiled = compileRoute(route);
const choices = Array.from({ length: UNITS }, (_, i) => assign(compiled, `user-${i}`));
const copied = (share: number, of = choices, salt = route.salt): number => {
  const mirror = compileMirror({ salt }, { sample: bps(share) });
  return of.filter(({ unit }) => isMirrored(mirror, unit)).length;
};
/** Four standard deviations of a count of n with chance p. */
const within = (n: number, p: number): number => 4 * Math.sqrt(n * p * (1 - p));

test.each([0, 1, 500, 2_500, 9_999, 10_000])('%i bps of the units are copied', (share) => {
  const p = share / 10_000;
  expect(Math.abs(copied(share) - UNITS * p)).toBeLessThanOrEqual(within(UNITS, p));
});

test('who is copied says nothing about who is assigned', () => {
  const arms = [0, 1].map((arm) => choices.filter(({ armIndex }) => armIndex === arm));
  for (const units of arms) {
    const n = units.length;
    expect(Math.abs(copied(3_000, units) - n * 0.3)).toBeLessThanOrEqual(within(n, 0.3));
  }
});

test('a larger sample keeps whom a smaller one had', () => {
  const small = compileMirror(route, { sample: bps(700) });
  const large = compileMirror(route, { sample: bps(1_900) });
  const kept = choices.filter(({ unit }) => isMirrored(small, unit));
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.every(({ unit }) => isMirrored(large, unit))).toBe(true);
});

test('another salt copies others', () => {
  const other = compileMirror({ salt: 'cd'.repeat(16) }, { sample: bps(5_000) });
  const own = compileMirror(route, { sample: bps(5_000) });
  const both = choices.filter(({ unit }) => isMirrored(own, unit) && isMirrored(other, unit));
  expect(Math.abs(both.length - UNITS / 4)).toBeLessThanOrEqual(within(UNITS, 0.25));
});
