import type { Reference } from '../../core/catalog/reference.ts';
import { instant } from '../../core/lib/units.ts';
import type { Instant } from '../../core/lib/units.ts';
import { BASELINE_ARM } from '../../core/rollout/arm.ts';
import type { Endpoint } from '../../core/routing/endpoint.ts';
import { routesIn } from '../../core/routing/lanes.ts';
import { DriftTally, causeWords, driftOf } from '../../core/telemetry/drift.ts';
import type { DriftQuery, DriftRow } from '../../protocol/admin/drift.ts';
import { momentBody } from '../../protocol/admin/scalars.ts';
import type { ControlContext } from '../context.ts';
import { endpointsOf, tableOf, versionsOf } from '../state.ts';
import { windowPages } from '../window-pages.ts';
import { endpointNamed } from './endpoints.ts';

/** Windows read for one endpoint; beyond, less of the past is looked at. */
const WINDOWS_MAX = 20_000;

const NOTHING_TO_COMPARE =
  'There is nothing to compare with: no candidate serves, and the version in production brought ' +
  'no reference.';

/**
 * What is asked and answered over the last `lastMs`: candidates against the baseline beside them,
 * and the baseline against what its training data looked like (M2). Fault `ENDPOINT_UNKNOWN`.
 */
export async function readDrift(context: ControlContext, query: DriftQuery): Promise<DriftRow[]> {
  const state = context.journal.state();
  const { endpoint: name, lastMs } = query;
  const asked = name === undefined ? endpointsOf(state) : [endpointNamed(state, name)];
  const from = instant(Math.max(0, context.clock.now() - lastMs));
  const rows: DriftRow[] = [];
  for (const endpoint of asked.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    rows.push(await rowOf(context, endpoint, from));
  }
  return rows;
}

async function rowOf(
  context: ControlContext,
  endpoint: Endpoint,
  from: Instant,
): Promise<DriftRow> {
  const state = context.journal.state();
  const { tally, since } = await tallied(context, endpoint.name, from);
  const route = tableOf(state).routes.find((one) => one.endpoint === endpoint.name);
  const baseline = route?.arms[0]?.version ?? endpoint.version;
  // Whom another rollout compared within that time, or this one before a swap, is gone.
  const serving = (route === undefined ? [] : routesIn(route)).flatMap((one) =>
    one.arms.map(({ name, version }) => `${one.rollout ?? ''} ${name} ${version.version}`),
  );
  const beside = tally.beside().filter(({ rollout, arm, version }) => {
    return serving.includes(`${rollout} ${arm} ${version}`);
  });
  const { cause, drifts } = driftOf({
    baselineArm: BASELINE_ARM,
    baseline: tally.baseline(baseline.version),
    reference: referenceOf(context, baseline),
    beside,
  });
  return {
    endpoint: endpoint.name,
    since: momentBody(since),
    cause,
    sentence: cause === null ? NOTHING_TO_COMPARE : causeWords[cause],
    drifts: [...drifts],
  };
}

function referenceOf(
  { journal }: ControlContext,
  { model, version }: { readonly model: string; readonly version: number },
): Reference | null {
  const found = versionsOf(journal.state(), model).find((one) => one.version === version);
  return found?.lineage?.reference ?? null;
}

/** Windows added up; where they are too many, of the later half of the time. */
async function tallied(
  context: ControlContext,
  name: string,
  from: Instant,
): Promise<{ readonly tally: DriftTally; readonly since: Instant }> {
  const tally = new DriftTally(BASELINE_ARM);
  let left = WINDOWS_MAX;
  for await (const rows of windowPages(context.store, { endpoint: name, from })) {
    left -= rows.length;
    if (left < 0) {
      const later = instant(Math.ceil((from + context.clock.now()) / 2));
      return tallied(context, name, later);
    }
    for (const { window } of rows) tally.add(window);
  }
  return { tally, since: from };
}
