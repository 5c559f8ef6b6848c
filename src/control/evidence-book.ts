import { emptyEvidence, extendEvidence, type Evidence } from '../core/analysis/evidence.ts';
import { asCandidate, contendersOf, evidenceKey } from '../core/rollout/contenders.ts';
import { sharesOf } from '../core/rollout/share.ts';
import { invariant } from '../core/lib/invariant.ts';
import { instant, type Instant } from '../core/lib/units.ts';
import type { GatewayState } from '../core/rollout/fleet.ts';
import type { Rollout } from '../core/rollout/rollout.ts';
import { NO_GROUNDS, extendGrounds, type Grounds } from '../core/replay/grounds.ts';
import type { Window } from '../core/telemetry/window.ts';
import type { Store, WindowRow } from '../ports/store.ts';
import { windowPages } from './window-pages.ts';
import type { WindowRange } from './window-pages.ts';

/** A bucket that some gateway has not reported is judged without it after this many widths. */
const PATIENCE_BUCKETS = 3;
/** Rows of one rollout that are judged: a day of 10-second buckets from 50 gateways. */
const ROWS_MAX = 1_000_000;
/** How long before the rollout the baseline's answers still say how fast it is. */
export const BEFORE_MS = 600_000;
/** Rows from before that are looked at: ten minutes of 10-second buckets from 50 gateways. */
const BEFORE_ROWS_MAX = 3_000;
/** Answers from before that are enough: a p99 then stands on a hundred. The newest are taken. */
const BEFORE_ANSWERS = 10_000;

type Page = {
  readonly rollout: Rollout;
  /** About each candidate, by its key. */
  readonly evidence: ReadonlyMap<string, Evidence>;
  /** Which windows the evidence is made of. */
  readonly grounds: Grounds;
  /** Buckets that start before this are in the evidence. */
  readonly closed: Instant;
  /** Rows of buckets not yet closed, by primary key. */
  readonly open: Map<string, WindowRow>;
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
  /** Rows of rollouts whose stored rows are being read: what comes meanwhile goes there. */
  readonly #reading = new Map<string, Page['open']>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Takes note of rows that have been stored. */
  receive(rows: readonly WindowRow[]): void {
    for (const row of rows) for (const id of this.#idsOf(row)) this.#receive(id, row);
  }

  /** Takes note of rows of which nobody knows whether they have been stored. */
  doubt(rows: readonly WindowRow[]): void {
    for (const row of rows) for (const id of this.#idsOf(row)) this.#stale.add(id);
  }

  #idsOf({ window }: WindowRow): readonly string[] {
    if (window.rollout === null) return this.#pagesThatAskFor(window);
    return [window.rollout];
  }

  #pagesThatAskFor(window: Window): readonly string[] {
    return [...this.#pages]
      .filter(([, page]) => isFromBefore(page.rollout, window))
      .map(([id]) => id);
  }

  #receive(id: string, row: WindowRow): void {
    const page = this.#pages.get(id);
    const reading = this.#reading.get(id);
    // What is being read from the store may or may not have the row.
    if (reading !== undefined) reading.set(rowKey(row), row);
    else if (page === undefined) return;
    else if (row.window.start < page.closed) this.#stale.add(id);
    else page.open.set(rowKey(row), row);
  }

  /** Which windows the evidence about each candidate rests on, as it was read last. */
  grounds(rollout: Rollout): readonly Grounds[] {
    const grounds = this.#pages.get(rollout.id)?.grounds ?? NO_GROUNDS;
    return contendersOf(rollout).map(() => grounds);
  }

  /** The evidence about every candidate, by its key, up to the newest bucket that is complete. */
  async read(situation: Situation): Promise<ReadonlyMap<string, Evidence>> {
    const evidence = new Map<string, Evidence>();
    for (const rollout of situation.rollouts) {
      const page = await this.#read(rollout, situation);
      for (const [key, one] of page.evidence) evidence.set(key, one);
    }
    const judged = new Set(situation.rollouts.map(({ id }) => id));
    for (const id of [...this.#pages.keys(), ...this.#stale]) {
      if (judged.has(id)) continue;
      this.#pages.delete(id);
      this.#stale.delete(id);
    }
    return evidence;
  }

  /**
   * The page of a rollout: as it was and what is new, or from all rows. Its candidates are judged
   * by the same rows, so that what is said of two of them can be put together again.
   */
  async #read(rollout: Rollout, situation: Situation): Promise<Page> {
    const { id } = rollout;
    const held = this.#held(rollout);
    this.#stale.delete(id);
    try {
      const extended = held === null ? null : this.#close(held, situation);
      const page = extended ?? this.#close(await this.#stored(rollout), situation);
      invariant(page !== null, 'nothing comes late to what begins anew');
      this.#pages.set(id, page);
      return page;
    } catch (error) {
      this.#stale.add(id);
      throw error;
    } finally {
      this.#reading.delete(id);
    }
  }

  /** The page as it is; null when it is none to go on with. */
  #held(rollout: Rollout): Page | null {
    const page = this.#pages.get(rollout.id);
    // What was counted for other versions, or until another moment, cannot be added to.
    if (page === undefined || this.#stale.has(rollout.id)) return null;
    return isSameComparison(page.rollout, rollout) ? { ...page, rollout } : null;
  }

  /** All rows, not yet folded. A clock set back makes some older than the rollout. */
  async #stored(rollout: Rollout): Promise<Page> {
    const { id, endpoint } = rollout;
    const open: Page['open'] = new Map();
    this.#reading.set(id, open);
    const range = { endpoint, rollout: id, from: instant(0) };
    const stored = await Promise.all([this.#before(rollout), this.#windows(range)]);
    for (const row of stored.flat()) open.set(rowKey(row), row);
    const none = viewsOf(rollout).map((view) => [view.key, emptyEvidence(view.rollout)] as const);
    return { rollout, evidence: new Map(none), grounds: NO_GROUNDS, closed: instant(0), open };
  }

  async #windows(range: WindowRange): Promise<readonly WindowRow[]> {
    const rows: WindowRow[] = [];
    for await (const page of windowPages(this.#store, range)) {
      for (const row of page) rows.push(row);
      if (rows.length > ROWS_MAX) break;
    }
    return rows;
  }

  /** What the baseline did lately: what counts as slow, and what it usually loses. */
  async #before(rollout: Rollout): Promise<readonly WindowRow[]> {
    const { endpoint, createdAt } = rollout;
    const from = instant(Math.max(0, createdAt - BEFORE_MS));
    const query = { log: 'window', endpoint, rollout: null, from, limit: BEFORE_ROWS_MAX } as const;
    const rows = await this.#store.scan(query);
    const newest = rows
      .filter(({ window }) => isFromBefore(rollout, window))
      .sort((a, b) => b.window.start - a.window.start);
    let answers = 0;
    let oldest = Infinity;
    // Whole buckets, so that which ones are in can be told by the start of the oldest.
    const spare = newest.findIndex(({ window: { start, requests } }) => {
      if (answers >= BEFORE_ANSWERS && start < oldest) return true;
      answers += requests;
      oldest = start;
      return false;
    });
    return spare < 0 ? newest : newest.slice(0, spare);
  }

  /** Folds in what is complete; null when some of it starts before what is in already. */
  #close(page: Page, situation: Situation): Page | null {
    const { rollout } = page;
    const complete = completeUntil(rollout.spec.bucketMs, situation);
    // How fast the baseline was is known well enough from a part of its answers.
    const ripe = [...page.open].filter(
      ([, { window }]) => window.rollout === null || window.start + window.bucketMs <= complete,
    );
    if (ripe.length === 0) return page;
    // Buckets from before the rollout wait for nobody, and may overtake those that do.
    if (ripe.some(([, { window }]) => window.start < page.closed)) return null;
    for (const [key] of ripe) page.open.delete(key);
    const rows = ripe.map(([, row]) => row).sort((a, b) => a.window.start - b.window.start);
    const windows = rows.map(({ window }) => window);
    const last = windows.at(-1)?.start ?? page.closed;
    const evidence = viewsOf(rollout).map(({ key, rollout: view }) => {
      const before = page.evidence.get(key) ?? emptyEvidence(view);
      return [key, extendEvidence(before, view, windows)] as const;
    });
    return {
      rollout,
      evidence: new Map(evidence),
      grounds: extendGrounds(page.grounds, rows),
      // All of that bucket was there; what starts with it and comes now is late.
      closed: instant(last + 1),
      open: page.open,
    };
  }
}

