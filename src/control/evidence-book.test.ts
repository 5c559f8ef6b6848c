import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../adapters/store/memory.ts';
import { emptyEvidence, extendEvidence, type Evidence } from '../core/analysis/evidence.ts';
import { instant } from '../core/lib/units.ts';
import type { GatewayState } from '../core/rollout/fleet.ts';
import { closeBucket, fold, openBucket } from '../core/telemetry/fold.ts';
import { emptyChange, type WindowRow } from '../ports/store.ts';
import { defaultChecks } from '../core/strategy/presets.ts';
import { frozenThresholds } from '../core/analysis/freeze.ts';
import { noThresholds } from '../core/routing/table.ts';
import { rolloutSample } from '../../test/samples.ts';
import { SimStore } from '../../test/simulator/sim-store.ts';
import { settled, Timeline } from '../../test/simulator/timeline.ts';
import { EvidenceBook } from './evidence-book.ts';

const sample = rolloutSample('risk', 'advancing');
const rollout = { ...sample, spec: { ...sample.spec, checks: defaultChecks(null) } };
const { bucketMs } = rollout.spec;
const began = Math.ceil(rollout.createdAt / bucketMs) * bucketMs;
const at = (bucket: number): ReturnType<typeof instant> => instant(began + bucket * bucketMs);

type Seen = readonly [gateway: string, arm: 'baseline' | 'candidate'];

const arms = { baseline: rollout.baseline.version, candidate: rollout.candidate.version };

/** What one gateway saw of one arm in one bucket. */
function row(bucket: number, seen: Seen, requests = 20): WindowRow {
  const [gateway, arm] = seen;
  const key = {
    endpoint: 'risk',
    rollout: rollout.id,
    revision: 4,
    arm,
    version: arms[arm],
    start: at(bucket),
    bucketMs,
  };
  const open = openBucket(key, noThresholds, 1_000);
  for (let unit = 0; unit < requests; unit += 1) {
    const outcome = unit % 7 === 0 ? 'model_error' : 'ok';
    fold(open, { unit, outcome, latencyMs: 10 + unit, fallback: false });
  }
  return { gateway, instance: `${gateway}-1`, window: closeBucket(open) };
}

const gateway = (name: string, through: number): GatewayState => ({
  gateway: name,
  seenAt: instant(through),
  generation: 1,
  ready: [],
  failed: [],
  fuses: [],
  through: instant(through),
});

const foldedAtOnce = (rows: readonly WindowRow[]): Evidence =>
  extendEvidence(
    emptyEvidence(rollout),
    rollout,
    rows.map(({ window }) => window),
  );

async function openBook() {
  const memory = new MemoryStore();
  const timeline = new Timeline();
  const slow = { ms: 0, type: 'done' as 'done' | 'refused' };
  const store = new SimStore({ store: memory, timeline, fateOf: () => ({ ...slow }) });
  const book = new EvidenceBook(store);
  const store1 = async (rows: readonly WindowRow[]): Promise<void> => {
    await memory.commit({ ...emptyChange, windows: rows });
  };
  const read = async (bucket: number, gateways: readonly GatewayState[]): Promise<Evidence> => {
    const evidence = await book.read({ rollouts: [rollout], gateways, now: at(bucket) });
    return evidence.get(rollout.id) ?? emptyEvidence(rollout);
  };
  const take = async (rows: readonly WindowRow[]): Promise<void> => {
    await store1(rows);
    book.receive(rows);
  };
  return { book, store1, read, take, slow, timeline };
}

