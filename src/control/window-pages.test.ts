import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryStore } from '../adapters/store/memory.ts';
import { instant } from '../core/lib/units.ts';
import { emptyChange } from '../ports/store.ts';
import type { WindowRow } from '../ports/store.ts';
import { windowSample } from '../../test/samples.ts';
import { windowPages } from './window-pages.ts';
import type { WindowRange } from './window-pages.ts';

const BUCKET_MS = 1_000;

/** Windows of as many gateways as is said for each moment, every third of a rollout. */
function rowsOf(gatewaysAt: readonly number[]): readonly WindowRow[] {
  return gatewaysAt.flatMap((gateways, moment) =>
    Array.from({ length: gateways }, (_, number) => ({
      gateway: `g${number}`,
      instance: 'i',
      window: windowSample({
        endpoint: 'risk',
        rollout: number % 3 === 0 ? 'r1' : null,
        start: instant(moment * BUCKET_MS),
        bucketMs: BUCKET_MS,
      }),
    })),
  );
}

async function pagesOf(
  rows: readonly WindowRow[],
  range: WindowRange,
  pageRows?: number,
): Promise<readonly (readonly WindowRow[])[]> {
  const store = new MemoryStore();
  await store.commit({ ...emptyChange, windows: rows });
  const pages: (readonly WindowRow[])[] = [];
  for await (const page of windowPages(store, range, pageRows)) pages.push(page);
  return pages;
}

const nameOf = ({ gateway, window }: WindowRow): string =>
  `${window.start} ${window.rollout} ${gateway}`;

test.for([
  { name: 'nothing', gatewaysAt: [], pageRows: 3, pages: [] },
  { name: 'less than a page', gatewaysAt: [2], pageRows: 3, pages: [2] },
  {
    name: 'moments that end with a page',
    gatewaysAt: [1, 1, 1, 1],
    pageRows: 2,
    pages: [1, 1, 1, 1],
  },
  {
    name: 'a moment across the end of a page',
    gatewaysAt: [2, 2, 2],
    pageRows: 3,
    pages: [2, 2, 2],
  },
  { name: 'a moment as long as a page', gatewaysAt: [3, 1], pageRows: 3, pages: [4] },
  { name: 'a moment of many pages', gatewaysAt: [1, 20, 1], pageRows: 3, pages: [1, 21] },
  { name: 'small pages again after it', gatewaysAt: [9, 2, 2, 2], pageRows: 3, pages: [11, 2, 2] },
])('$name: every row once, in whole moments', async ({ gatewaysAt, pageRows, pages }) => {
  const rows = rowsOf(gatewaysAt);
  const read = await pagesOf(rows, { endpoint: 'risk', from: instant(0) }, pageRows);
  expect(read.map(({ length }) => length)).toEqual(pages);
  expect(read.flat().map(nameOf).sort()).toEqual(rows.map(nameOf).sort());
});

test('whatever the moments and the page, it is what one large page would be', async () => {
  const cases = fc.record({
    gatewaysAt: fc.array(fc.nat({ max: 9 }), { maxLength: 12 }),
    pageRows: fc.integer({ min: 1, max: 7 }),
    from: fc.nat({ max: 12 }).map((moment) => instant(moment * BUCKET_MS)),
    rollout: fc.constantFrom(undefined, null, 'r1'),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ gatewaysAt, pageRows, from, rollout }) => {
      const rows = rowsOf(gatewaysAt);
      const range = { endpoint: 'risk', from, ...(rollout === undefined ? {} : { rollout }) };
      const [whole = []] = await pagesOf(rows, range, 1_000);
      expect((await pagesOf(rows, range, pageRows)).flat()).toEqual(whole);
      expect(whole.map(({ window }) => window.start)).toEqual(
        whole.map(({ window }) => window.start).toSorted((a, b) => a - b),
      );
    }),
  );
});

test('more than an ordinary page holds of one moment is not lost', async () => {
  const read = await pagesOf(rowsOf([2_500, 2_500]), { endpoint: 'risk', from: instant(0) });
  expect(new Set(read.flat().map(nameOf)).size).toBe(5_000);
});
