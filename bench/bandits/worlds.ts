/** A world in which a bandit divides batches of units among arms with yes/no rewards. */
export type World = {
  readonly name: string;
  /** Chance of a reward by arm in a batch, counted from 0. */
  readonly ratesAt: (batch: number) => readonly number[];
  /** Rewards of a batch are known this many batches after the next one begins. */
  readonly delayBatches: number;
};

/** Units in a batch: shares change in between only, as traffic is re-allocated by the hour. */
export const UNITS = 5_000;
/** Batches in a run. */
export const BATCHES = 10;

const RATES: readonly number[] = [0.1, 0.11, 0.12];
/** The trend of the world: every arm earns three times as much at the end. */
const TREND = { from: 0.05, to: 0.15 } as const;
/** What the arms earn above the trend. */
const ABOVE: readonly number[] = [0, 0.01, 0.02];

/** The baseline of a trending world in a batch. */
export const trendAt = (batch: number): number =>
  TREND.from + ((TREND.to - TREND.from) * batch) / (BATCHES - 1);

/** Worlds that regret is measured in. */
export const WORLDS: readonly World[] = [
  { name: 'stationary', ratesAt: () => RATES, delayBatches: 0 },
  {
    name: 'switching',
    ratesAt: (batch) => (batch < BATCHES / 2 ? RATES : RATES.toReversed()),
    delayBatches: 0,
  },
  { name: 'delayed', ratesAt: () => RATES, delayBatches: 1 },
  {
    name: 'trending',
    ratesAt: (batch) => ABOVE.map((one) => trendAt(batch) + one),
    delayBatches: 0,
  },
];