describe('a bucket', () => {
  test('is judged once every living gateway has sent it', async () => {
    const { take, read } = await openBook();
    await take([row(0, ['g1', 'baseline']), row(0, ['g1', 'candidate'])]);
    expect((await read(1, [gateway('g1', at(1)), gateway('g2', at(0))])).buckets).toBe(0);
    await take([row(0, ['g2', 'baseline'])]);
    const both = [gateway('g1', at(1)), gateway('g2', at(1))];
    expect((await read(1, both)).buckets).toBe(1);
    expect((await read(1, both)).recent).toEqual([
      { start: at(0), candidateUnits: 20, baselineUnits: 40 },
    ]);
  });

  test('is judged without a gateway that keeps it for too long', async () => {
    const { take, read } = await openBook();
    await take([row(0, ['g1', 'baseline'])]);
    const silent = [gateway('g1', at(4)), gateway('g2', at(0))];
    expect((await read(3, silent)).buckets).toBe(0);
    expect((await read(4, silent)).buckets).toBe(1);
  });

  test('that comes late is folded in as if it had come in time', async () => {
    const { take, read } = await openBook();
    const rows = [0, 1, 2].flatMap((n) => [
      row(n, ['g1', 'baseline']),
      row(n, ['g1', 'candidate']),
    ]);
    await take(rows);
    const now = [gateway('g1', at(3))];
    await read(3, now);
    const late = row(0, ['g2', 'candidate'], 30);
    await take([late]);
    expect(await read(3, now)).toEqual(foldedAtOnce([...rows, late]));
  });

  test('of a clock that was set back is read again after a restart', async () => {
    const { store1, read } = await openBook();
    await store1([row(-400, ['g1', 'baseline'])]);
    expect((await read(3, [gateway('g1', at(3))])).buckets).toBe(1);
  });
});

describe('what the baseline did before the rollout', () => {
  const SLOTS = 6;
  const before = (bucket: number, over: Partial<WindowRow['window']> = {}): WindowRow => {
    const { window, ...who } = row(bucket, ['g1', 'baseline'], 400);
    return { ...who, window: { ...window, rollout: null, revision: 1, ...over } };
  };
  const earlier = Array.from({ length: SLOTS }, (_, i) => before(i - SLOTS));
  const threshold = (evidence: Evidence) => frozenThresholds(rollout, evidence)?.slow;

  test('tells at once what counts as slow', async () => {
    const { store1, read } = await openBook();
    await store1(earlier);
    const evidence = await read(0, []);
    expect(evidence).toMatchObject({ baselineAnswers: SLOTS * 400, buckets: 0 });
    expect(threshold(evidence)).toBeGreaterThan(10 + 0.9 * 400);
  });

  test('counts as well when it is reported after the start', async () => {
    const { take, read } = await openBook();
    const now = [gateway('g1', at(2))];
    await take(earlier.slice(0, 3));
    await read(0, []);
    await take(earlier.slice(3, 5));
    expect((await read(0, now)).baselineAnswers).toBe(5 * 400);
    const mine = [row(0, ['g1', 'baseline']), row(0, ['g1', 'candidate'])];
    await take([...mine, ...earlier.slice(5)]);
    expect(await read(2, now)).toMatchObject({ baselineAnswers: SLOTS * 400 + 20, buckets: 1 });
  });

  test('does not count when it is old, of another version or of another endpoint', async () => {
    const { store1, read } = await openBook();
    const others = [
      before(-100),
      before(-1, { version: 7 }),
      before(-1, { endpoint: 'fraud' }),
      before(3),
    ];
    await store1(others);
    expect((await read(0, [])).baselineAnswers).toBe(0);
  });

  test('may end with the bucket in which the rollout began, and be reported with it', async () => {
    const { book, take } = await openBook();
    const begun = { ...rollout, createdAt: instant(at(0) + bucketMs / 2) };
    const read = async (through: readonly number[]): Promise<Evidence | undefined> => {
      const gateways = through.map((bucket, n) => gateway(`g${n + 1}`, at(bucket)));
      const all = await book.read({ rollouts: [begun], gateways, now: at(1) });
      return all.get(rollout.id);
    };
    await read([0, 0]);
    await take([before(0), row(0, ['g1', 'baseline']), row(0, ['g1', 'candidate'])]);
    expect(await read([1, 0])).toMatchObject({ baselineAnswers: 400, buckets: 0 });
    expect(await read([1, 1])).toMatchObject({ baselineAnswers: 400 + 20, buckets: 1 });
  });

  test('is known after a restart, too: a candidate that serves alone is held to it', async () => {
    const { book, store1 } = await openBook();
    await store1(earlier);
    const frozen = { ...rollout, thresholdsMs: { slow: 10, tail: 20, late: null } };
    const evidence = await book.read({ rollouts: [frozen], gateways: [], now: at(0) });
    expect(evidence.get(rollout.id)?.checks[0]?.parts[0]?.tally.before.units).toBe(2_400);
  });

  test('is only as much as is enough, and the newest', async () => {
    const { store1, read } = await openBook();
    const long = Array.from({ length: 55 }, (_, i) => before(i - 55));
    await store1(long);
    expect((await read(0, [])).baselineAnswers).toBe(10_000);
  });
});

