import type { Cohort } from '../core/feedback/cohort.ts';
import { outcomesFrom, type EventSums } from '../core/feedback/outcomes.ts';
import type { MetricDeclaration } from '../core/feedback/declaration.ts';
import type { MetricOutcome } from '../core/feedback/outcome.ts';
import type { UnitTotals } from '../core/feedback/unit-totals.ts';
import type { Instant } from '../core/lib/units.ts';
import { BASELINE_ARM } from '../core/rollout/arm.ts';
import { contendersOf } from '../core/rollout/contenders.ts';
import { metricsRead } from '../core/rollout/outcome-problems.ts';
import type { Rollout } from '../core/rollout/rollout.ts';
import { outcomesSince } from '../core/strategy/outcome-span.ts';
import { toldApart } from '../core/strategy/told-apart.ts';
import type { Store } from '../ports/store.ts';
import { momentPages } from './moment-pages.ts';

/** Rows of one rollout that are read: a month of cohorts of a metric, at the finest. */
const ROWS_MAX = 200_000;
/** What changed is read again after this at the soonest: feedback comes all the time. */
const REREAD_MS = 1_000;
/** And after this for every row that was read: several times as long as it takes. */
const REREAD_PER_ROW_MS = 0.2;

/** Cohorts read at a time: each is kilobytes of JSON. */
const PAGE_ROWS = 200;

type Page = {
  readonly totals: readonly UnitTotals[];
  readonly events: readonly EventSums[];
  readonly readAt: Instant;
  /** For how long it will do, whatever comes. */
  readonly goodForMs: number;
};

/** What outcomes are asked for. */
export type OutcomeQuery = {
  readonly rollouts: readonly Rollout[];
  readonly declared: readonly MetricDeclaration[];
  readonly now: Instant;
};

/**
 * What came back for each rollout, as strategies and result pages read it. What it holds is a
 * cache: the sums in the store are the truth.
 */
export class OutcomeBook {
  readonly #store: Store;
  readonly #pages = new Map<string, Page>();
  readonly #stale = new Set<string>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Something came back for these, and has been stored. */
  touch(rollouts: Iterable<string>): void {
    for (const id of rollouts) this.#stale.add(id);
  }

  /** What each rollout looks at, by its id, metric by metric. Forgets rollouts not asked for. */
  async read({ rollouts, declared, now }: OutcomeQuery): Promise<Outcomes> {
    const outcomes = new Map<string, readonly MetricOutcome[]>();
    for (const rollout of rollouts) {
      // Of what nobody looks at nothing is kept with decisions.
      const read = metricsRead(rollout.spec);
      const all = await this.outcomesOf(rollout, { declared, now });
      outcomes.set(
        rollout.id,
        all.filter(({ metric }) => read.has(metric)),
      );
    }
    for (const id of [...this.#pages.keys(), ...this.#stale]) {
      if (outcomes.has(id)) continue;
      this.#pages.delete(id);
      this.#stale.delete(id);
    }
    return outcomes;
  }

  /** Outcomes of one rollout, also of one that is over. */
  async outcomesOf(
    rollout: Rollout,
    { declared, now }: Pick<OutcomeQuery, 'declared' | 'now'>,
  ): Promise<readonly MetricOutcome[]> {
    const own = declared.filter(({ endpoint }) => endpoint === rollout.endpoint);
    const maturityMs = Math.max(0, ...own.map((one) => one.maturityMs));
    const from = outcomesSince(rollout, { now, maturityMs });
    const { totals, events } = await this.#page(rollout, { now, from });
    const apart = toldApart(rollout);
    const asked = { arms: armsOf(rollout), totals, events, declared: own, now };
    return outcomesFrom(apart === undefined ? asked : { ...asked, apart });
  }

  async #page(
    { id, endpoint }: Rollout,
    { now, from }: { readonly now: Instant; readonly from: Instant },
  ): Promise<Page> {
    const held = this.#pages.get(id);
    const isFresh = held !== undefined && !this.#stale.has(id);
    const isRecent = held !== undefined && Math.abs(now - held.readAt) < held.goodForMs;
    if (isFresh || isRecent) return held;
    // What is stored while it is read makes it stale again.
    this.#stale.delete(id);
    const [totals, events] = await Promise.all([
      this.#store.scan({ log: 'total', rollout: id, from, limit: ROWS_MAX }),
      this.#eventsOf({ endpoint, rollout: id, from }),
    ]).catch((error: unknown) => {
      this.#stale.add(id);
      throw error;
    });
    const rows = totals.length + events.length;
    const goodForMs = Math.max(REREAD_MS, rows * REREAD_PER_ROW_MS);
    const page = { totals, events, readAt: now, goodForMs };
    this.#pages.set(id, page);
    return page;
  }

  async #eventsOf(of: {
    readonly endpoint: string;
    readonly rollout: string;
    readonly from: Instant;
  }): Promise<readonly EventSums[]> {
    const events: EventSums[] = [];
    const pages = momentPages<Cohort>({
      from: of.from,
      startOf: ({ stretch }) => stretch.start,
      read: (from, limit) => this.#store.scan({ ...of, log: 'cohort', from, limit }),
      pageRows: PAGE_ROWS,
    });
    for await (const cohorts of pages) {
      for (const cohort of cohorts) events.push(sumsOf(cohort));
      if (events.length > ROWS_MAX) break;
    }
    return events;
  }
}

/** Outcomes by rollout id. */
export type Outcomes = ReadonlyMap<string, readonly MetricOutcome[]>;

const armsOf = (rollout: Rollout): readonly { readonly arm: string; readonly version: number }[] =>
  [{ arm: BASELINE_ARM, version: rollout.baseline }, ...contendersOf(rollout)].map(
    ({ arm, version }) => ({ arm, version: version.version }),
  );

/** A cohort without what only quality is told by: much smaller. */
const sumsOf = (cohort: EventSums): EventSums => {
  const { arm, revision, metric, stretch, shareBps, events, sum, squares } = cohort;
  return { arm, revision, metric, stretch, shareBps, events, sum, squares };
};
