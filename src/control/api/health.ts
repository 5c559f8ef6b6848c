import { instant } from '../../core/lib/units.ts';
import { Sketch } from '../../core/lib/sketch.ts';
import type { Window } from '../../core/telemetry/window.ts';
import type { HealthQuery, HealthRow } from '../../protocol/admin/system.ts';
import type { ControlContext } from '../context.ts';
import { endpointsOf } from '../state.ts';

const WINDOWS_MAX = 100_000;

/** Requests, success and latency per endpoint, arm and version over the last `lastMs` (M1). */
export async function readHealth(
  { store, journal, clock }: ControlContext,
  query: HealthQuery,
): Promise<HealthRow[]> {
  const from = instant(Math.max(0, clock.now() - query.lastMs));
  const rows: HealthRow[] = [];
  for (const { name } of endpointsOf(journal.state())) {
    const stored = await store.scan({ log: 'window', endpoint: name, from, limit: WINDOWS_MAX });
    for (const group of groups(stored.map(({ window }) => window))) rows.push(row(group, query));
  }
  return rows;
}

function groups(windows: readonly Window[]): readonly (readonly Window[])[] {
  const byArm = Map.groupBy(windows, ({ arm, version }) => `${version} ${arm}`);
  return [...byArm.keys()].sort().map((key) => byArm.get(key) ?? []);
}

function row(windows: readonly Window[], query: HealthQuery): HealthRow {
  const [first] = windows;
  const sum = (of: (window: Window) => number): number =>
    windows.reduce((total, window) => total + of(window), 0);
  const counted = sum(
    ({ requests, outcomes }) => requests - outcomes.client_error - outcomes.cancelled,
  );
  const good = sum(({ outcomes }) => outcomes.ok);
  const latency = new Sketch();
  for (const { latencyMs } of windows) latency.addCounts(latencyMs);
  const measured = latency.count;
  const meanMs = measured === 0 ? null : sum(({ latencySumMs }) => latencySumMs) / measured;
  const successRate = counted === 0 ? null : good / counted;
  const quantile = (q: number): number | null => (measured === 0 ? null : latency.quantile(q));
  return {
    endpoint: first?.endpoint ?? '',
    arm: first?.arm ?? '',
    version: first?.version ?? 0,
    requests: sum(({ requests }) => requests),
    successRate,
    meanMs,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    nullRate: counted === 0 ? null : sum(({ outcomes }) => outcomes.null_prediction) / counted,
    healthy: (meanMs ?? 0) <= query.meanMsMax && (successRate ?? 1) >= query.successRateMin,
  };
}