describe('whatever the order and the timing', () => {
  const buckets = [0, 1, 2, 3, 4, 5];
  const everything = buckets.flatMap((n) =>
    ['g1', 'g2'].flatMap((name) => [
      row(n, [name, 'baseline']),
      row(n, [name, 'candidate'], 5 + n),
    ]),
  );
  const whole = foldedAtOnce(everything);

  test('the evidence is the same in the end, to the bit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(everything, { minLength: everything.length }),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 6, maxLength: 12 }),
        async (rows, cuts) => {
          const { take, read } = await openBook();
          let from = 0;
          for (const [index, cut] of cuts.entries()) {
            await take(rows.slice(from, from + cut));
            from += cut;
            await read(index % 8, [gateway('g1', at(index)), gateway('g2', at(index % 3))]);
          }
          await take(rows.slice(from));
          // Sent twice, because a confirmation was lost.
          await take(rows.slice(0, 3));
          const evidence = await read(99, []);
          expect(evidence).toEqual(whole);
        },
      ),
      { numRuns: 60, seed: 5 },
    );
  });

  test('a row that is stored while the book reads is not lost', async () => {
    const { book, take, read, slow, timeline } = await openBook();
    slow.ms = 100;
    const reading = book.read({ rollouts: [rollout], gateways: [], now: at(9) });
    await timeline.advance(80);
    // The store has answered the read already; its answer is on the way.
    await take(everything);
    await timeline.advance(100);
    expect((await reading).get(rollout.id)).toEqual(whole);
    slow.ms = 0;
    expect(await read(9, [])).toEqual(whole);
  });

  test('candidates of one rollout are judged by the same windows, whenever one comes', async () => {
    const others = [{ arm: 'candidate-2', version: rollout.candidate }];
    const two = { ...rollout, others };
    for (const ms of [0, 50, 100, 150, 200, 250]) {
      const { book, take, slow, timeline } = await openBook();
      await take(everything.slice(2));
      slow.ms = 100;
      const reading = book.read({ rollouts: [two], gateways: [], now: at(9) });
      await timeline.advance(ms);
      await take(everything.slice(0, 2));
      await timeline.advance(1_000);
      await reading;
      const [first, second] = book.grounds(two);
      expect(first?.newest).toBe(at(5));
      expect(second).toEqual(first);
    }
  });

  test('control rests while it reads very many, and misses nothing meanwhile', async () => {
    const { book, take, store1, read } = await openBook();
    const many = Array.from({ length: 700 }, (_, n) => [
      row(n, ['g1', 'baseline']),
      row(n, ['g1', 'candidate']),
    ]).flat();
    await store1(many.slice(0, -2));
    const reading = book.read({ rollouts: [rollout], gateways: [], now: at(999) });
    await new Promise((resolve) => setImmediate(resolve));
    await take(many.slice(-2));
    expect((await reading).get(rollout.id)?.buckets).toBe(700);
    expect((await read(999, [])).buckets).toBe(700);
  });

  test('rows that may have been stored are looked for', async () => {
    const { book, store1, take, read } = await openBook();
    await take(everything.slice(4));
    await read(9, []);
    await store1(everything.slice(0, 4));
    expect(await read(9, [])).not.toEqual(whole);
    book.doubt(everything.slice(0, 4));
    expect(await read(9, [])).toEqual(whole);
  });

  test('a read that fails is done again', async () => {
    const { take, read, slow } = await openBook();
    await take(everything.slice(4));
    await read(9, []);
    await take(everything.slice(0, 4));
    slow.type = 'refused';
    await expect(read(9, [])).rejects.toThrow('failed');
    await settled();
    slow.type = 'done';
    expect(await read(9, [])).toEqual(whole);
  });
});
