import type { Logger } from 'pino';
import type { BlobStore } from '../ports/blob-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { Store } from '../ports/store.ts';
import type { Registry } from '../registry/registry.ts';
import type { EventLog } from './event-log.ts';
import type { EvidenceBook } from './evidence-book.ts';
import type { Fleet } from './fleet.ts';
import type { Journal } from './journal.ts';
import type { Loop } from './loop.ts';
import type { Outbox } from './outbox.ts';
import type { OutcomeBook } from './outcome-book.ts';
import type { OverlapBook } from './overlap-book.ts';
import type { SpanBook } from './span-book.ts';
import type { TableFeed } from './table-feed.ts';
import type { UseBook } from './use-book.ts';

/** The parts of a running control plane, wired once by `createControl`. */
export type ControlContext = {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly journal: Journal;
  readonly fleet: Fleet;
  readonly uses: UseBook;
  readonly overlaps: OverlapBook;
  readonly book: EvidenceBook;
  readonly outcomes: OutcomeBook;
  readonly spans: SpanBook;
  readonly loop: Loop;
  readonly outbox: Outbox;
  readonly tables: TableFeed;
  readonly events: EventLog;
  readonly limits: ControlLimits;
  readonly prices: Prices;
};

/** Maxima of the control plane. */
export type ControlLimits = {
  /** Largest model file, in bytes. */
  readonly blobBytesMax: number;
  readonly windowsKeptMs: number;
};

/** What things cost, as far as somebody said so. */
export type Prices = {
  /** One processor core for one hour, in any currency; null: not said. */
  readonly corePerHour: number | null;
};

/** Nobody said what anything costs. */
export const noPrices: Prices = { corePerHour: null };
