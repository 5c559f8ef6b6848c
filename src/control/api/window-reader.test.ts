import { expect, test } from 'vitest';
import { MemoryStore } from '../../adapters/store/memory.ts';
import { instant } from '../../core/lib/units.ts';
import { noThresholds } from '../../core/routing/table.ts';
import { closeBucket, openBucket } from '../../core/telemetry/fold.ts';
import type { Window } from '../../core/telemetry/window.ts';
import { emptyChange } from '../../ports/store.ts';
import { eachWindow } from './window-reader.ts';

const BUCKET_MS = 1_000;

function windowOf(start: number, arm: string): Window {
  const key = { endpoint: 'risk', rollout: null, revision: 1, arm, version: 1 };
  const bucket = { ...key, start: instant(start), bucketMs: BUCKET_MS };
  return closeBucket(openBucket(bucket, noThresholds, 1));
}

/** A store with so many moments of so many windows each. */
async function storeOf(moments: number, gateways: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  const windows = Array.from({ length: moments }, (_, at) =>
    Array.from({ length: gateways }, (_each, number) => ({
      gateway: `g${number}`,
      instance: 'i',
      window: windowOf(at * BUCKET_MS, 'baseline'),
    })),
  ).flat();
  await store.commit({ ...emptyChange, windows });
  return store;
}

test.for([
  { moments: 0, gateways: 0, from: 0, seen: 0 },
  { moments: 5, gateways: 2, from: 0, seen: 10 },
  { moments: 5, gateways: 2, from: 2 * BUCKET_MS, seen: 6 },
  // More than a page, with moments that lie across its end.
  { moments: 1_500, gateways: 3, from: 0, seen: 4_500 },
  { moments: 2_000, gateways: 1, from: 0, seen: 2_000 },
  // More of one moment than a page holds: the page is all there is of it.
  { moments: 2, gateways: 2_000, from: 0, seen: 4_000 },
])('$moments moments of $gateways: $seen are shown once', async (one) => {
  const { moments, gateways, from, seen } = one;
  const store = await storeOf(moments, gateways);
  const range = { endpoint: 'risk', from: instant(from), windowsMax: 10_000 };
  let count = 0;
  expect(await eachWindow(store, range, () => void (count += 1))).toBe(true);
  expect(count).toBe(seen);
});

test('more than is read is told, and reading ends', async () => {
  const store = await storeOf(3_000, 3);
  let count = 0;
  const range = { endpoint: 'risk', from: instant(0), windowsMax: 3_000 };
  expect(await eachWindow(store, range, () => void (count += 1))).toBe(false);
  expect(count).toBeLessThan(6_000);
});
