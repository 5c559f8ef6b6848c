import { instant } from '../../core/lib/units.ts';
import type { Instant } from '../../core/lib/units.ts';
import type { Window } from '../../core/telemetry/window.ts';
import type { Store } from '../../ports/store.ts';
import { breathe } from '../breather.ts';

/** Windows read at a time; control does other work in between. */
const PAGE_ROWS = 2_000;

/** Which windows are read, and how many at the most. */
export type WindowRange = {
  readonly endpoint: string;
  readonly from: Instant;
  readonly windowsMax: number;
};

/**
 * Shows every window of an endpoint from `from` on, page by page, so that memory does not grow with
 * their number. False: there were more than `windowsMax`, and not all were shown.
 */
export async function eachWindow(
  store: Store,
  { endpoint, from, windowsMax }: WindowRange,
  visit: (window: Window) => void,
): Promise<boolean> {
  let next = from;
  let left = windowsMax;
  for (;;) {
    const rows = await store.scan({ log: 'window', endpoint, from: next, limit: PAGE_ROWS });
    const last = rows.at(-1)?.window.start;
    const isWhole = rows.length < PAGE_ROWS || last === undefined;
    // Rows of the last moment may go on in the next page: they are left to it.
    const own = isWhole ? rows : rows.filter(({ window }) => window.start < last);
    const shown = isWhole || own.length > 0 ? own : rows;
    for (const { window } of shown) visit(window);
    left -= shown.length;
    if (isWhole) return left >= 0;
    if (left < 0) return false;
    next = own.length > 0 ? last : instant(last + 1);
    await breathe();
  }
}
