import type { Instant } from '../core/lib/units.ts';
import type { Store, WindowRow } from '../ports/store.ts';
import { breathe } from './breather.ts';

/** Rows read at a time: the store and the loop of control have a rest in between. */
const PAGE_ROWS = 2_000;

/** Which windows are read. */
export type WindowRange = {
  readonly endpoint: string;
  /** Of this rollout; null: outside any. Absent: all there are. */
  readonly rollout?: string | null;
  readonly from: Instant;
};

/**
 * Stored windows from a moment on, each once and in the order of time, page by page: memory does
 * not grow with their number. A page holds whole moments, so it may be longer than `pageRows`.
 */
export async function* windowPages(
  store: Pick<Store, 'scan'>,
  range: WindowRange,
  pageRows: number = PAGE_ROWS,
): AsyncGenerator<readonly WindowRow[]> {
  let { from } = range;
  let limit = pageRows;
  for (;;) {
    const rows = await store.scan({ ...range, log: 'window', from, limit });
    const newest = rows.at(-1)?.window.start;
    if (newest === undefined) return;
    if (rows.length < limit) {
      yield rows;
      return;
    }
    // The newest moment may go on after the page: it is left to the next one.
    const whole = rows.filter(({ window }) => window.start < newest);
    if (whole.length > 0) yield whole;
    // A moment that fills a page by itself is read with a larger one.
    limit = whole.length > 0 ? pageRows : limit * 2;
    from = newest;
    await breathe();
  }
}
