import { describe, expect, test } from 'vitest';
import { fixedSeeds, freshSeeds, runSeeds, summary } from './campaign.ts';
import { run } from './run.ts';

/**
 * The whole system in one process. `SEED=n` replays one world and tells what happens in it;
 * `SIM_HOURS=n` runs new worlds for that long.
 */
const seed = process.env['SEED'];
const hours = Number(process.env['SIM_HOURS'] ?? '0');

/** As many worlds at least, and then more until every rare state has been reached. */
const SEEDS = 40;
const SEEDS_MAX = 150;
const STEPS_MIN = 100_000;
const HOUR_MS = 3_600_000;
const CI_MS = 900_000;
const PROGRESS = 100;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

describe.runIf(seed !== undefined)('one world', () => {
  test(`SEED=${seed}`, { timeout: CI_MS }, async () => {
    const outcome = await run(seed ?? '', { isLoud: true });
    say(`${outcome.steps} steps, trace ${outcome.hash}`);
    expect(outcome.steps).toBeGreaterThan(0);
  });
});

describe.runIf(hours > 0)('a night', () => {
  test(`SIM_HOURS=${hours}`, { timeout: 2 * hours * HOUR_MS }, async () => {
    const all = await runSeeds(freshSeeds(Date.now() + hours * HOUR_MS), {
      onOutcome: ({ seeds, steps }) => {
        if (seeds % PROGRESS === 0) say(`${seeds} worlds, ${steps} steps`);
      },
    });
    say(summary(all));
    expect(all.steps).toBeGreaterThan(0);
  });
});

describe.runIf(seed === undefined && hours === 0)('many worlds', () => {
  test('keep every promise, whatever happens to them', { timeout: CI_MS }, async () => {
    const all = await runSeeds(fixedSeeds(SEEDS_MAX), {
      isEnough: ({ seeds, coverage }) => seeds >= SEEDS && coverage.missing().length === 0,
    });
    say(summary(all));
    expect(all.steps).toBeGreaterThanOrEqual(STEPS_MIN);
    expect(all.coverage.missing()).toEqual([]);
  });

  test('are the same again from the same seed, and others from another', async () => {
    const [first, again, other] = [await run('7'), await run('7'), await run('8')];
    expect(again.hash).toBe(first.hash);
    expect(again.steps).toBe(first.steps);
    expect(other.hash).not.toBe(first.hash);
  });
});
