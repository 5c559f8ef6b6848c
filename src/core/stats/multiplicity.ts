/** Many tests at once: corrected p-values, and the e-value version of Benjamini and Hochberg. */
import { requireOpenUnit, requireUnit } from './domain.ts';

type Ranked = { readonly value: number; readonly at: number };

function ranked(values: readonly number[], descending: boolean): readonly Ranked[] {
  const sign = descending ? -1 : 1;
  return values
    .map((value, at) => ({ value, at }))
    .toSorted((a, b) => sign * (a.value - b.value) || a.at - b.at);
}

function scatter(order: readonly Ranked[], values: readonly number[]): readonly number[] {
  const out = values.map(() => 1);
  for (const [rank, { at }] of order.entries()) out[at] = values[rank] ?? 1;
  return out;
}

/**
 * Holm's adjusted p-values (1979), in the order given: controls the chance of any false rejection.
 */
export function holm(pValues: readonly number[]): readonly number[] {
  for (const p of pValues) requireUnit(p, 'p-value');
  const order = ranked(pValues, false);
  let highest = 0;
  const adjusted = order.map(({ value }, rank) => {
    highest = Math.max(highest, Math.min(1, value * (pValues.length - rank)));
    return highest;
  });
  return scatter(order, adjusted);
}

/** Benjamini & Hochberg's adjusted p-values (1995): controls the share of false rejections. */
export function benjaminiHochberg(pValues: readonly number[]): readonly number[] {
  for (const p of pValues) requireUnit(p, 'p-value');
  const order = ranked(pValues, true);
  const m = pValues.length;
  let lowest = 1;
  const adjusted = order.map(({ value }, fromTop) => {
    lowest = Math.min(lowest, (value * m) / (m - fromTop));
    return lowest;
  });
  return scatter(order, adjusted);
}

/**
 * e-BH (Wang & Ramdas 2022): indices of the rejected nulls. Sort e-values downwards, reject the k
 * largest for the greatest k with E_(k) >= m/(k α). Controls the false discovery rate at α under
 * any dependence, so it suits segments and tenants that share traffic. Input as natural logarithms.
 */
export function eBenjaminiHochberg(logEs: readonly number[], alpha: number): readonly number[] {
  requireOpenUnit(alpha, 'alpha');
  const order = ranked(logEs, true);
  const m = logEs.length;
  let reject = 0;
  for (const [rank, { value }] of order.entries()) {
    const k = rank + 1;
    if (value >= Math.log(m / (k * alpha))) reject = k;
  }
  return order
    .slice(0, reject)
    .map(({ at }) => at)
    .toSorted((a, b) => a - b);
}
