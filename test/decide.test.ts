import { describe, expect, test } from 'vitest';
import { usual } from './histories/course.ts';
import type { Behaviour, Course } from './histories/course.ts';
import { play } from './histories/run.ts';
import { usualSpec } from './samples.ts';
import type { Play } from './histories/run.ts';

const MINUTE = 60_000;
/** Buckets of 10 s in two hours. */
const TWO_HOURS = 720;

type Story = {
  readonly unitsPerSecond?: number;
  readonly baseline?: (atMs: number) => Behaviour;
  readonly candidate?: (atMs: number) => Behaviour;
  readonly seed?: number;
};

const always = (over: Partial<Behaviour>) => (): Behaviour => ({ ...usual, ...over });
const from =
  (startMs: number, over: Partial<Behaviour>) =>
  (atMs: number): Behaviour =>
    atMs < startMs ? usual : { ...usual, ...over };

function told({ unitsPerSecond = 50, baseline = () => usual, ...story }: Story): Play {
  const { candidate = baseline, seed = 11 } = story;
  const course: Course = {
    seed,
    gateways: 2,
    unitsPerSecond: () => unitsPerSecond,
    baseline,
    candidate,
  };
  return play(course, usualSpec, TWO_HOURS);
}

const minutes = ({ buckets }: Play): number => buckets.length / 6;
const lossesOf = ({ buckets }: Play, check: string): number =>
  buckets.at(-1)?.verdicts.find((one) => one.check === check)?.candidate.losses ?? 0;

describe('a candidate that is as good', () => {
  test.for([1, 2, 3, 4])('is promoted (seed %i)', (seed) => {
    const { end, endpoint } = told({ seed });
    expect(end.phase).toBe('promoted');
    expect(endpoint).toMatchObject({ version: { version: 2 }, previous: { version: 1 } });
  });

  test('is promoted when the baseline never fails', () => {
    const played = told({ baseline: always({ errors: 0 }) });
    expect(played.end.phase).toBe('promoted');
    expect(minutes(played)).toBeLessThan(20);
  });

  test('is promoted although it is a little slower', () => {
    expect(told({ candidate: always({ medianMs: 21 }) }).end.phase).toBe('promoted');
  });

  test('survives an incident that hits both arms in the middle of the ramp', () => {
    const incident = (atMs: number): Behaviour =>
      atMs > 8 * MINUTE && atMs < 20 * MINUTE ? { ...usual, errors: 0.2, medianMs: 60 } : usual;
    expect(told({ baseline: incident }).end.phase).toBe('promoted');
  });

  test('waits for evidence where traffic is low, and says how long', () => {
    const played = told({ unitsPerSecond: 2 });
    expect(played.end).toMatchObject({ phase: 'advancing', stage: 0 });
    const { decision } = played.buckets.at(-1) ?? {};
    expect(decision).toMatchObject({ type: 'hold', reason: { code: 'unsure' } });
    const etaMs = decision?.type === 'hold' ? (decision.etaMs ?? 0) : 0;
    expect(etaMs).toBeGreaterThan(30 * MINUTE);
    expect(etaMs).toBeLessThan(24 * 60 * MINUTE);
  });
});

describe('a candidate that is worse', () => {
  test.for<{
    readonly what: string;
    readonly candidate: NonNullable<Story['candidate']>;
    readonly check: string;
    readonly withinMinutes: number;
    readonly lossesMax: number;
  }>([
    {
      what: 'five times the errors',
      candidate: always({ errors: 0.025 }),
      check: 'error_rate',
      withinMinutes: 10,
      lossesMax: 40,
    },
    {
      what: 'twice the errors',
      candidate: always({ errors: 0.01 }),
      check: 'error_rate',
      withinMinutes: 90,
      lossesMax: 200,
    },
    {
      what: 'NaN for most inputs',
      candidate: always({ nulls: 0.6 }),
      check: 'null_rate',
      withinMinutes: 1,
      lossesMax: 40,
    },
    {
      what: 'NaN for one input in thirty',
      candidate: always({ nulls: 0.033 }),
      check: 'null_rate',
      withinMinutes: 10,
      lossesMax: 40,
    },
    {
      what: 'half as much time again',
      candidate: always({ medianMs: 30 }),
      check: 'latency',
      withinMinutes: 6,
      lossesMax: 200,
    },
    {
      what: 'errors that begin after ten good minutes',
      candidate: from(10 * MINUTE, { errors: 0.05 }),
      check: 'error_rate',
      withinMinutes: 15,
      lossesMax: 80,
    },
  ])('$what: reverted', ({ candidate, check, withinMinutes, lossesMax }) => {
    const played = told({ candidate });
    const { end, endpoint } = played;
    expect(end).toMatchObject({ phase: 'reverted', cause: { by: 'check', who: check } });
    expect(endpoint.version.version).toBe(1);
    expect(minutes(played)).toBeLessThan(withinMinutes);
    expect(lossesOf(played, check)).toBeLessThan(lossesMax);
  });

  test('one that breaks once it serves alone is taken out as well', () => {
    const healthy = told({});
    const alone = healthy.buckets.findIndex(
      ({ decision }) => decision.type === 'advance' && decision.stage === 3,
    );
    const played = told({ candidate: from((alone + 2) * 10_000, { errors: 0.1 }) });
    expect(played.end).toMatchObject({ phase: 'reverted', stage: 3, cause: { who: 'error_rate' } });
  });

  test('a reverted candidate has said why, in numbers', () => {
    const { end } = told({ candidate: always({ errors: 0.025 }) });
    expect(end.cause?.sentence).toMatch(
      /^Of the candidate \d+ of [\d,]+ \([\d.]+ %\) failed; of the baseline \d+ of [\d,]+ \(/,
    );
    expect(end.cause?.verdict).toMatchObject({ outcome: 'fail' });
  });
});
