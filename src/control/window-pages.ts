import type { Instant } from '../core/lib/units.ts';
import type { Store, WindowRow } from '../ports/store.ts';
import { momentPages } from './moment-pages.ts';

/** Which windows are read. */
export type WindowRange = {
  readonly endpoint: string;
  /** Of this rollout; null: outside any. Absent: all there are. */
  readonly rollout?: string | null;
  readonly from: Instant;
};

/** Stored windows from a moment on, in whole moments; see `momentPages`. */
export const windowPages = (
  store: Pick<Store, 'scan'>,
  range: WindowRange,
  pageRows?: number,
): AsyncGenerator<readonly WindowRow[]> =>
  momentPages({
    from: range.from,
    startOf: ({ window }) => window.start,
    read: (from, limit) => store.scan({ ...range, log: 'window', from, limit }),
    ...(pageRows === undefined ? {} : { pageRows }),
  });
