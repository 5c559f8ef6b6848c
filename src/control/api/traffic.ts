import { instant, type Instant } from '../../core/lib/units.ts';
import { hasBegun, isFinal } from '../../core/rollout/rollout.ts';
import type { Endpoint } from '../../core/routing/endpoint.ts';
import { DemandCount, without, type Stretch } from '../../core/telemetry/demand.ts';
import type { Window } from '../../core/telemetry/window.ts';
import type { TrafficBody } from '../../protocol/admin/endpoint.ts';
import type { ControlContext } from '../context.ts';
import { rolloutsOf, type State } from '../state.ts';
import { windowPages } from '../window-pages.ts';

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
  let first: Window | null = null;
  let buckets = 0;
  let last = -1;
  const from = instant(Math.max(0, now - lastMs));
  for await (const rows of windowPages(store, { endpoint: name, rollout: null, from })) {
    for (const { window } of rows) {
      // What the baseline answers to people outside an audience meanwhile belongs to no rollout.
      if (busy.some(({ from: start, to }) => window.start >= start && window.start < to)) continue;
      first ??= window;
      count.add(window);
      if (window.start !== last) buckets += 1;
      last = window.start;
    }
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
    .filter((rollout) => rollout.endpoint === endpoint && hasBegun(rollout))
    .map((rollout) => ({
      from: rollout.createdAt,
      to: isFinal(rollout) ? rollout.phaseSince : now,
    }));
