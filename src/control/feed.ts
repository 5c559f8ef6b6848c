import { fuseOn } from '../core/rollout/readiness.ts';
import type { Feed } from '../ports/feed.ts';
import { emptyChange } from '../ports/store.ts';
import type { GatewayReport } from '../protocol/feed/report.ts';
import type { ControlContext } from './context.ts';
import { receiveFeedback } from './feedback.ts';
import { goingRolloutsOf } from './state.ts';

/** Control's side of the feed; `control/api` puts it behind HTTP, the simulator calls it. */
export function createFeed(context: ControlContext): Feed {
  return {
    table: (after, signal) => context.tables.next(after, signal),
    report: (report) => receive(context, report),
    feedback: (batch) => receiveFeedback(context, batch),
  };
}

async function receive(context: ControlContext, report: GatewayReport): Promise<void> {
  const { store, book, fleet, loop, uses, overlaps, journal } = context;
  const { gateway, instance } = report;
  const rows = report.windows.map((window) => ({ gateway, instance, window }));
  // It lives and serves what it says it does, however long its windows take to be stored.
  if (fleet.hear(report)) {
    uses.hear(report);
    overlaps.hear(report, goingRolloutsOf(journal.state()));
  }
  if (rows.length > 0) {
    // Outside the journal: windows are no decision, and a slow commit must not hold one up.
    await store.commit({ ...emptyChange, windows: rows }).catch((error: unknown) => {
      book.doubt(rows);
      throw error;
    });
    book.receive(rows);
  }
  fleet.stored(report);
  if (isUrgent(context, report)) loop.wake();
}

/** Whether a rollout may move because of this report before the next regular tick. */
function isUrgent({ journal }: ControlContext, report: GatewayReport): boolean {
  const active = goingRolloutsOf(journal.state());
  const waits = active.some(({ phase }) => phase !== 'advancing' && phase !== 'holding');
  return waits || active.some((rollout) => fuseOn(rollout, report) !== null);
}
