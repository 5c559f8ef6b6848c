import type { AuditEntry } from '../core/governance/audit.ts';
import type { MetricDeclaration } from '../core/feedback/declaration.ts';
import { contendersOf } from '../core/rollout/contenders.ts';
import { isFinal, isQueued, type Rollout } from '../core/rollout/rollout.ts';
import type { Endpoint } from '../core/routing/endpoint.ts';
import type { CatalogModel, CatalogVersion, RoutingTable } from '../core/routing/table.ts';
import type { Version, VersionRef } from '../core/catalog/version.ts';
import type { Change, RecordKind, RecordPut, Store, Stored } from '../ports/store.ts';

/**
 * Kinds that control keeps in memory; answers under idempotency keys and spans of routes are read
 * when needed.
 */
const HELD_KINDS = [
  'model',
  'version',
  'alias',
  'endpoint',
  'rollout',
  'token',
  'table',
  'metric',
] as const;

/** A kind that is kept in memory. */
export type HeldKind = (typeof HELD_KINDS)[number];

const held: ReadonlySet<RecordKind> = new Set(HELD_KINDS);
const isHeld = (kind: RecordKind): kind is HeldKind => held.has(kind);

/** Everything control knows, as of its last commit. A value: a commit makes a new one. */
export type State = {
  readonly records: { readonly [K in HeldKind]: ReadonlyMap<string, Stored<K>> };
  readonly auditHead: AuditEntry | null;
};

/** The key of the one routing table record. */
export const TABLE_KEY = 'current';

/** A table that routes nothing, generation 0. */
export const emptyTable: RoutingTable = { schema: 1, generation: 0, routes: [], models: [] };

/** Newest versions of a model that clients may name; older ones only while something uses them. */
export const CATALOG_VERSIONS_MAX = 100;

const PAGE = 1_000;

/** Reads all of the state from the store. */
export async function loadState(store: Store): Promise<State> {
  const [auditHead] = await store.scan({ log: 'audit', newestFirst: true, limit: 1 });
  const entries = await Promise.all(
    HELD_KINDS.map(async (kind) => [kind, await loadKind(store, kind)] as const),
  );
  return {
    records: Object.fromEntries(entries) as unknown as State['records'],
    auditHead: auditHead ?? null,
  };
}

