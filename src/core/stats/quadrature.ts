/** Numerical integration and root finding in one dimension. */

/** Points and weights on [-1, 1]. */
export type Rule = { readonly points: readonly number[]; readonly weights: readonly number[] };

/** Gauss-Legendre rule with n points, exact for polynomials of degree 2n - 1 (Newton on P_n). */
export function gaussLegendre(n: number): Rule {
  const points: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < n; i += 1) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let step = 0; step < 20; step += 1) {
      let before = 0;
      let value = 1;
      for (let k = 1; k <= n; k += 1) {
        [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
      }
      slope = (n * (x * value - before)) / (x * x - 1);
      const change = value / slope;
      x -= change;
      if (Math.abs(change) < 1e-16) break;
    }
    points.push(-x);
    weights.push(2 / ((1 - x * x) * slope * slope));
  }
  return { points, weights };
}

/** The rule repeated on panels of at most `width` over [low, high]. */
export function compositeRule(
  rule: Rule,
  range: { readonly low: number; readonly high: number },
  width: number,
): Rule {
  const { low, high } = range;
  const panels = Math.max(1, Math.ceil((high - low) / width));
  const half = (high - low) / (2 * panels);
  const points: number[] = [];
  const weights: number[] = [];
  for (let panel = 0; panel < panels; panel += 1) {
    const centre = low + half * (2 * panel + 1);
    for (const [i, x] of rule.points.entries()) {
      points.push(centre + half * x);
      weights.push(half * (rule.weights[i] ?? 0));
    }
  }
  return { points, weights };
}

const STEPS_MAX = 100;

/**
 * Root of a monotone function between `low` and `high` to `tolerance`, by Illinois's variant of the
 * secant method; where there is no change of sign, the end with the smaller value.
 */
export function monotoneRoot(
  f: (x: number) => number,
  range: { readonly low: number; readonly high: number },
  tolerance = 1e-12,
): number {
  let { low, high } = range;
  let atLow = f(low);
  let atHigh = f(high);
  if (atLow * atHigh > 0) return Math.abs(atLow) < Math.abs(atHigh) ? low : high;
  let side = 0;
  for (let step = 0; step < STEPS_MAX && high - low > tolerance; step += 1) {
    const secant = (low * atHigh - high * atLow) / (atHigh - atLow);
    const usable = step % 4 !== 3 && secant > low && secant < high;
    const x = usable ? secant : (low + high) / 2;
    const value = f(x);
    if (value === 0) return x;
    if (value * atLow > 0) {
      [low, atLow] = [x, value];
      if (side === -1) atHigh /= 2;
      side = -1;
    } else {
      [high, atHigh] = [x, value];
      if (side === 1) atLow /= 2;
      side = 1;
    }
  }
  return Math.abs(atLow) < Math.abs(atHigh) ? low : high;
}
