/**
 * Arithmetic on logarithms. Evidence of a long rollout reaches e^100000, so it never leaves log
 * space.
 */

/** log(e^a + e^b), exact when either is -Infinity. */
export function logAddExp(a: number, b: number): number {
  const high = a > b ? a : b;
  const low = a > b ? b : a;
  // Nothing is added by nothing, nor to what is infinite.
  if (low === -Infinity || high === Infinity) return high;
  return high + Math.log1p(Math.exp(low - high));
}

/** log(Σ e^x). -Infinity for an empty list. */
export function logSumExp(values: readonly number[]): number {
  let high = -Infinity;
  for (const value of values) if (value > high) high = value;
  if (high === -Infinity || high === Infinity) return high;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - high);
  return high + Math.log(sum);
}

/**
 * log(1 - e^x) for x <= 0 without cancellation (Mächler 2012, "Accurately computing log(1 -
 * exp(-|a|))").
 */
export function log1mExp(x: number): number {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
}

/** log(e^a - e^b) for a >= b. */
export function logSubExp(a: number, b: number): number {
  return b === -Infinity ? a : a + log1mExp(b - a);
}
