/**
 * How a series wanders when nothing is wrong, as a first-order autoregression: each value keeps
 * `memory` of the last one's distance from the level, and adds a new step.
 */
export type Wandering = {
  /** φ in [0, 1): 0 is white noise. */
  readonly memory: number;
  /** Variance of a step. */
  readonly stepVariance: number;
  /** Degrees of freedom of a mean over the series. */
  readonly df: number;
};

/** Nearer to 1 a window of half an hour cannot tell it from a random walk. */
const MEMORY_MAX = 0.97;

/**
 * Estimates it from a series. The usual estimate of φ is too small by about (1 + 3φ)/n (Kendall
 * 1954), which would make a mean look more certain than it is; that is added, and half a standard
 * error to be on the safe side: with it, equal arms with φ = 0.9 fail within the promised 2 %.
 */
export function wanderingOf(values: readonly number[]): Wandering {
  const n = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  let [cross, square] = [0, 0];
  for (let i = 1; i < n; i += 1) {
    const [before, now] = [(values[i - 1] ?? 0) - mean, (values[i] ?? 0) - mean];
    cross += before * now;
    square += before * before;
  }
  const raw = square > 0 ? cross / square : 0;
  const centred = raw + (1 + 3 * raw) / n;
  const error = Math.sqrt(Math.max(0, 1 - centred * centred) / n);
  const memory = Math.min(MEMORY_MAX, Math.max(0, centred + error / 2));
  let steps = 0;
  for (let i = 1; i < n; i += 1) {
    const [before, now] = [(values[i - 1] ?? 0) - mean, (values[i] ?? 0) - mean];
    steps += (now - raw * before) ** 2;
  }
  const df = Math.max(1, (n * (1 - memory)) / (1 + memory) - 1);
  return { memory, stepVariance: steps / Math.max(1, n - 2), df };
}

/** Variance of the mean of `count` values in a row. */
export function meanVariance({ memory, stepVariance }: Wandering, count: number): number {
  const value = stepVariance / (1 - memory * memory);
  const rest = (2 * memory * (1 - memory ** count)) / (count * (1 - memory) ** 2);
  return (value / count) * ((1 + memory) / (1 - memory) - rest);
}
