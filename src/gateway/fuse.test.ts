import { describe, expect, test } from 'vitest';
import { refSample } from '../../test/samples.ts';
import { prng, uniform } from '../core/lib/prng.ts';
import { instant } from '../core/lib/units.ts';
import type { FuseReport } from '../core/rollout/fleet.ts';
import { FuseCircuit } from './fuse.ts';
import type { Attempt } from './fuse.ts';

type World = {
  /** Requests a second, of all arms together. */
  readonly rps: number;
  readonly share: number;
  readonly fallback: boolean;
  readonly seconds: number;
  readonly seed: number;
  /** Requests of how many different users. */
  readonly users: number;
  /** Chance that a request fails, by arm and time. */
  readonly candidate: (ms: number) => number;
  readonly baseline: (ms: number) => number;
  readonly latencyMs: (arm: 'candidate' | 'baseline') => number;
};

type Run = { readonly report: FuseReport | null; readonly sent: number; readonly atMs: number };

const usual = {
  rps: 200,
  share: 0.1,
  fallback: true,
  seconds: 60,
  seed: 1,
  users: 1e6,
  candidate: () => 0.01,
  baseline: () => 0.01,
  latencyMs: () => 5,
} satisfies World;

const TICK_MS = 100;
const HANGS = Infinity;

/** One rollout before a fuse, request by request; ends when the fuse is out. */
function run(world: World): Run {
  const { rps, share, fallback, seconds, seed, users, candidate, baseline, latencyMs } = world;
  const rng = prng(seed);
  const alone = fallback ? 'fallback' : 'nothing';
  const beside = share < 1 ? 'traffic' : alone;
  let nowMs = 0;
  let sent = 0;
  let trippedMs: number | null = null;
  const circuit = new FuseCircuit({
    rollout: 'r-1',
    candidates: [{ arm: 'candidate', version: refSample(2) }],
    reports: [],
    onTrip: () => {
      trippedMs = nowMs;
    },
    clock: {
      now: () => instant(1e12 + nowMs),
      monotonicMs: () => nowMs,
      sleep: () => Promise.resolve(),
    },
  });
  const events: { atMs: number; act: () => void }[] = [];
  const later = (ms: number, act: () => void): void => {
    if (ms === HANGS) return;
    const atMs = nowMs + ms;
    const index = events.findLastIndex((event) => event.atMs <= atMs);
    events.splice(index + 1, 0, { atMs, act });
  };
  const endBaseline = (unit: number, isOwn: boolean): void => {
    const isLoss = uniform(rng) < baseline(nowMs);
    const outcome = isLoss ? 'loss' : 'good';
    circuit.baseline({ outcome, unit, isOwn, latencyMs: latencyMs('baseline'), nowMs });
  };
  const endCandidate = (attempt: Attempt, unit: number): void => {
    const isLoss = uniform(rng) < candidate(nowMs);
    circuit.end(attempt, { outcome: isLoss ? 'loss' : 'good', unit, nowMs });
    if (isLoss && fallback) later(latencyMs('baseline'), () => endBaseline(unit, false));
  };
  const arrive = (): void => {
    const unit = Math.floor(uniform(rng) * users);
    later((-Math.log(1 - uniform(rng)) / rps) * 1_000, arrive);
    if (uniform(rng) >= share) {
      later(latencyMs('baseline'), () => endBaseline(unit, true));
      return;
    }
    sent += 1;
    const attempt = circuit.begin('candidate', { startedMs: nowMs, beside, cut: () => undefined });
    later(latencyMs('candidate'), () => endCandidate(attempt, unit));
  };
  const tick = (): void => {
    circuit.tick(nowMs);
    later(TICK_MS, tick);
  };
  later(0, arrive);
  later(0, tick);
  while (nowMs < seconds * 1_000 && circuit.reports.length === 0) {
    const event = events.shift();
    if (event === undefined) break;
    nowMs = event.atMs;
    event.act();
  }
  return { report: circuit.reports[0] ?? null, sent, atMs: trippedMs ?? nowMs };
}

const seeds = Array.from({ length: 20 }, (_none, seed) => seed);

