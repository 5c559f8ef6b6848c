import type { TrafficStretch } from '../../src/core/stats/simulated-buckets.ts';

/** One stage of steady traffic, a bucket a minute. */
export type Setting = {
  readonly name: string;
  readonly minutes: number;
  /** Units of candidate and baseline in a minute. */
  readonly arms: readonly [number, number];
  readonly rate: number;
};

/** Busy, quiet, and large with a small share. */
export const SETTINGS: readonly Setting[] = [
  { name: '50 rps, 5 %, errors 0.5 %, 60 min', minutes: 60, arms: [150, 2_850], rate: 0.005 },
  { name: '2 rps, 10 %, errors 1 %, 120 min', minutes: 120, arms: [12, 108], rate: 0.01 },
  { name: '1000 rps, 1 %, errors 0.1 %, 30 min', minutes: 30, arms: [600, 59_400], rate: 0.001 },
];

/** The setting with a candidate that fails `ratio` times as often. */
export const steady = ({ minutes, arms, rate }: Setting, ratio: number): TrafficStretch => ({
  buckets: minutes,
  candidateUnits: arms[0],
  baselineUnits: arms[1],
  baselineRate: rate,
  ratio,
});

const PER_MINUTE = 3_000;
const RAMP: readonly number[] = [0.01, 0.05, 0.25, 0.5];
const RAMP_MINUTES = 15;
const RATE = 0.005;
const INCIDENT = 6;

/** A ramp at 50 rps in which one quarter of an hour is six times as bad for both arms. */
export const ramp = (ratio: number, incidentStage: number): readonly TrafficStretch[] =>
  RAMP.map((share, stage) => ({
    buckets: RAMP_MINUTES,
    candidateUnits: PER_MINUTE * share,
    baselineUnits: PER_MINUTE * (1 - share),
    baselineRate: stage === incidentStage ? RATE * INCIDENT : RATE,
    ratio,
  }));

/** The first setting, healthy for a while and then `ratio` times as bad for two hours. */
export function turning(healthyMinutes: number, ratio: number): readonly TrafficStretch[] {
  const [setting] = SETTINGS;
  if (setting === undefined) return [];
  const healthy = { ...steady(setting, 1), buckets: healthyMinutes };
  const bad = { ...steady(setting, ratio), buckets: BAD_MINUTES };
  return healthyMinutes > 0 ? [healthy, bad] : [bad];
}

const BAD_MINUTES = 120;
