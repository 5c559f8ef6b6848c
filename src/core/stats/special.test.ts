import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import vectors from '../../../test/vectors/stats/special.json' with { type: 'json' };
import {
  betaQuantile,
  binomialTails,
  chiSquareQuantile,
  chiSquareSf,
  fisherTails,
  gammaQuantile,
  logBinomialMass,
  logPoissonMass,
  poissonTails,
  studentQuantile,
  studentSf,
  studentTails,
} from './distributions.ts';
import { lnBeta, lnChoose, lnGamma, log1pMinus } from './gamma.ts';
import { betaTails } from './incomplete-beta.ts';
import { gammaTails } from './incomplete-gamma.ts';
import {
  logNormalCdf,
  normalCdf,
  normalQuantile,
  normalSf,
  normalUpperQuantile,
} from './normal.ts';

type Function = (...args: readonly number[]) => number;

const functions: Readonly<Record<keyof typeof vectors.tables, Function>> = {
  lnGamma: (x = 0) => lnGamma(x),
  lnBeta: (a = 0, b = 0) => lnBeta(a, b),
  gammaLower: (a = 0, x = 0) => gammaTails(a, x).lower,
  gammaUpper: (a = 0, x = 0) => gammaTails(a, x).upper,
  betaLower: (a = 0, b = 0, x = 0) => betaTails(a, b, x).lower,
  betaUpper: (a = 0, b = 0, x = 0) => betaTails(a, b, x).upper,
  normalCdf: (z = 0) => normalCdf(z),
  normalQuantile: (p = 0) => normalQuantile(p),
  studentSf: (t = 0, df = 0) => studentSf(t, df),
  chiSquareSf: (x = 0, df = 0) => chiSquareSf(x, df),
};

const relative = (actual: number, expected: number): number =>
  Math.abs(actual - expected) / Math.abs(expected);

describe(`gold: ${vectors.source}`, () => {
  test.each(Object.entries(functions))('%s at 1000 random points', (name, call) => {
    const rows: readonly (readonly number[])[] =
      vectors.tables[name as keyof typeof vectors.tables];
    let worst = { error: 0, row: [] as readonly number[] };
    for (const row of rows) {
      const error = relative(call(...row.slice(0, -1)), row.at(-1) ?? Number.NaN);
      if (!(error <= worst.error)) worst = { error, row };
    }
    expect(rows).toHaveLength(1000);
    expect(worst.error, `worst at ${worst.row.join(', ')}`).toBeLessThan(
      name.startsWith('beta') ? 5e-12 : 1e-12,
    );
  });

  test.each(['betaLower', 'betaUpper'] as const)(
    '%s to 1e-12 for shapes from one half up',
    (name) => {
      const rows: readonly (readonly number[])[] = vectors.tables[name];
      const usual = rows.filter(([a = 0, b = 0]) => a >= 0.5 && b >= 0.5);
      const errors = usual.map((row) =>
        relative(functions[name](...row.slice(0, -1)), row.at(-1) ?? Number.NaN),
      );
      expect(Math.max(...errors)).toBeLessThan(1e-12);
    },
  );

  test.each([
    { name: 'Φ⁻¹(.975)', actual: normalQuantile(0.975), value: 1.9599639845400545 },
    { name: 'Φ⁻¹(.999)', actual: normalUpperQuantile(0.001), value: 3.090232306167813 },
    { name: 'Φ⁻¹(1e-16)', actual: normalQuantile(1e-16), value: -8.222082216130435 },
    { name: 'Φ⁻¹(1e-20)', actual: normalQuantile(1e-20), value: -9.262340089798407 },
    { name: 'Φ⁻¹(1e-300)', actual: normalQuantile(1e-300), value: -37.0470962993612 },
    { name: 'I_.01(11,990)', actual: betaTails(11, 990, 0.01).lower, value: 0.4169591966989 },
    { name: 'χ² sf(50,1)', actual: chiSquareSf(50, 1), value: 1.537459794428035e-12 },
    { name: 'χ² sf(200,10)', actual: chiSquareSf(200, 10), value: 1.6139305336977305e-37 },
    { name: 'I_.5(1e5,1e5)', actual: betaTails(1e5, 1e5, 0.5).lower, value: 0.5 },
  ])('$name (mpmath, 50 digits)', ({ actual, value }) => {
    expect(relative(actual, value)).toBeLessThan(1e-12);
  });
});