describe('a candidate that fails every request is cut off within 50 requests or a second', () => {
  test.for([
    { name: 'a small share', over: { share: 0.05, rps: 400 } },
    { name: 'half', over: { share: 0.5 } },
    { name: 'all', over: { share: 1 } },
    { name: 'nearly all, without fallback', over: { share: 0.95, fallback: false } },
    { name: 'all, without fallback', over: { share: 1, fallback: false } },
    { name: 'one user only', over: { users: 1, share: 0.5 } },
    { name: 'few requests', over: { rps: 5, share: 0.2, seconds: 3_600 } },
    { name: 'many requests', over: { rps: 5_000, share: 0.5 } },
  ])('$name', ({ over }) => {
    for (const seed of seeds) {
      const { report, sent, atMs } = run({ ...usual, ...over, seed, candidate: () => 1 });
      expect(report).toMatchObject({ rollout: 'r-1', by: 'gateway', who: null });
      expect(sent <= 50 || atMs <= 1_000).toBe(true);
    }
  });
});

describe('a candidate that hangs is cut off within 50 requests or a second', () => {
  test.for([
    { name: 'a small share', over: { share: 0.05, rps: 400 } },
    { name: 'half', over: { share: 0.5 } },
    { name: 'all', over: { share: 1 } },
    { name: '50 a second', over: { share: 1, rps: 50, fallback: false } },
    { name: 'few requests', over: { rps: 20, share: 0.2, seconds: 60 } },
    { name: 'many requests', over: { rps: 5_000, share: 0.5 } },
  ])('$name', ({ over }) => {
    const latencyMs = (arm: string): number => (arm === 'candidate' ? HANGS : 5);
    for (const seed of seeds) {
      const { report, sent, atMs } = run({ ...usual, ...over, seed, latencyMs });
      expect(report?.sentence).toMatch(/without an answer/);
      expect(sent <= 50 || atMs <= 1_000).toBe(true);
    }
  });
});

test('a candidate that begins to fail later is cut off as soon', () => {
  const since = 30_000;
  for (const seed of seeds) {
    const candidate = (ms: number): number => (ms < since ? 0.01 : 1);
    const { report, atMs } = run({ ...usual, seed, candidate });
    expect(report).not.toBeNull();
    expect(atMs - since).toBeLessThanOrEqual(2_500);
  }
});

test('a candidate that fails a third of its requests is cut off within seconds', () => {
  for (const seed of seeds) {
    const { report, atMs } = run({ ...usual, seed, candidate: () => 0.33 });
    expect(report?.sentence).toMatch(/leads one to expect/);
    expect(atMs).toBeLessThanOrEqual(6_000);
  }
});

describe('a healthy candidate keeps its traffic', () => {
  test.for([
    { name: 'both without fault', over: { candidate: () => 0, baseline: () => 0 } },
    { name: 'both fail one of a hundred', over: {} },
    { name: 'both fail three of ten', over: { candidate: () => 0.3, baseline: () => 0.3 } },
    { name: 'a little worse', over: { candidate: () => 0.02 } },
    { name: 'all traffic', over: { share: 1 } },
    { name: 'both slow', over: { latencyMs: () => 900 } },
    {
      name: 'slower than the baseline, but answering',
      over: { latencyMs: (arm: string) => (arm === 'candidate' ? 400 : 5) },
    },
  ])('$name', ({ over }) => {
    for (const seed of seeds) {
      expect(run({ ...usual, ...over, seed }).report).toBeNull();
    }
  });
});

describe.for([1, 0.95, 0.8])('an incident that hits both arms cuts nothing off: %d', (rate) => {
  const during = (ms: number): number => (ms > 10_000 && ms < 30_000 ? rate : 0.01);
  test.for([
    { name: 'a small share', over: { share: 0.05 } },
    { name: 'half', over: { share: 0.5 } },
    { name: 'nearly all', over: { share: 0.95 } },
    { name: 'without fallback', over: { share: 0.5, fallback: false } },
  ])('both fail: $name', ({ over }) => {
    for (const seed of seeds) {
      const world = { ...usual, ...over, seed, candidate: during, baseline: during };
      expect(run(world).report).toBeNull();
    }
  });

  test('both hang', () => {
    for (const seed of seeds) {
      expect(run({ ...usual, seed, latencyMs: () => HANGS, seconds: 10 }).report).toBeNull();
    }
  });
});

