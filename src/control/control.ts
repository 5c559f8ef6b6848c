import type { Feed } from '../ports/feed.ts';
import type { Notifier } from '../ports/notifier.ts';
import { noPrices } from './context.ts';
import type { ControlContext, Prices } from './context.ts';
import { EventLog } from './event-log.ts';
import { EvidenceBook } from './evidence-book.ts';
import { createFeed } from './feed.ts';
import { Fleet } from './fleet.ts';
import { keepHouse } from './housekeeping.ts';
import { openJournal } from './journal.ts';
import { Loop } from './loop.ts';
import { Outbox } from './outbox.ts';
import { OutcomeBook } from './outcome-book.ts';
import { OverlapBook } from './overlap-book.ts';
import { SpanBook } from './span-book.ts';
import { tableOf } from './state.ts';
import { TableFeed } from './table-feed.ts';
import { UseBook } from './use-book.ts';

type Dependencies = Pick<
  ControlContext,
  'store' | 'blobs' | 'registry' | 'clock' | 'entropy' | 'log' | 'limits'
> & {
  /** Where events go besides the people who watch. */
  readonly notifiers: readonly Notifier[];
  readonly tickMs: number;
  /** Default: nobody said any. */
  readonly prices?: Prices;
};

/** A control plane that has read its state and judges rollouts until it is stopped. */
export type Control = {
  readonly context: ControlContext;
  readonly feed: Feed;
  /** Lets the running tick and effects finish. The store stays open: whoever made it closes it. */
  readonly stop: () => Promise<void>;
};

/** Wires a control plane and starts its loops. */
export async function createControl(deps: Dependencies): Promise<Control> {
  const { store, clock, log, notifiers, tickMs, prices = noPrices, ...others } = deps;
  const journal = await openJournal(store, clock);
  const events = new EventLog(clock);
  const tables = new TableFeed(tableOf(journal.state()));
  const isFirst = tableOf(journal.state()).generation === 0;
  const fleet = new Fleet(clock, { isFirst });
  const uses = new UseBook(clock);
  const overlaps = new OverlapBook(clock);
  const book = new EvidenceBook(store);
  const outcomes = new OutcomeBook(store);
  const spans = new SpanBook(store);
  const loop = new Loop({ journal, fleet, book, outcomes, clock, log, tickMs });
  const notifier = allOf([events, ...notifiers]);
  const outbox = new Outbox({ store, journal, notifier, clock, log });
  const own = {
    store,
    clock,
    log,
    journal,
    events,
    tables,
    fleet,
    uses,
    overlaps,
    prices,
    book,
    outcomes,
    spans,
    loop,
    outbox,
  };
  const context: ControlContext = { ...others, ...own };
  journal.onTable((table) => {
    tables.publish(table);
    spans.forget();
  });
  journal.onEffects(() => outbox.wake());
  const ending = new AbortController();
  const loops = [
    loop.run(ending.signal),
    outbox.run(ending.signal),
    keepHouse(context, ending.signal),
  ];
  return {
    context,
    feed: createFeed(context),
    stop: async () => {
      ending.abort();
      await Promise.all(loops);
    },
  };
}

/** One notifier made of several; it has sent when all have. */
const allOf = (notifiers: readonly Notifier[]): Notifier => ({
  send: async (effect, signal) => {
    await Promise.all(notifiers.map((notifier) => notifier.send(effect, signal)));
  },
});
