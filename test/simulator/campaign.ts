import { Coverage } from './coverage.ts';
import { run, type Outcome } from './run.ts';

/** What many seeds came to together. */
export type Campaign = {
  readonly seeds: number;
  readonly steps: number;
  readonly coverage: Coverage;
  readonly answered: number;
  readonly failed: number;
  readonly rollouts: Readonly<Record<string, number>>;
};

const nothing: Campaign = {
  seeds: 0,
  steps: 0,
  coverage: new Coverage(),
  answered: 0,
  failed: 0,
  rollouts: {},
};

/** Runs seeds for as long as there are any; breaks off at the first that finds something. */
export async function runSeeds(
  seeds: Iterable<string>,
  options: {
    readonly onOutcome?: (soFar: Campaign) => void;
    readonly isEnough?: (soFar: Campaign) => boolean;
  },
): Promise<Campaign> {
  let all: Campaign = { ...nothing, coverage: new Coverage() };
  for (const seed of seeds) {
    all = added(all, await run(seed));
    options.onOutcome?.(all);
    if (options.isEnough?.(all) === true) break;
  }
  return all;
}

function added(all: Campaign, { steps, coverage, requests, rollouts }: Outcome): Campaign {
  all.coverage.add(coverage);
  const phases = { ...all.rollouts };
  for (const [phase, count] of Object.entries(rollouts))
    phases[phase] = (phases[phase] ?? 0) + count;
  return {
    seeds: all.seeds + 1,
    steps: all.steps + steps,
    coverage: all.coverage,
    answered: all.answered + requests.answered,
    failed: all.failed + requests.failed,
    rollouts: phases,
  };
}

/** The campaign in a few lines, and every rare state with how often it was reached. */
export function summary(all: Campaign): string {
  const { seeds, steps, answered, failed, rollouts, coverage } = all;
  const ends = Object.entries(rollouts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([phase, count]) => `${count} ${phase}`);
  return [
    `${seeds} worlds, ${steps} steps, ${answered} requests answered, ${failed} failed`,
    `rollouts when the faults had stopped for a minute: ${ends.join(', ')}`,
    'rare states reached:',
    coverage.summary(),
  ].join('\n');
}

/** `count` seeds that are the same in every run. */
export const fixedSeeds = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${index + 1}`);

/** Seeds that nobody has tried, until the time is over. */
export function* freshSeeds(untilMs: number): Generator<string> {
  const night = Date.now().toString(36);
  for (let count = 1; Date.now() < untilMs; count += 1) yield `${night}-${count}`;
}