async function loadKind(
  store: Store,
  kind: HeldKind,
): Promise<ReadonlyMap<string, Stored<HeldKind>>> {
  const all = new Map<string, Stored<HeldKind>>();
  let after: string | undefined;
  for (;;) {
    const page = await store.list({ kind, limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const record of page) all.set(record.key, record);
    if (page.length < PAGE) return all;
    after = page.at(-1)?.key;
  }
}

/** The state after a change that the store has accepted. */
export function applyChange(state: State, change: Change): State {
  const records: Record<string, ReadonlyMap<string, Stored<RecordKind>>> = { ...state.records };
  const own = new Set<string>();
  const writable = (kind: HeldKind): Map<string, Stored<RecordKind>> => {
    const map = own.has(kind) ? records[kind] : new Map(records[kind]);
    own.add(kind);
    records[kind] = map as Map<string, Stored<RecordKind>>;
    return map as Map<string, Stored<RecordKind>>;
  };
  for (const put of change.puts) {
    if (isHeld(put.kind)) writable(put.kind).set(put.key, storedAs(put));
  }
  for (const { kind, key } of change.removes) {
    if (isHeld(kind)) writable(kind).delete(key);
  }
  return {
    records: records as unknown as State['records'],
    auditHead: change.audit.at(-1) ?? state.auditHead,
  };
}

function storedAs({ key, expect, value }: RecordPut): Stored<RecordKind> {
  return { key, revision: (expect ?? 0) + 1, value };
}

/** The revision a write to this record must name; null when there is no such record. */
export function expectedRevision(state: State, kind: RecordKind, key: string): number | null {
  return isHeld(kind) ? (state.records[kind].get(key)?.revision ?? null) : null;
}

/** The table as last published. */
export const tableOf = (state: State): RoutingTable =>
  state.records.table.get(TABLE_KEY)?.value ?? emptyTable;

/** All endpoints, by name. */
export const endpointsOf = (state: State): readonly Endpoint[] =>
  [...state.records.endpoint.values()].map(({ value }) => value);

/** All rollouts, in the order of their ids, which is the order of their start. */
export const rolloutsOf = (state: State): readonly Rollout[] =>
  [...state.records.rollout.values()].map(({ value }) => value);

/** Rollouts that are not final, those that wait included. */
export const activeRolloutsOf = (state: State): readonly Rollout[] =>
  rolloutsOf(state).filter((rollout) => !isFinal(rollout));

/** Rollouts that go on: at most one an endpoint. */
export const goingRolloutsOf = (state: State): readonly Rollout[] =>
  activeRolloutsOf(state).filter((rollout) => !isQueued(rollout));

/** Rollouts that wait for an endpoint, the first in the queue first. */
export const queueOf = (state: State, endpoint: string): readonly Rollout[] =>
  activeRolloutsOf(state).filter((one) => isQueued(one) && one.endpoint === endpoint);

/** The key of a declared metric's record. */
export const metricKey = (endpoint: string, metric: string): string => `${endpoint}/${metric}`;

/** What has been declared about metrics, of one endpoint or of all. */
export const declaredMetrics = (state: State, endpoint?: string): readonly MetricDeclaration[] =>
  [...state.records.metric.values()]
    .map(({ value }) => value)
    .filter((one) => endpoint === undefined || one.endpoint === endpoint);

/** The key of a version's record; six digits, so that the order of keys is the order of numbers. */
export const versionKey = ({ model, version }: VersionRef): string =>
  `${model}@${String(version).padStart(6, '0')}`;

/** Versions of a model, oldest first. */
export function versionsOf(state: State, model: string): readonly Version[] {
  const all = [...state.records.version.values()].map(({ value }) => value);
  return all.filter((version) => version.model === model).sort((a, b) => a.version - b.version);
}

/**
 * The models as gateways must know them: the newest versions, every one in use, and those that are
 * about to be (`wanted`), however old.
 */
export function catalogOf(
  state: State,
  wanted: readonly VersionRef[] = [],
): readonly CatalogModel[] {
  const inUse = new Set([...digestsInUse(state), ...wanted.map(({ digest }) => digest)]);
  const byModel = new Map<string, Version[]>();
  for (const name of [...state.records.model.keys()].sort()) byModel.set(name, []);
  for (const { value } of state.records.version.values()) byModel.get(value.model)?.push(value);
  return [...byModel].map(([name, versions]) => ({
    name,
    versions: versions
      .sort((a, b) => b.version - a.version)
      .filter(({ digest }, index) => index < CATALOG_VERSIONS_MAX || inUse.has(digest))
      .map(catalogVersion),
  }));
}

function digestsInUse(state: State): ReadonlySet<string> {
  const refs = [
    ...endpointsOf(state).flatMap(({ version, previous }) => [version, previous]),
    ...activeRolloutsOf(state).flatMap((rollout) => [
      rollout.baseline,
      ...contendersOf(rollout).map(({ version }) => version),
    ]),
  ];
  return new Set(refs.flatMap((ref) => (ref === null ? [] : [ref.digest])));
}

const catalogVersion = (version: Version): CatalogVersion => ({
  model: version.model,
  version: version.version,
  digest: version.digest,
  label: version.label,
  bytes: version.bytes,
  signature: version.signature,
  createdAt: version.createdAt,
  ...(version.golden === undefined ? {} : { golden: version.golden }),
  ...featuresOf(version),
});

/** The bins of its reference without what was counted in them, which no gateway needs. */
function featuresOf({ lineage }: Version): Pick<CatalogVersion, 'features'> {
  const features = lineage?.reference?.features ?? [];
  if (features.length === 0) return {};
  return { features: features.map(({ counts: _counts, ...bins }) => bins) };
}
