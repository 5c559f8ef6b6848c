import { sendLoad, type LoadSeen } from './load/send-load.ts';
import type { LoadPlan } from './load/plan.ts';
import type { Dialect } from './load/requests.ts';
import type { Peer } from './peers/peer.ts';

/** Something under test with its name in the tables and how it is spoken to. */
export type Target = {
  readonly name: string;
  readonly dialect: Dialect;
  readonly peer: Peer;
};

/** How all targets of a race are loaded. */
export type Pace = Pick<LoadPlan, 'connections' | 'rate' | 'measureMs'>;

/** All a race saw: for each target, what each round gave. */
export type Race = ReadonlyMap<Target, readonly LoadSeen[]>;

const FIRST_WARM_UP_MS = 3_000;
const WARM_UP_MS = 500;

/** Loads the targets in turns, round by round, so that a busy machine slows all alike. */
export async function race(targets: readonly Target[], pace: Pace, rounds: number): Promise<Race> {
  const seen = new Map<Target, LoadSeen[]>(targets.map((target) => [target, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [target, all] of seen) {
      const warmUpMs = round === 0 ? FIRST_WARM_UP_MS : WARM_UP_MS;
      const { dialect, peer } = target;
      const plan = { ...pace, url: peer.url, dialect, warmUpMs };
      const one = await sendLoad(plan, peer.watch);
      if (one.requests === 0) throw new Error(`${target.name} answered no request`);
      all.push(one);
    }
  }
  return seen;
}

/** A figure of one round. */
export type Figure = (seen: LoadSeen) => number;

/** Processor time per request, in microseconds, of the processes counted under a name. */
export const cpuPerRequest =
  (name: string): Figure =>
  ({ cpuMs, requests }) =>
    ((cpuMs[name] ?? Number.NaN) * 1_000) / requests;

/** Requests per second of processor time, of the processes counted under a name. */
export const requestsPerCpuSecond =
  (name: string): Figure =>
  ({ cpuMs, requests }) =>
    (requests * 1_000) / (cpuMs[name] ?? Number.NaN);

/** A middle with what lies around it. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number };

/** The spread of some values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
  return { median: at(0.5), min: at(0), max: at(1) };
}

/** A figure round by round as a multiple of another's in the same round. */
export function ratios(mine: readonly number[], others: readonly number[]): Spread {
  return spreadOf(mine.map((value, round) => value / (others[round] ?? Number.NaN)));
}
