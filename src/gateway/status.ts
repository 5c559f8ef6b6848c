import type { FuseReport } from '../core/rollout/fleet.ts';
import type { BackendHealth } from '../ports/model-backend.ts';
import type { Labels } from '../protocol/exposition.ts';
import type { RunnerUse } from '../protocol/feed/report.ts';
import type { Sample } from './metrics.ts';
import { mirrorSamples } from './mirror-samples.ts';
import { servedIn } from './served.ts';
import type { ServedLaneRoute } from './served.ts';
import type { Rejection, TableCache } from './table-cache.ts';

/** What a gateway knows of itself at a moment. */
export type Watched = {
  readonly gateway: string;
  readonly instance: string;
  readonly isReady: boolean;
  readonly tables: TableCache;
  /** Since control last answered; null: not since the start. */
  readonly tableAgeMs: number | null;
  readonly inFlight: number;
  readonly windowsWaiting: number;
  readonly windowsDropped: number;
  readonly feedbackWaiting: number;
  readonly exposuresDropped: number;
  /** Classes of copies that will not be held against their labels. */
  readonly copiedDropped: number;
  readonly failed: readonly { readonly digest: string; readonly detail: string }[];
  readonly health: readonly BackendHealth[];
  readonly pairs: { readonly kept: number; readonly dropped: number };
  readonly predictions: { readonly kept: number; readonly dropped: number };
};

/** The answer of `GET /status` on the local socket. */
export type GatewayStatus = {
  readonly gateway: string;
  readonly instance: string;
  readonly ready: boolean;
  readonly generation: number;
  readonly tableAgeMs: number | null;
  readonly rejected: Rejection | null;
  readonly inFlight: number;
  readonly windowsWaiting: number;
  readonly windowsDropped: number;
  readonly feedbackWaiting: number;
  readonly failed: Watched['failed'];
  readonly endpoints: readonly EndpointStatus[];
};

/** One endpoint, or one lane of it, as this gateway serves it now. */
export type EndpointStatus = {
  readonly endpoint: string;
  readonly rollout: string | null;
  /** What is cut off here: all candidates before single ones. */
  readonly fuses: readonly FuseReport[];
  readonly arms: readonly {
    readonly arm: string;
    readonly model: string;
    readonly version: number;
    readonly state: string;
    /** What the table says; what it gets is 0 while its fuse is out or it is not ready. */
    readonly bps: number;
    readonly effectiveBps: number;
  }[];
};

/** The status of a gateway. */
export function statusOf(watched: Watched): GatewayStatus {
  const { tables, isReady, gateway, instance, tableAgeMs, inFlight } = watched;
  return {
    gateway,
    instance,
    ready: isReady,
    generation: tables.generation,
    tableAgeMs,
    rejected: tables.rejection,
    inFlight,
    windowsWaiting: watched.windowsWaiting,
    windowsDropped: watched.windowsDropped,
    feedbackWaiting: watched.feedbackWaiting,
    failed: watched.failed,
    endpoints: allServed(tables).map(({ route, arms, fuse }) => {
      const shares = arms.map(({ name, isCandidate, deployment }, index) => {
        const bps = route.split[index]?.bps ?? 0;
        const isOut = fuse?.isOut(name) === true;
        return { bps, isServed: !isCandidate || (!isOut && deployment.state === 'ready') };
      });
      const lost = shares.reduce((sum, { bps, isServed }) => sum + (isServed ? 0 : bps), 0);
      return {
        endpoint: route.endpoint,
        rollout: route.rollout,
        fuses: fuse?.reports ?? [],
        arms: arms.map((arm, index) => {
          const { bps, isServed } = shares[index] ?? { bps: 0, isServed: false };
          return {
            arm: arm.name,
            model: arm.version.model,
            version: arm.version.version,
            state: arm.deployment.state,
            bps,
            effectiveBps: isServed ? bps + (arm.isCandidate ? 0 : lost) : 0,
          };
        }),
      };
    }),
  };
}

/** The routes of all endpoints, and of all their lanes. */
const allServed = ({ served }: TableCache): readonly ServedLaneRoute[] =>
  [...served.routes.values()].flatMap(servedIn);

const MS_PER_S = 1_000;

/** Metrics that are read off at the moment of asking. */
export function samplesOf(watched: Watched): readonly Sample[] {
  const { tables, tableAgeMs, health } = watched;
  const fuses = allServed(tables).flatMap(({ route, arms, fuse }): Sample[] => {
    if (fuse === null) return [];
    const labels = { endpoint: route.endpoint, rollout: fuse.rollout };
    return arms
      .filter(({ isCandidate }) => isCandidate)
      .map(({ name: arm }) => ({
        name: 'understudy_fuse_tripped',
        labels: { ...labels, arm },
        value: fuse.isOut(arm) ? 1 : 0,
      }));
  });
  const age: readonly Sample[] =
    tableAgeMs === null
      ? []
      : [{ name: 'understudy_table_age_seconds', value: tableAgeMs / MS_PER_S }];
  const { gateway, instance } = watched;
  return [
    { name: 'understudy_gateway_info', labels: { gateway, instance }, value: 1 },
    { name: 'understudy_ready', value: watched.isReady ? 1 : 0 },
    { name: 'understudy_requests_in_flight', value: watched.inFlight },
    { name: 'understudy_table_generation', value: tables.generation },
    { name: 'understudy_tables_refused_total', value: tables.refusals },
    { name: 'understudy_windows_waiting', value: watched.windowsWaiting },
    { name: 'understudy_windows_dropped_total', value: watched.windowsDropped },
    { name: 'understudy_feedback_waiting', value: watched.feedbackWaiting },
    { name: 'understudy_exposures_dropped_total', value: watched.exposuresDropped },
    { name: 'understudy_copies_untold_total', value: watched.copiedDropped },
    { name: 'understudy_pairs_kept_total', value: watched.pairs.kept },
    { name: 'understudy_pairs_dropped_total', value: watched.pairs.dropped },
    { name: 'understudy_predictions_kept_total', value: watched.predictions.kept },
    { name: 'understudy_predictions_dropped_total', value: watched.predictions.dropped },
    ...age,
    ...fuses,
    ...mirrorSamples(allServed(tables)),
    ...health.flatMap((one) => runnerSamples(one, tables)),
  ];
}

function runnerSamples(health: BackendHealth, tables: TableCache): readonly Sample[] {
  const { digest } = health;
  const labels = { digest, ...nameOf(digest, tables) };
  return [
    { name: 'understudy_runner_restarts_total', labels, value: health.restarts },
    { name: 'understudy_runner_resident_bytes', labels, value: health.rssBytes },
    { name: 'understudy_runner_cpu_seconds_total', labels, value: health.cpuMs / MS_PER_S },
    { name: 'understudy_runner_predictions_total', labels, value: health.answers },
    { name: 'understudy_runner_quarantined_inputs', labels, value: health.quarantined },
  ];
}

/** The first name the table has for a content; none once it is in no table any more. */
function nameOf(digest: string, { served }: TableCache): Labels {
  for (const { name, versions } of served.models.values()) {
    const found = versions.find((version) => version.digest === digest);
    if (found !== undefined) return { model: name, version: found.version };
  }
  return {};
}

/** What control is told of the processes of a version. */
export const runnerUse = ({ digest, rssBytes, cpuMs, answers }: BackendHealth): RunnerUse => ({
  digest,
  residentBytes: rssBytes,
  cpuMs,
  predictions: answers,
});