test('a person cuts off at once, and what is under way is ended', () => {
  const reports: FuseReport[] = [];
  const circuit = new FuseCircuit({
    rollout: 'r-1',
    candidates: [{ arm: 'candidate', version: refSample(2) }],
    reports: [],
    onTrip: (report) => reports.push(report),
    clock: { now: () => instant(5), monotonicMs: () => 0, sleep: () => Promise.resolve() },
  });
  let cuts = 0;
  const cut = (): void => {
    cuts += 1;
  };
  circuit.begin('candidate', { startedMs: 0, beside: 'traffic', cut });
  const order = {
    rollout: 'r-1',
    at: instant(5),
    by: 'person',
    who: 'ada',
    sentence: 'why',
  } as const;
  circuit.trip(order);
  circuit.trip({ ...order, who: 'bob' });
  expect(cuts).toBe(1);
  expect(reports).toEqual([order]);
  expect(circuit.reports).toEqual([order]);
});

describe('of several candidates', () => {
  const third = { arm: 'c3', version: refSample(3) };
  const arms = [{ arm: 'c2', version: refSample(2) }, third];
  const clock = { now: () => instant(5), monotonicMs: () => 0, sleep: () => Promise.resolve() };
  const circuitOf = (reports: readonly FuseReport[], onTrip = (_report: FuseReport) => {}) =>
    new FuseCircuit({ rollout: 'r-1', candidates: arms, reports, onTrip, clock });
  const end = { unit: 1, nowMs: 1 } as const;

  function request(circuit: FuseCircuit, arm: string, unit: number): Attempt {
    const attempt = circuit.begin(arm, { startedMs: 0, beside: 'traffic', cut: () => undefined });
    circuit.end(attempt, { ...end, outcome: arm === 'c3' ? 'loss' : 'good', unit });
    circuit.baseline({ ...end, outcome: 'good', unit, isOwn: true, latencyMs: 5 });
    return attempt;
  }

  test('the one that fails is cut off, and what it has under way; the others go on', () => {
    const trips: FuseReport[] = [];
    const circuit = circuitOf([], (report) => trips.push(report));
    const cuts: string[] = [];
    for (const { arm } of arms) {
      circuit.begin(arm, { startedMs: 0, beside: 'traffic', cut: () => cuts.push(arm) });
    }
    for (let unit = 0; unit < 100; unit += 1) {
      for (const { arm } of arms) request(circuit, arm, unit);
    }
    expect(trips).toEqual([
      expect.objectContaining({ rollout: 'r-1', contender: third, by: 'gateway', who: null }),
    ]);
    expect(circuit.reports).toEqual(trips);
    expect(cuts).toEqual(['c3']);
    expect(arms.map(({ arm }) => circuit.isOut(arm))).toEqual([false, true]);
  });

  test('one that was cut off stays so over a restart, and over a trip of all', () => {
    const reports: FuseReport[] = [
      { rollout: 'r-1', contender: third, at: instant(1), by: 'gateway', who: null, sentence: '' },
    ];
    const circuit = circuitOf(reports);
    expect(circuit.isOut('c3')).toBe(true);
    expect(circuit.isOut('c2')).toBe(false);
    circuit.trip({ rollout: 'r-1', at: instant(2), by: 'person', who: 'ada', sentence: 'all' });
    expect(circuit.isOut('c2')).toBe(true);
    expect(circuit.reports).toMatchObject([{ who: 'ada' }, { contender: third }]);
    expect(circuitOf(circuit.reports).reports).toEqual(circuit.reports);
  });

  test('a version that takes the arm in a swap is held against nothing', () => {
    const circuit = circuitOf([]);
    const before = Array.from({ length: 19 }, (_none, unit) => request(circuit, 'c3', unit));
    circuit.follow([
      { arm: 'c2', version: refSample(2) },
      { arm: 'c3', version: refSample(1) },
    ]);
    for (let unit = 0; unit < 19; unit += 1) request(circuit, 'c3', unit);
    for (const late of before) circuit.end(late, { ...end, outcome: 'loss' });
    expect(circuit.reports).toEqual([]);
    request(circuit, 'c3', 20);
    expect(circuit.reports).toMatchObject([{ contender: { arm: 'c3', version: refSample(1) } }]);
  });
});