const tail = fc.double({ min: -280, max: -0.31, noNaN: true }).map((exponent) => 10 ** exponent);
const shape = fc.double({ min: -0.5, max: 4, noNaN: true }).map((exponent) => 10 ** exponent);
const EXACT = 1e-9;

describe('quantiles undo tails', () => {
  test('normal, both sides', () => {
    fc.assert(
      fc.property(tail, (p) => {
        expect(relative(normalCdf(normalQuantile(p)), p)).toBeLessThan(1e-10);
        expect(relative(normalSf(normalUpperQuantile(p)), p)).toBeLessThan(1e-10);
        expect(logNormalCdf(normalQuantile(p))).toBeCloseTo(Math.log(p), 9);
      }),
    );
  });

  test('gamma and χ²', () => {
    fc.assert(
      fc.property(tail, shape, (p, a) => {
        const x = gammaQuantile(a, { upper: p });
        expect(relative(gammaTails(a, x).upper, p)).toBeLessThan(EXACT);
        const low = gammaQuantile(a, { lower: p });
        fc.pre(low > 1e-290);
        expect(relative(gammaTails(a, low).lower, p)).toBeLessThan(EXACT);
        expect(chiSquareQuantile(2 * a, { upper: p })).toBe(2 * x);
      }),
    );
  });

  test('beta', () => {
    fc.assert(
      fc.property(tail, shape, shape, (p, a, b) => {
        const x = betaQuantile(a, b, { lower: p });
        fc.pre(x > 1e-290 && x < 0.999);
        expect(relative(betaTails(a, b, x).lower, p)).toBeLessThan(EXACT);
      }),
    );
  });

  test('Student', () => {
    fc.assert(
      fc.property(tail, shape, (p, df) => {
        const t = studentQuantile(df, { upper: p });
        fc.pre(t < 1e150);
        expect(relative(studentSf(t, df), p)).toBeLessThan(EXACT);
        expect(studentQuantile(df, { lower: p })).toBe(-t);
      }),
    );
  });

  test('ends of the support', () => {
    expect(gammaQuantile(2, { lower: 0 })).toBe(0);
    expect(gammaQuantile(2, { upper: 0 })).toBe(Infinity);
    expect(betaQuantile(2, 3, { lower: 1 })).toBe(1);
    expect(normalQuantile(0)).toBe(-Infinity);
    expect(normalQuantile(0.5)).toBe(0);
    expect(studentQuantile(3, { lower: 0.5 })).toBe(0);
    expect(studentQuantile(3, { upper: 0 })).toBe(Infinity);
  });
});

describe('distributions agree with each other', () => {
  test('binomial tails are sums of masses', () => {
    for (const [n, p] of [
      [20, 0.3],
      [50, 0.01],
      [7, 0.9],
    ] as const) {
      let sum = 0;
      for (let k = 0; k < n; k += 1) {
        sum += Math.exp(logBinomialMass(k, n, p));
        expect(relative(binomialTails(k, n, p).lower, sum)).toBeLessThan(1e-11);
      }
    }
  });

  test('Poisson tails are sums of masses', () => {
    let sum = 0;
    for (let k = 0; k < 40; k += 1) {
      sum += Math.exp(logPoissonMass(k, 7.5));
      expect(relative(poissonTails(k, 7.5).lower, sum)).toBeLessThan(1e-11);
    }
    expect(logPoissonMass(0, 0)).toBe(0);
  });

  test('t squared is F(1, df)', () => {
    const { upper } = fisherTails(2.5 ** 2, 1, 9);
    expect(relative(2 * studentTails(2.5, 9).upper, upper)).toBeLessThan(1e-13);
  });

  test('choosing and logarithms', () => {
    expect(Math.exp(lnChoose(52, 5))).toBeCloseTo(2_598_960, 5);
    expect(log1pMinus(1e-8)).toBeCloseTo(-4.999999966666667e-17, 30);
    expect(lnGamma(1)).toBe(0);
    expect(lnGamma(2)).toBe(0);
  });
});
