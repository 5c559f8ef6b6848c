/** What a call is given, and what it must answer: worked by hand or known from the source named. */
type Example = {
  readonly input: object;
  readonly gives: Readonly<Record<string, unknown>>;
  /** Digits after the point that are known; default 6. */
  readonly digits?: number;
};

const arms = { candidate: [1, 2, 3, 4, 5], baseline: [2, 3, 4, 5, 6] };
const level = { alpha: 0.05, power: 0.8 };
const twoLogs = 2 * Math.log(20);
/** Tuned at v = 1 for 0.05: 1/(2 ln 20 + ln(1 + 2 ln 20)). */
const rho = 1 / (twoLogs + Math.log1p(twoLogs));

/** An example for each procedure for which no gold row is published. */
export const examples: Readonly<Record<string, Example>> = {
  'rate-ratio-path': {
    input: { buckets: [[0, 150, 0, 2850]], horizon: 10 },
    gives: { path: [{ logE: 0, logECumulative: 0, logEChangePoint: 0 }] },
  },
  'hard-trigger': {
    input: { buckets: [[50, 100, 0, 1900]] },
    gives: { fires: true, candidateLoss: 50 },
  },
  'ratio-interval': { input: { buckets: [] }, gives: { lower: 0, upper: 'Infinity' } },
  'mantel-haenszel': { input: { buckets: [[4, 100, 2, 100]] }, gives: { ratio: 2 } },
  'e-mean': { input: { logEs: [0, 0] }, gives: { logE: 0 } },
  'e-product': { input: { logEs: [1, 2] }, gives: { logE: 3 } },
  'e-to-p': { input: { logE: Math.log(20) }, gives: { pValue: 0.05 } },
  'p-to-e': { input: { pValue: 0.25 }, gives: { logE: 0 } },
  'confidence-sequence': {
    input: { value: 0, sd: 0, n: 10 },
    gives: { lower: 0, upper: 0, pValue: 1 },
  },
  'mixture-ratio': {
    input: { value: 0, sd: 1, n: 3, tau2: 1 },
    gives: { logE: -Math.log(2) },
  },
  'betting-interval': { input: { values: [0.5] }, gives: { lower: 0, upper: 1 } },
  'fixed-bet': { input: { values: [1, 1], bet: 1, mean: 0.5 }, gives: { logE: 2 * Math.log(1.5) } },
  'paired-betting': {
    input: { differences: [1], bets: [0.5] },
    gives: { logE: Math.log(1.5) },
  },
  'quantile-test': { input: { ...arms, quantile: 0.5 }, gives: { pValue: 1 } },
  'quantile-test-cells': {
    input: { candidate: [1, 1], baseline: [1, 1], quantile: 0.5 },
    gives: { pValue: 1 },
  },
  'proportion-sequence': { input: { hits: 0, trials: 1 }, gives: { lower: 0 } },
  'binomial-mixture': { input: { hits: 0, trials: 1, q: 0.5 }, gives: { logE: 0 } },
  'mixture-boundary': {
    input: { v: 1, tunedAt: 1, law: { kind: 'normal' } },
    gives: { rho, boundary: Math.sqrt((1 + rho) * (Math.log((1 + rho) / rho) + twoLogs)) },
  },
  mixture: {
    input: { sum: 0, v: 1, tunedAt: 1, law: { kind: 'normal' } },
    gives: { logE: 0.5 * Math.log(rho / (1 + rho)) },
  },
  // The paper's (1.2), rounded there: 1.7 √(V (ln ln 2V + 0.72 ln(5.2/α))).
  'stitched-boundary': {
    input: { v: 1 },
    gives: { boundary: 1.7 * Math.sqrt(Math.log(Math.log(2)) + 0.72 * Math.log(104)) },
    digits: 1,
  },
  // confseq test/uniform_boundaries_unittest.cpp.
  'distribution-band': {
    input: { units: 1_000, unitsMin: 100 },
    gives: { halfWidth: 0.082_047_69 },
    digits: 5,
  },
  'quantile-band': {
    input: { p: 0.9, units: 1_000, tunedFor: 100 },
    gives: { excess: 43.721_19 },
  },
  // Jennison and Turnbull (2000), table 2.1: five looks, two-sided 0.05.
  'group-sequential-shaped': {
    input: { information: [0.2, 0.4, 0.6, 0.8, 1], shape: 0.5 },
    gives: { bounds: [2.413, 2.413, 2.413, 2.413, 2.413] },
    digits: 3,
  },
  'group-sequential': { input: { information: [1], alpha: 0.05 }, gives: { bounds: [1.959964] } },
  'crossing-probabilities': {
    input: { information: [1], bounds: [1.959963984540054] },
    gives: { upper: [0.025], lower: [0.025] },
  },
  sprt: {
    input: { rate0: 0.1, rate1: 0.2, alpha: 0.05, beta: 0.1, trials: 50 },
    gives: { acceptAtMost: 4, rejectAtLeast: 11 },
  },
  'score-test': {
    input: { candidate: { hits: 5, trials: 10 }, baseline: { hits: 5, trials: 10 } },
    gives: { z: 0, pValue: 1 },
  },
  // The example of R's `p.adjust`, worked by hand: p (m - rank + 1) and p m / rank, made monotone.
  holm: { input: { pValues: [0.01, 0.02, 0.03] }, gives: { adjusted: [0.03, 0.04, 0.04] } },
  bh: { input: { pValues: [0.01, 0.02, 0.03] }, gives: { adjusted: [0.03, 0.03, 0.03] } },
  'e-bh': { input: { logEs: [5, 0], alpha: 0.05 }, gives: { rejected: [0] } },
  srm: { input: { units: [0, 0], shares: [0.5, 0.5] }, gives: { logE: 0, pValue: 1 } },
  'srm-stages': {
    input: { stages: [{ units: [0, 0], shares: [0.9, 0.1] }] },
    gives: { logE: 0 },
  },
  // t = -1 on 8 degrees of freedom: R gives p = 0.3466.
  welch: { input: arms, gives: { statistic: -1, pValue: 0.34659350708733416 } },
  'two-proportions': {
    input: { candidate: { hits: 5, trials: 10 }, baseline: { hits: 5, trials: 10 } },
    gives: { statistic: 0, pValue: 1 },
  },
  'non-inferiority': { input: { ...arms, margin: 1 }, gives: { statistic: 0, pValue: 0.5 } },
  'effect-test': { input: { value: 0, se: 1, df: 10 }, gives: { pValue: 1 } },
  'cohen-d': { input: arms, gives: { d: 1 / Math.sqrt(2.5) } },
  cuped: {
    input: {
      candidate: { x: [1, 2, 3], y: [2, 4, 6] },
      baseline: { x: [1, 2, 3], y: [2, 4, 6] },
    },
    gives: { theta: 2, explained: 1 },
  },
  'ratio-metric': {
    input: {
      candidate: { x: [1, 2, 3], y: [2, 4, 7] },
      baseline: { x: [1, 2, 3], y: [2, 4, 7] },
    },
    gives: { candidate: { n: 3, mean: 13 / 6 }, test: { statistic: 0, pValue: 1 } },
  },
  'bayes-rates': {
    input: { candidate: { hits: 5, trials: 10 }, baseline: { hits: 5, trials: 10 } },
    gives: { chanceHigher: 0.5 },
  },
  'bayes-normal': { input: { value: 0, se: 1 }, gives: { chanceToWin: 0.5 } },
  'beta-greater': {
    input: { x: { a: 2, b: 1 }, y: { a: 1, b: 1 } },
    gives: { probability: 2 / 3 },
  },
  // (z_0.975 + z_0.8)² · 2 · σ²/δ² = 15.69775 an arm for δ = σ.
  'sample-size': {
    input: { metric: 'mean', baseline: 0, mde: 1, sd: 1, ...level },
    gives: { candidate: 16, baseline: 16, total: 32, exactTotal: 31.3955189 },
  },
  'detectable-effect': {
    input: { metric: 'mean', baseline: 0, sd: 1, total: 31.395518937, ...level },
    gives: { effect: 1 },
  },
  'sample-size-variances': {
    input: { effect: 1, variances: { candidate: 1, baseline: 1 }, ...level },
    gives: { total: 31.3955189 },
  },
  'sample-size-non-inferiority': {
    input: { margin: 1, variances: { candidate: 1, baseline: 1 }, ...level },
    gives: { total: 24.7302288 },
  },
  'farrington-manning': {
    input: { rate1: 0.2, rate2: 0.1, ...level },
    gives: { arm1: 198.96 },
    digits: 3,
  },
  'design-effect': { input: { clusterSize: 11, correlation: 0.1 }, gives: { inflation: 2 } },
  'buckets-to-verdict': { input: { buckets: [] }, gives: { buckets: null } },
  agreement: { input: { disagreements: 0, units: 149 }, gives: { rate: 1 } },
  kappa: {
    input: {
      table: [
        [1, 0],
        [0, 1],
      ],
    },
    gives: { kappa: 1 },
  },
  'kendall-tau': { input: { first: [1, 2, 3], second: [3, 2, 1] }, gives: { tau: -1 } },
  'ranking-disagreement': {
    input: { first: ['a', 'b'], second: ['b', 'c'], k: 2 },
    gives: { disagreement: 0.5 },
  },
  'numbers-disagree': {
    input: { value: 1.1, reference: 1, relative: 0.05 },
    gives: { disagree: true },
  },
  'importance-shift': {
    input: {
      candidate: [
        [1, 1],
        [0, 0],
      ],
      baseline: [
        [0, 0],
        [1, 1],
      ],
    },
    gives: { distance: 1 },
  },
  'occlusion-rows': {
    input: { rows: [[1, 2]], reference: [0, 0] },
    gives: {
      rows: [
        [1, 2],
        [0, 2],
        [1, 0],
      ],
    },
  },
  'occlusion-effects': {
    input: { scores: [5, 3, 4], rows: 1 },
    gives: { effects: [[2], [1]] },
  },
  'kayenta-score': {
    input: {
      metrics: [
        { group: 'a', label: 'pass' },
        { group: 'a', label: 'high' },
      ],
    },
    gives: { score: 50 },
  },
  'kayenta-outliers': { input: { values: [1, 1, 1, 1, 1000] }, gives: { values: [1, 1, 1, 1] } },
  'kullback-leibler': {
    input: { current: [1, 1], reference: [1, 3] },
    gives: { distance: 0.5 * Math.log(2) + 0.5 * Math.log(2 / 3) },
  },
  'histogram-distances': {
    input: { values: [0, 1], candidate: [1, 0], baseline: [0, 1] },
    gives: { distance: 1, wasserstein: 1 },
  },
  'bin-drift': {
    input: { buckets: [{ candidate: [0, 0], baseline: [0, 0] }] },
    gives: { logE: 0 },
  },
  'drift-cause': {
    input: { inputsBetweenArms: false, answersBetweenArms: true, baselineFromReference: false },
    gives: { cause: 'model' },
  },
  thompson: { input: { arms: [{ reward: 1, units: 2 }], draws: 10 }, gives: { shares: [1] } },
  'thompson-normal': { input: { arms: [{ mean: 1, sd: 1 }], draws: 10 }, gives: { shares: [1] } },
  ucb1: {
    input: {
      arms: [
        { reward: 1, units: 1 },
        { reward: 0, units: 1 },
      ],
    },
    gives: { shares: [1, 0] },
  },
  'kl-ucb': {
    input: {
      arms: [
        { reward: 1, units: 1 },
        { reward: 0, units: 1 },
      ],
    },
    gives: { shares: [1, 0] },
  },
  'epsilon-greedy': {
    input: {
      arms: [
        { reward: 1, units: 1 },
        { reward: 0, units: 1 },
      ],
      epsilon: 0.2,
    },
    gives: { shares: [0.9, 0.1] },
  },
  'bandit-floor': { input: { shares: [1, 0], floor: 0.1 }, gives: { shares: [0.9, 0.1] } },
  'bandit-burn-in': {
    input: { arms: [{ reward: 0, units: 10 }] },
    gives: { done: false, shares: [1] },
  },
  'bandit-discounted': {
    input: { arms: [{ reward: 2, units: 4 }], gamma: 0.5 },
    gives: { arms: [{ reward: 1, units: 2 }] },
  },
  'bandit-window': {
    input: { batches: [[{ reward: 1, units: 1 }], [{ reward: 2, units: 3 }]], width: 1 },
    gives: { arms: [{ reward: 2, units: 3 }] },
  },
  'linear-bandit': {
    input: { history: [{ x: [1], reward: 2 }], x: [1], scale: 0 },
    gives: { coefficients: [1], linUcb: 1, thompsonDraw: 1 },
  },
  'off-policy': {
    input: { log: [{ reward: 1, propensity: 0.5, target: 0.5 }] },
    gives: { doublyRobust: null },
  },
  // Normal, not Student: |z| = 1.
  'stratified-effect': { input: { epochs: [arms] }, gives: { pValue: 0.31731050786 } },
  // (1.95996 + 0.84162)² is 7.84888: four times (1.40079)².
  'remaining-units': {
    input: { se: 1, units: 10, effect: 1.400_79 },
    gives: { factor: 3, units: 30 },
    digits: 4,
  },
  'quantile-difference': {
    input: {
      candidate: Array.from({ length: 100 }, (_, i) => i + 11),
      baseline: Array.from({ length: 100 }, (_, i) => i + 1),
      quantile: 0.5,
    },
    gives: {
      baseline: { n: 100, value: 50, lower: 40, upper: 60 },
      test: { effect: { value: 10 } },
    },
  },
  shift: {
    input: { buckets: [{ candidate: [5, 60, 35], baseline: [10, 20, 70] }] },
    gives: { distance: 0.4, bin: 1 },
  },
  // Two units of two kinds are as far apart however they are mixed.
  permutation: {
    input: { current: [1, 0], reference: [0, 1], draws: 9 },
    gives: { distance: 1, pValue: 1 },
  },
  // Each from `test/vectors/assign/flags.json`, which names its source.
  'growthbook-bucket': {
    input: { seed: 'my-test', value: '1', version: 1 },
    gives: {
      ranges: [
        { 0: 0, 1: 0.5 },
        { 0: 0.5, 1: 1 },
      ],
      variation: 1,
    },
  },
  'flagd-bucket': {
    input: { key: 'fractional-flagjack', weights: [25, 25, 25, 25] },
    gives: { bucket: 2 },
  },
  'unleash-number': { input: { group: 'gr1', id: '123' }, gives: { number: 73 } },
  'planout-share': {
    input: { salt: 'assign_salt_a.x', unit: '20' },
    gives: { share: 0.117_447_395_419 },
    digits: 12,
  },
  'ln-choose': { input: { n: 5, k: 2 }, gives: { value: Math.log(10) } },
  fisher: { input: { x: 1, df1: 1, df2: 1 }, gives: { lower: 0.5, upper: 0.5 } },
  binomial: { input: { k: 1, n: 2, p: 0.5 }, gives: { lower: 0.75, logMass: Math.log(0.5) } },
  poisson: { input: { k: 0, mean: 1 }, gives: { lower: Math.exp(-1), logMass: -1 } },
  kolmogorov: { input: { x: 0 }, gives: { upper: 1 } },
  'gamma-quantile': { input: { a: 1, p: 0.5 }, gives: { value: Math.LN2 } },
  'beta-quantile': { input: { a: 1, b: 1, p: 0.3 }, gives: { value: 0.3 } },
  'chi-square-quantile': { input: { df: 1, p: 0.05, tail: 'upper' }, gives: { value: 3.8414588 } },
  'student-quantile': { input: { df: 1, p: 0.75 }, gives: { value: 1 } },
  'log-sum-exp': { input: { values: [1000, 1000] }, gives: { value: 1000 + Math.LN2 } },
  'gauss-legendre': { input: { n: 1 }, gives: { points: [0], weights: [2] } },
  sample: { input: { from: { law: 'binomial', n: 3, p: 1 }, count: 2 }, gives: { values: [3, 3] } },
  'sample-buckets': {
    input: {
      course: [{ buckets: 1, candidateUnits: 2, baselineUnits: 3, baselineRate: 1, ratio: 1 }],
    },
    gives: { buckets: [[2, 2, 3, 3]] },
  },
};
