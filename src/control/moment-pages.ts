import type { Instant } from '../core/lib/units.ts';
import { breathe } from './breather.ts';

/** Rows read at a time, in some milliseconds: control has a rest in between. */
const PAGE_ROWS = 1_000;

/** Rows of a log that are in the order of the moments they start at. */
export type MomentRows<Row> = {
  readonly from: Instant;
  readonly startOf: (row: Row) => Instant;
  /** Rows that start at or after a moment, so many of them at the most. */
  readonly read: (from: Instant, limit: number) => Promise<readonly Row[]>;
  readonly pageRows?: number;
};

/**
 * Rows of a log from a moment on, each once and in the order of time, page by page: memory does not
 * grow with their number. A page holds whole moments, so it may be longer than `pageRows`.
 */
export async function* momentPages<Row>(rows: MomentRows<Row>): AsyncGenerator<readonly Row[]> {
  const { startOf, read, pageRows = PAGE_ROWS } = rows;
  let { from } = rows;
  let limit = pageRows;
  for (;;) {
    const page = await read(from, limit);
    const last = page.at(-1);
    if (last === undefined) return;
    if (page.length < limit) {
      yield page;
      return;
    }
    // The newest moment may go on after the page: it is left to the next one.
    const newest = startOf(last);
    const whole = page.filter((row) => startOf(row) < newest);
    if (whole.length > 0) yield whole;
    // A moment that fills a page by itself is read with a larger one.
    limit = whole.length > 0 ? pageRows : limit * 2;
    from = newest;
    await breathe();
  }
}
