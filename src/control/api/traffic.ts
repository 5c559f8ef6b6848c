import { instant, type Instant } from '../../core/lib/units.ts';
import { isFinal } from '../../core/rollout/rollout.ts';
import type { Endpoint } from '../../core/routing/endpoint.ts';
import { DemandCount, without, type Stretch } from '../../core/telemetry/demand.ts';
import type { WindowRow } from '../../ports/store.ts';
import type { TrafficBody } from '../../protocol/admin/endpoint.ts';
import { breathe } from '../breather.ts';
import type { ControlContext } from '../context.ts';
import { rolloutsOf, type State } from '../state.ts';

/** Rows read at a time: the store and the loop of control have a rest in between. */
const ROWS_PAGE = 2_000;

/** What an endpoint is asked and answers outside rollouts, added up page by page. */
export async function readTraffic(
  { store, journal, clock }: ControlContext,
  endpoint: Endpoint,
  lastMs: number,
): Promise<TrafficBody> {
  const { name, version: serving } = endpoint;
  const { version } = serving;
  const now = clock.now();
  const busy = rolloutTimes(journal.state(), name, now);
  const count = new DemandCount(version);
  let first: WindowRow['window'] | null = null;
  let buckets = 0;
  let last = -1;
  for await (const { window } of rowsOf(store, name, instant(Math.max(0, now - lastMs)))) {
    // What the baseline answers to people outside an audience meanwhile belongs to no rollout.
    if (busy.some(({ from, to }) => window.start >= from && window.start < to)) continue;
    first ??= window;
    count.add(window);
    if (window.start !== last) buckets += 1;
    last = window.start;
  }
  const whole = { from: first?.start ?? now, to: now };
  const demand = count.over(without(whole, busy));
  return {
    endpoint: name,
    version,
    ...demand,
    dayShape: demand.dayShape === null ? null : [...demand.dayShape],
    bucketMs: first?.bucketMs ?? null,
    unitsPerBucket: buckets === 0 ? null : demand.units / buckets,
  };
}

/** While a rollout is on, windows are its own. */
const rolloutTimes = (state: State, endpoint: string, now: Instant): readonly Stretch[] =>
  rolloutsOf(state)
    .filter((rollout) => rollout.endpoint === endpoint)
    .map((rollout) => ({
      from: rollout.createdAt,
      to: isFinal(rollout) ? rollout.phaseSince : now,
    }));

/** Windows outside rollouts, in the order of time, one page in memory. */
async function* rowsOf(
  store: ControlContext['store'],
  endpoint: string,
  start: Instant,
): AsyncGenerator<WindowRow> {
  let from = start;
  let limit = ROWS_PAGE;
  for (;;) {
    const query = { log: 'window', endpoint, rollout: null, from, limit } as const;
    const page = await store.scan(query);
    const newest = page.at(-1)?.window.start;
    if (newest === undefined) return;
    if (page.length < limit) {
      yield* page;
      return;
    }
    // The last bucket may go on on the next page: it is read again, whole.
    const whole = page.filter(({ window }) => window.start < newest);
    yield* whole;
    if (whole.length === 0) limit *= 2;
    from = newest;
    await breathe();
  }
}