/** A rollout as one of its candidates sees it, and the key of what is known of that one. */
type View = { readonly key: string; readonly rollout: Rollout };

/** A rollout once per candidate, each as if it were the only one. */
function viewsOf(rollout: Rollout): readonly View[] {
  const shares = sharesOf(rollout);
  return contendersOf(rollout).map((one) => {
    return { key: evidenceKey(rollout, one), rollout: asCandidate(rollout, one, shares) };
  });
}

const isSameComparison = (a: Rollout, b: Rollout): boolean =>
  a.evidenceFrom === b.evidenceFrom &&
  a.baseline.digest === b.baseline.digest &&
  digestsOf(a) === digestsOf(b);

const digestsOf = (rollout: Rollout): string =>
  contendersOf(rollout)
    .map(({ arm, version }) => `${arm} ${version.digest}`)
    .join();

/** Whether a window tells what the baseline did before the rollout. */
function isFromBefore(rollout: Rollout, window: Window): boolean {
  const { baseline, createdAt } = rollout;
  const { rollout: of, endpoint, version, start } = window;
  if (of !== null || endpoint !== rollout.endpoint || version !== baseline.version) return false;
  return start < createdAt && start >= createdAt - BEFORE_MS;
}

/** Buckets that ended by then are as complete as they will be. */
function completeUntil(bucketMs: number, { gateways, now }: Situation): Instant {
  const reported = Math.min(now, ...gateways.map(({ through }) => through));
  const patience = now - PATIENCE_BUCKETS * bucketMs;
  return instant(Math.max(0, reported, patience));
}

const rowKey = ({ gateway, instance, window }: WindowRow): string =>
  `${window.rollout} ${gateway} ${instance} ${window.revision} ${window.arm} ${window.start}`;
