/** Ways of doing one thing, measured in turns, so that a busy machine slows all alike. */
export type Contest = {
  readonly name: string;
  /** The first is the one the others are compared with. */
  readonly ways: readonly Way[];
};

/** One way; `run` does the work `count` times and gives something back, so that it is done. */
export type Way = {
  readonly name: string;
  readonly count: number;
  readonly run: (count: number) => unknown;
};

/** What one way took, and how many times what the first way took. */
export type Placing = { readonly name: string; readonly ns: number; readonly ratio: number };

const WARM_UP_ROUNDS = 2;
const ROUNDS = 9;

/** Processor time of this process, in nanoseconds: other processes do not count. */
function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Nanoseconds of processor time per run of each way: the median of rounds in turns. */
export function sideBySide({ ways }: Contest): readonly Placing[] {
  const times = ways.map((): number[] => []);
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    for (const [i, { count, run }] of ways.entries()) {
      const began = cpuNs();
      run(count);
      const each = (cpuNs() - began) / count;
      if (round >= WARM_UP_ROUNDS) times[i]?.push(each);
    }
  }
  const medians = times.map(median);
  return ways.map(({ name }, i) => {
    const ns = medians[i] ?? Number.NaN;
    return { name, ns, ratio: ns / (medians[0] ?? Number.NaN) };
  });
}

const asTime = (ns: number): string =>
  ns < 10_000 ? `${ns.toFixed(0)} ns` : `${(ns / 1_000).toFixed(0)} \u00b5s`;

/** The outcome of a contest as a small table. */
export function placingTable(contest: Contest, placings: readonly Placing[]): string {
  const rows = placings.map(
    ({ name, ns, ratio }) =>
      `  ${name.padEnd(44)}${asTime(ns).padStart(10)}${ratio.toFixed(2).padStart(9)} \u00d7`,
  );
  return [contest.name, ...rows].join('\n');
}
