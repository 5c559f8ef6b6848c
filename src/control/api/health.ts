import { instant } from '../../core/lib/units.ts';
import type { Instant } from '../../core/lib/units.ts';
import type { Endpoint } from '../../core/routing/endpoint.ts';
import { mirroredArms } from '../../core/routing/table.ts';
import type { CatalogModel, Route } from '../../core/routing/table.ts';
import { HealthTally, defaultHealthThresholds, healthOf } from '../../core/telemetry/health.ts';
import type { HealthThresholds, SegmentHealth } from '../../core/telemetry/health.ts';
import type { HealthQuery, HealthRow } from '../../protocol/admin/health.ts';
import { momentBody } from '../../protocol/admin/scalars.ts';
import type { ControlContext, Prices } from '../context.ts';
import { endpointsOf, tableOf } from '../state.ts';
import type { VersionUse } from '../use-book.ts';
import { windowPages } from '../window-pages.ts';
import { endpointNamed } from './endpoints.ts';

/** Windows read for one endpoint; beyond, less of the past is looked at. */
const WINDOWS_MAX = 50_000;
const HOUR_MS = 3_600_000;

/**
 * Requests, outcomes and latency per endpoint, arm and version over the last `lastMs` against what
 * the endpoint promises, and what the versions use (M1). Fault `ENDPOINT_UNKNOWN`.
 */
export async function readHealth(
  context: ControlContext,
  query: HealthQuery,
): Promise<HealthRow[]> {
  const state = context.journal.state();
  const { endpoint: name } = query;
  const asked = name === undefined ? endpointsOf(state) : [endpointNamed(state, name)];
  const rows: HealthRow[] = [];
  for (const endpoint of asked.toSorted(byName))
    rows.push(...(await rowsOf(context, endpoint, query)));
  return rows;
}

const byName = (a: Endpoint, b: Endpoint): number => (a.name < b.name ? -1 : 1);

type Serving = Pick<HealthRow, 'arm' | 'version' | 'serves'>;
type Tallies = ReadonlyMap<string, { readonly arm: Serving; readonly tally: HealthTally }>;

async function rowsOf(
  context: ControlContext,
  endpoint: Endpoint,
  query: HealthQuery,
): Promise<readonly HealthRow[]> {
  const { journal, clock, uses, prices } = context;
  const { routes, models } = tableOf(journal.state());
  const route = routes.find((one) => one.endpoint === endpoint.name);
  const model = models.find(({ name }) => name === endpoint.model);
  const now = clock.now();
  const asked = instant(Math.max(0, now - query.lastMs));
  const { since, tallies } = await tallied(context, { name: endpoint.name, from: asked }, route);
  const thresholds = thresholdsFor(endpoint, query);
  return [...tallies.values()].map(({ arm, tally }): HealthRow => {
    const figures = tally.figures();
    const digest = digestOf(model, arm.version);
    const use = digest === null ? null : uses.of(digest, since);
    const { health, why } = healthOf(figures, thresholds);
    const segments = tally.segments();
    return {
      endpoint: endpoint.name,
      model: endpoint.model,
      ...arm,
      since: momentBody(since),
      ...figures,
      ...useFigures(use, { now, prices }),
      thresholds,
      health,
      why: [...why],
      ...(segments.length === 0 ? {} : { segments: segments.map(held(thresholds)) }),
    };
  });
}

/** Windows summed up by arm and version; where they are too many, of the later half of the time. */
async function tallied(
  context: ControlContext,
  { name, from }: { readonly name: string; readonly from: Instant },
  route: Route | undefined,
): Promise<{ readonly since: Instant; readonly tallies: Tallies }> {
  const tallies = new Map(
    servingArms(route).map((arm) => [keyOf(arm), { arm, tally: new HealthTally() }]),
  );
  let left = WINDOWS_MAX;
  for await (const rows of windowPages(context.store, { endpoint: name, from })) {
    left -= rows.length;
    if (left < 0) {
      const later = instant(Math.ceil((from + context.clock.now()) / 2));
      return tallied(context, { name, from: later }, route);
    }
    for (const { window } of rows) {
      const { arm, version } = window;
      const key = keyOf({ arm, version });
      const known = tallies.get(key) ?? {
        arm: { arm, version, serves: 'nobody' as const },
        tally: new HealthTally(),
      };
      tallies.set(key, known);
      known.tally.add(window);
    }
  }
  return { since: from, tallies };
}

type SegmentRow = NonNullable<HealthRow['segments']>[number];

/** The figures of a segment, held against what the whole arm must keep. */
const held =
  (thresholds: HealthThresholds) =>
  (figures: SegmentHealth): SegmentRow => {
    const { health, why } = healthOf(figures, thresholds);
    return { ...figures, health, why: [...why] };
  };

const keyOf = ({ arm, version }: Pick<Serving, 'arm' | 'version'>): string => `${version} ${arm}`;

function servingArms(route: Route | undefined): readonly Serving[] {
  return (route?.arms ?? []).flatMap(({ name, version }, index): readonly Serving[] => {
    const arm = { arm: name, version: version.version };
    if ((route?.split[index]?.bps ?? 0) > 0) return [{ ...arm, serves: 'users' }];
    const mirror = route?.mirror ?? null;
    const isCopied = mirror !== null && mirroredArms(mirror).includes(name);
    return isCopied ? [{ ...arm, serves: 'copies' }] : [];
  });
}

const thresholdsFor = ({ settings }: Endpoint, query: HealthQuery): HealthThresholds => {
  const { meanMsMax, successRateMin } = settings.health ?? defaultHealthThresholds;
  return {
    meanMsMax: query.meanMsMax ?? meanMsMax,
    successRateMin: query.successRateMin ?? successRateMin,
  };
};

/** Null once the version was deleted. */
const digestOf = (model: CatalogModel | undefined, version: number): string | null =>
  model?.versions.find((one) => one.version === version)?.digest ?? null;

type UseFigures = Pick<HealthRow, 'cpuCores' | 'residentBytes' | 'costPerThousand' | 'useSince'>;

function useFigures(
  use: VersionUse | null,
  { now, prices }: { readonly now: Instant; readonly prices: Prices },
): UseFigures {
  if (use === null) {
    return { cpuCores: null, residentBytes: null, costPerThousand: null, useSince: null };
  }
  const { cpuMs, predictions, residentBytes, since } = use;
  const { corePerHour } = prices;
  const spanMs = now - since;
  const isPriced = corePerHour !== null && predictions > 0;
  return {
    cpuCores: spanMs > 0 ? cpuMs / spanMs : null,
    residentBytes,
    costPerThousand: isPriced ? ((cpuMs / HOUR_MS) * corePerHour * 1_000) / predictions : null,
    useSince: momentBody(since),
  };
}
