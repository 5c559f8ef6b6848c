import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instant } from '../lib/units.ts';
import { noThresholds } from '../routing/table.ts';
import { closeBucket, fold, openBucket } from '../telemetry/fold.ts';
import { NO_GROUNDS, PROCESSES_MAX, extendGrounds, hadCome, wasIn } from './grounds.ts';
import type { SentWindow } from './grounds.ts';
import { chainWindows, mergedWindows, NO_BUCKETS } from './window-table.ts';

type Given = {
  readonly gateway: string;
  readonly bucket: number;
  readonly requests: number;
  readonly arm?: string;
  readonly revision?: number;
  readonly rollout?: string | null;
};

function sent({ gateway, bucket, requests, ...given }: Given): SentWindow {
  const { arm = 'baseline', revision = 4, rollout = 'r-1' } = given;
  const start = instant(1_000 * bucket);
  const key = { endpoint: 'risk', rollout, revision, arm, version: 1, start, bucketMs: 1_000 };
  const open = openBucket(key, noThresholds, 1_000);
  for (let unit = 0; unit < requests; unit += 1) {
    fold(open, {
      unit,
      outcome: unit % 3 === 0 ? 'timeout' : 'ok',
      latencyMs: 3.7 * unit,
      fallback: false,
    });
  }
  return { gateway, instance: '1', window: closeBucket(open) };
}

const anySent = fc
  .record({
    gateway: fc.constantFrom('g1', 'g2', 'g3'),
    bucket: fc.integer({ min: 0, max: 5 }),
    requests: fc.integer({ min: 1, max: 9 }),
    arm: fc.constantFrom('baseline', 'candidate'),
    revision: fc.integer({ min: 3, max: 4 }),
  })
  .map(sent);

describe('the chain of buckets', () => {
  test('is the same bucket by bucket or all at once, in whatever order gateways report', () => {
    fc.assert(
      fc.property(fc.array(anySent, { maxLength: 20 }), (all) => {
        const windows = all.map(({ window }) => window);
        const atOnce = chainWindows(NO_BUCKETS, windows);
        expect(chainWindows(NO_BUCKETS, windows.toReversed())).toBe(atOnce);
        let digest = NO_BUCKETS;
        for (let bucket = 0; bucket <= 5; bucket += 1) {
          digest = chainWindows(
            digest,
            windows.filter(({ start }) => start === bucket * 1_000),
          );
        }
        expect(digest).toBe(atOnce);
        expect(chainWindows(NO_BUCKETS, mergedWindows(windows))).toBe(atOnce);
      }),
      { numRuns: 50 },
    );
  });

  test('another window makes another hash', () => {
    const [one, other] = [5, 6].map((n) => sent({ gateway: 'g1', bucket: 1, requests: n }).window);
    if (one === undefined || other === undefined) throw new Error('two were made');
    expect(chainWindows(NO_BUCKETS, [one])).not.toBe(chainWindows(NO_BUCKETS, [other]));
    expect(chainWindows(NO_BUCKETS, [])).toBe(NO_BUCKETS);
  });
});

describe('what a judgement rested on', () => {
  const first = [
    sent({ gateway: 'g1', bucket: 1, requests: 5 }),
    sent({ gateway: 'g2', bucket: 1, requests: 5 }),
    sent({ gateway: 'g1', bucket: 2, requests: 5 }),
  ];
  const grounds = extendGrounds(NO_GROUNDS, first);

  test('had come and was in', () => {
    for (const one of first) {
      expect(hadCome(grounds, one)).toBe(true);
      expect(wasIn(grounds, one.window)).toBe(true);
    }
  });

  test.for([
    { name: 'a window of a gateway that is behind', late: { gateway: 'g2', bucket: 2 } },
    { name: 'one of a gateway nobody had heard of', late: { gateway: 'g3', bucket: 1 } },
    { name: 'one of another revision', late: { gateway: 'g1', bucket: 1, revision: 5 } },
    { name: 'one of another arm', late: { gateway: 'g1', bucket: 1, arm: 'candidate' } },
    { name: 'one from outside the rollout', late: { gateway: 'g1', bucket: 1, rollout: null } },
  ])('had not come: $name', ({ late }) => {
    expect(hadCome(grounds, sent({ requests: 1, ...late }))).toBe(false);
  });

  test('buckets that are newer were not in, nor older ones of before than were asked for', () => {
    expect(wasIn(grounds, sent({ gateway: 'g1', bucket: 3, requests: 1 }).window)).toBe(false);
    const before = (bucket: number) => sent({ gateway: 'g1', bucket, requests: 1, rollout: null });
    expect(wasIn(grounds, before(1).window)).toBe(false);
    const asked = extendGrounds(NO_GROUNDS, [before(2), before(3)]);
    expect([1, 2, 3, 4].map((bucket) => wasIn(asked, before(bucket).window))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test('remembers so many processes', () => {
    const all = Array.from({ length: PROCESSES_MAX + 5 }, (_, index) =>
      sent({ gateway: `g${index}`, bucket: index, requests: 1 }),
    );
    expect(extendGrounds(NO_GROUNDS, all).processes).toHaveLength(PROCESSES_MAX);
  });
});
