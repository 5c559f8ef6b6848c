import { describe, expect, test } from 'vitest';
import {
  bestRho,
  logMixture,
  mixtureBoundary,
  stitchedBoundary,
  tunedMixture,
} from './uniform-boundary.ts';
import type { MixtureKind } from './uniform-boundary.ts';

const rows: readonly { readonly law: MixtureKind; readonly log: number; readonly bound: number }[] =
  [
    { law: { kind: 'normal' }, log: -0.6510052, bound: 30.35209 },
    { law: { kind: 'normal-upper' }, log: -0.06502391, bound: 27.66071 },
    { law: { kind: 'gamma-exponential', scale: 2 }, log: -0.2490165, bound: 33.02017 },
    { law: { kind: 'gamma-poisson', scale: 2 }, log: -0.06991219, bound: 30.1949 },
    {
      law: { kind: 'beta-binomial', g: 0.2, h: 0.8, direction: 'both' },
      log: -0.6941012,
      bound: 31.4308,
    },
    {
      law: { kind: 'beta-binomial', g: 0.2, h: 0.8, direction: 'up' },
      log: -0.07134019,
      bound: 28.41238,
    },
  ];

describe('gold: confseq test/uniform_boundaries_unittest.cpp, S = 10, V = 100, α = 0.05', () => {
  test('best ρ', () => {
    expect(bestRho(100, 0.05)).toBeCloseTo(12.60056, 5);
  });

  test.each(rows)('$law.kind $law.direction', ({ law, log, bound }) => {
    const mixture = tunedMixture(law, 100, 0.05);
    expect(logMixture({ sum: 10, v: 100 }, mixture)).toBeCloseTo(log, 5);
    expect(mixtureBoundary(100, 0.05, mixture)).toBeCloseTo(bound, 4);
  });

  test.each([
    { scale: 3, bound: 64.48755 },
    { scale: -1, bound: 28.99389 },
  ])('stitching, c = $scale', ({ scale, bound }) => {
    expect(stitchedBoundary(100, { alpha: 0.05, vMin: 10, scale })).toBeCloseTo(bound, 5);
  });
});

describe('mixtures', () => {
  test.each(rows)('$law.kind: nothing seen is no evidence', ({ law }) => {
    expect(logMixture({ sum: 0, v: 0 }, tunedMixture(law, 50, 0.05))).toBeCloseTo(0, 10);
  });

  test('a boundary that bounded sums cannot reach is infinite', () => {
    const law = { kind: 'beta-binomial', g: 0.5, h: 0.5, direction: 'up' } as const;
    expect(mixtureBoundary(0.5, 0.05, tunedMixture(law, 50, 0.05))).toBe(Infinity);
  });
});
