import type { Prng } from '../../src/core/lib/prng.ts';
import { uniform, uniformInt } from '../../src/core/lib/prng.ts';
import { sampleNormal } from '../../src/core/stats/samplers.ts';

/** One metric of both arms, a value a minute; higher is worse. */
export type Pair = { readonly control: readonly number[]; readonly experiment: readonly number[] };

/** What a metric is like when nothing is wrong: its level and the noise of one value. */
type Kind = { readonly level: number; readonly noise: number };

const latency: Kind = { level: 0.2, noise: 0.008 };
const memory: Kind = { level: 600 * 2 ** 20, noise: 6 * 2 ** 20 };
const errors: Kind = { level: 0.5, noise: 0.02 };

/** Scenarios of one kind, with what a judge ought to say of all of them. */
export type Family = {
  readonly name: string;
  readonly truth: 'pass' | 'fail';
  readonly draw: (rng: Prng) => readonly Pair[];
};

/** Half an hour at one value a minute, both ends counted. */
const POINTS = 31;

const between = (rng: Prng, low: number, high: number): number => low + (high - low) * uniform(rng);

/** Values around a course of levels. */
function noisy(rng: Prng, noise: number, levelAt: (i: number) => number): readonly number[] {
  return Array.from({ length: POINTS }, (_, i) => sampleNormal(rng, levelAt(i), noise));
}

/** A steady control beside an experiment whose level is a multiple of it. */
function against(rng: Prng, { level, noise }: Kind, factorAt: (i: number) => number): Pair {
  return {
    control: noisy(rng, noise, () => level),
    experiment: noisy(rng, noise, (i) => level * factorAt(i)),
  };
}

/** Bad for the first part, back to `residual` over a fifth of the window. */
function recovering(rng: Prng, residual: number): Pair {
  const worst = between(rng, 1.5, 1.9);
  const badUntil = Math.floor(POINTS * between(rng, 0.4, 0.5));
  const span = Math.floor(POINTS * 0.2);
  return against(rng, latency, (i) => {
    const recovered = Math.min(1, Math.max(0, (i - badUntil) / span));
    return worst + (residual - worst) * recovered;
  });
}

function spread(rng: Prng, ofControl: number, ofExperiment: number): readonly Pair[] {
  const { level, noise } = latency;
  const arm = (factor: number): readonly number[] => noisy(rng, noise * factor, () => level);
  return [{ control: arm(ofControl), experiment: arm(ofExperiment) }];
}

function equallyNoisy(rng: Prng): readonly Pair[] {
  const factor = between(rng, 5, 8);
  return spread(rng, factor, factor);
}

const shifted =
  (low: number, high: number) =>
  (rng: Prng): readonly Pair[] => {
    const factor = between(rng, low, high);
    return [against(rng, latency, () => factor)];
  };

/** A few values far above the rest, anywhere. */
function spiked(rng: Prng): readonly Pair[] {
  const { control, experiment } = against(rng, latency, () => 1);
  const spikes = new Map<number, number>();
  const count = 3 + uniformInt(rng, 3);
  while (spikes.size < count) {
    spikes.set(uniformInt(rng, POINTS), latency.level * between(rng, 2.5, 4));
  }
  return [{ control, experiment: experiment.map((value, i) => spikes.get(i) ?? value) }];
}

/** Memory that begins to leak in the last fifth. */
function leaking(rng: Prng): readonly Pair[] {
  const from = Math.floor(POINTS * between(rng, 0.8, 0.85));
  const end = between(rng, 1.3, 1.5);
  const grown = (i: number): number => Math.max(0, i - from) / (POINTS - 1 - from);
  return [against(rng, memory, (i) => 1 + (end - 1) * grown(i))];
}

function allSlightlyWorse(rng: Prng): readonly Pair[] {
  return [latency, memory, errors].map((kind) => {
    const factor = between(rng, 1.018, 1.032);
    return against(rng, kind, () => factor);
  });
}

function lateStep(rng: Prng): readonly Pair[] {
  const from = Math.floor(POINTS * between(rng, 0.72, 0.78));
  const factor = between(rng, 1.35, 1.55);
  return [against(rng, latency, (i) => (i < from ? 1 : factor))];
}

/** The nine families of the public benchmark, by their description; twenty scenarios of each. */
export const NINE_FAMILIES: readonly Family[] = [
  { name: 'no change', truth: 'pass', draw: shifted(0.985, 1.015) },
  { name: 'equally noisy', truth: 'pass', draw: equallyNoisy },
  { name: 'healed transient', truth: 'pass', draw: (rng) => [recovering(rng, 1)] },
  { name: 'mean +25 to +45 %', truth: 'fail', draw: shifted(1.25, 1.45) },
  {
    name: 'spread x6 to x10',
    truth: 'fail',
    draw: (rng) => spread(rng, 1, between(rng, 6, 10)),
  },
  { name: '3 to 5 spikes', truth: 'fail', draw: spiked },
  { name: 'late drift', truth: 'fail', draw: leaking },
  { name: 'three metrics +2 to +3 %', truth: 'fail', draw: allSlightlyWorse },
  { name: 'mean +6 to +8.5 %', truth: 'fail', draw: shifted(1.06, 1.085) },
];

/** Families that the judge was not made for: how far it carries. */
export const HELD_OUT_FAMILIES: readonly Family[] = [
  {
    name: 'recovers to +18 to +25 %',
    truth: 'fail',
    draw: (rng) => [recovering(rng, between(rng, 1.18, 1.25))],
  },
  { name: 'late step', truth: 'fail', draw: lateStep },
  { name: 'spikes gathered in runs', truth: 'fail', draw: gathered },
];

/** Both arms have the same values; the experiment has its high ones in a row. */
function gathered(rng: Prng): readonly Pair[] {
  const { level, noise } = latency;
  const runs = 2 + uniformInt(rng, 2);
  const length = 3 + uniformInt(rng, 2);
  const high = between(rng, 1.25, 1.45);
  const values = noisy(rng, noise, (i) => (i < runs * length ? level * high : level));
  const slot = Math.floor(POINTS / runs);
  const inRuns: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const start = run * slot + uniformInt(rng, slot - length);
    for (let i = 0; i < length; i += 1) inRuns.push(start + i);
  }
  const apart = inRuns.map((_, i) => Math.floor((i * POINTS) / inRuns.length));
  return [{ control: placed(values, apart), experiment: placed(values, inRuns) }];
}

/** The first values at the given places, the others in between. */
function placed(values: readonly number[], places: readonly number[]): readonly number[] {
  const high = new Map(places.map((place, i) => [place, values[i] ?? 0]));
  let next = places.length;
  return values.map((_, i) => {
    const value = high.get(i);
    if (value !== undefined) return value;
    next += 1;
    return values[next - 1] ?? 0;
  });
}
