import { emptyEvidence, extendEvidence, type Evidence } from '../core/analysis/evidence.ts';
import { instant, type Instant } from '../core/lib/units.ts';
import type { GatewayState } from '../core/rollout/fleet.ts';
import type { Rollout } from '../core/rollout/rollout.ts';
import type { Window } from '../core/telemetry/window.ts';
import type { Store, WindowRow } from '../ports/store.ts';

/** A bucket that some gateway has not reported is judged without it after this many widths. */
const PATIENCE_BUCKETS = 3;
/** Rows of one rollout that are judged: a day of 10-second buckets from 50 gateways. */
const ROWS_MAX = 1_000_000;

type Page = {
  readonly evidence: Evidence;
  /** Buckets that start before this are in the evidence. */
  readonly closed: Instant;
  /** Rows of buckets not yet closed, by primary key. */
  readonly open: Map<string, Window>;
};

/** What is being judged now, and by whom it is reported. */
type Situation = {
  readonly rollouts: readonly Rollout[];
  readonly gateways: readonly GatewayState[];
  readonly now: Instant;
};

/**
 * Folds stored windows into evidence, bucket by bucket, as soon as every live gateway has sent a
 * bucket. What it holds is a cache: the rows in the store are the truth, and a row that comes late
 * makes it fold them again.
 */
export class EvidenceBook {
  readonly #store: Store;
  readonly #pages = new Map<string, Page>();
  readonly #stale = new Set<string>();
  readonly #reading = new Set<string>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Takes note of rows that have been stored. */
  receive(rows: readonly WindowRow[]): void {
    for (const row of rows) {
      const { rollout, start } = row.window;
      if (rollout === null) continue;
      const page = this.#pages.get(rollout);
      // What is being read from the store may or may not have the row: it is read once more.
      if (this.#reading.has(rollout)) this.#stale.add(rollout);
      else if (page === undefined) continue;
      else if (start < page.closed) this.#stale.add(rollout);
      else page.open.set(rowKey(row), row.window);
    }
  }

  /** The evidence of every rollout, up to the newest bucket that is complete. */
  async read(situation: Situation): Promise<ReadonlyMap<string, Evidence>> {
    const evidence = new Map<string, Evidence>();
    for (const rollout of situation.rollouts) {
      const page = await this.#read(rollout, situation);
      evidence.set(rollout.id, page.evidence);
    }
    for (const id of this.#pages.keys()) if (!evidence.has(id)) this.#pages.delete(id);
    return evidence;
  }

  async #read(rollout: Rollout, situation: Situation): Promise<Page> {
    const { id } = rollout;
    const held = this.#pages.get(id);
    const isUsable = held !== undefined && !this.#stale.has(id);
    this.#reading.add(id);
    try {
      const page = this.#close(rollout, isUsable ? held : await this.#stored(rollout), situation);
      this.#pages.set(id, page);
      return page;
    } catch (error) {
      this.#stale.add(id);
      throw error;
    } finally {
      this.#reading.delete(id);
    }
  }

  /** All its rows, not yet folded. A clock set back makes some older than the rollout. */
  async #stored(rollout: Rollout): Promise<Page> {
    const { endpoint, id } = rollout;
    this.#stale.delete(id);
    const query = { log: 'window', endpoint, rollout: id, limit: ROWS_MAX } as const;
    const rows = await this.#store.scan(query);
    const open = new Map(rows.map((row) => [rowKey(row), row.window]));
    return { evidence: emptyEvidence(rollout), closed: instant(0), open };
  }

  #close(rollout: Rollout, page: Page, situation: Situation): Page {
    const { bucketMs } = rollout.spec;
    const complete = completeUntil(bucketMs, situation);
    const ripe = [...page.open].filter(([, window]) => window.start + bucketMs <= complete);
    if (ripe.length === 0) return page;
    for (const [key] of ripe) page.open.delete(key);
    const windows = ripe.map(([, window]) => window).sort((a, b) => a.start - b.start);
    const last = windows.at(-1)?.start ?? page.closed;
    return {
      evidence: extendEvidence(page.evidence, rollout, windows),
      closed: instant(last + bucketMs),
      open: page.open,
    };
  }
}

/** Buckets that ended by then are as complete as they will be. */
function completeUntil(bucketMs: number, { gateways, now }: Situation): Instant {
  const reported = Math.min(now, ...gateways.map(({ through }) => through));
  const patience = now - PATIENCE_BUCKETS * bucketMs;
  return instant(Math.max(0, reported, patience));
}

const rowKey = ({ gateway, instance, window }: WindowRow): string =>
  `${gateway} ${instance} ${window.revision} ${window.arm} ${window.start}`;
