/**
 * What an independent implementation in another language gave for the same settings and rules, over
 * 20 000 runs: how often a healthy candidate is taken out, and how many errors of a bad one it
 * took, until it was out or the stage was over.
 */
export type Reference = {
  readonly healthyOut: number;
  readonly errorsDoubled: number;
  readonly errorsFivefold: number;
};

const row = (
  healthyOut: number,
  [errorsDoubled, errorsFivefold]: readonly [number, number],
): Reference => ({ healthyOut, errorsDoubled, errorsFivefold });

/** By rule, in the order of the settings. */
export const REFERENCE: Readonly<Record<string, readonly Reference[]>> = {
  'above 1 %, five failed minutes': [row(0.983, [17, 21]), row(0.998, [6, 6.5]), row(0, [36, 90])],
  'z-test 5 %, looked at every minute': [
    row(0.305, [8, 5]),
    row(0.37, [6, 2.3]),
    row(0.289, [7, 4]),
  ],
  'Bayes, P(worse) > 95 %': [row(0.226, [10, 6]), row(0.206, [9, 3.7]), row(0.178, [9, 5])],
  'O’Brien-Fleming 5 %, five looks': [
    row(0.057, [36, 45]),
    row(0.058, [19, 17]),
    row(0.059, [20, 19]),
  ],
  'asymptotic sequence 5 %': [row(0.0009, [39, 15]), row(0.0014, [24, 13]), row(0.0001, [34, 19])],
  'e-process 5 %, cumulative half': [
    row(0.016, [25, 8.5]),
    row(0.023, [18, 6.5]),
    row(0.011, [20, 7.7]),
  ],
  'e-process 1 %, cumulative half': [
    row(0.0025, [34, 11]),
    row(0.004, [23, 9]),
    row(0.0018, [26, 10]),
  ],
};

/** Medians of the same implementation, in minutes from the moment the candidate turns bad. */
export const REFERENCE_DELAYS = [
  { healthyMinutes: 60, ratio: 2, cumulative: 46, combined: 30 },
  { healthyMinutes: 60, ratio: 5, cumulative: 10, combined: 4 },
  { healthyMinutes: 60, ratio: 10, cumulative: 5, combined: 2 },
  { healthyMinutes: 0, ratio: 2, cumulative: 19, combined: 22 },
  { healthyMinutes: 0, ratio: 5, cumulative: 3, combined: 3 },
] as const;
