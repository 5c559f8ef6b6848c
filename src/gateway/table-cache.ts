import { routesIn } from '../core/routing/lanes.ts';
import type { CatalogVersion, Route, RoutingTable } from '../core/routing/table.ts';
import { Fault } from '../protocol/errors.ts';
import { parseTable } from '../protocol/feed/wire.ts';
import type { Log } from './deps.ts';
import { serveRoute, serveTable, servedIn, versionsByDigest } from './served.ts';
import type { ServedRoute, ServedTable, ServingParts } from './served.ts';

/** Why the newest table was refused. */
export type Rejection = { readonly generation: number; readonly message: string };

/** What came of an offer. */
export type Offered = 'applied' | 'known' | 'refused';

/**
 * The table in force. A new one is checked, compiled and made ready before it is switched to, in
 * one assignment; one that is refused changes nothing. Each route waits for its own baseline only:
 * a version that takes long to load, or never does, must not hold up another endpoint's rollback.
 */
export class TableCache {
  readonly #parts: ServingParts;
  readonly #log: Log;
  #served: ServedTable = serveTable(
    { schema: 1, generation: -1, routes: [], models: [] },
    new Map(),
  );
  #newest: RoutingTable | null = null;
  #waiting: ReadonlySet<string> = new Set();
  #confirmed = -1;
  #rejection: Rejection | null = null;
  #refusals = 0;

  constructor(parts: ServingParts, log: Log) {
    this.#parts = parts;
    this.#log = log;
  }

  /** What requests are answered from. */
  get served(): ServedTable {
    return this.#served;
  }

  /** The newest table that was taken; null before the first. */
  get newest(): RoutingTable | null {
    return this.#newest;
  }

  /** The newest generation that is in force for every endpoint; −1 before the first. */
  get generation(): number {
    return this.#confirmed;
  }

  /** Why the newest table was refused; null when it was not. */
  get rejection(): Rejection | null {
    return this.#rejection;
  }

  /** Tables refused so far. */
  get refusals(): number {
    return this.#refusals;
  }

  /**
   * Takes a table, whoever it is from. One with an older generation is only taken `fromControl` for
   * the first time: then the stored table belonged to another history.
   */
  offer(offered: unknown, options: { readonly isAuthority: boolean }): Offered {
    let table: RoutingTable;
    try {
      table = parseTable(offered);
    } catch (error) {
      this.#refuse(offered, error);
      return 'refused';
    }
    this.#rejection = null;
    const current = this.#newest;
    if (current !== null && !options.isAuthority && table.generation <= current.generation) {
      return 'known';
    }
    if (current !== null && JSON.stringify(current) === JSON.stringify(table)) return 'known';
    this.#newest = table;
    this.#parts.deployments.want(versionsInOrder(table));
    this.settle();
    return 'applied';
  }

  /** Switches to as much of the newest table as is ready. To be called when a version got ready. */
  settle(): void {
    const table = this.#newest;
    if (table === null) return;
    const versions = versionsByDigest(table);
    const parts = { generation: table.generation, versions };
    const waiting = new Set<string>();
    const routes = new Map<string, ServedRoute>();
    for (const route of table.routes) {
      const before = this.#served.routes.get(route.endpoint);
      if (before !== undefined && this.#mustWait(route, before, versions)) {
        waiting.add(route.endpoint);
        routes.set(route.endpoint, before);
      } else routes.set(route.endpoint, serveRoute(route, parts, this.#parts));
    }
    this.#served = serveTable(table, routes);
    this.#waiting = waiting;
    if (![...waiting].some((endpoint) => this.#isLoading(endpoint, versions))) {
      this.#confirmed = table.generation;
    }
    this.#forget(table, routes);
  }

  /** Whether a route still waits for its baseline. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Only another baseline is worth waiting for: with the same one the old route is no better. */
  #mustWait(
    route: Route,
    before: ServedRoute,
    versions: ReadonlyMap<string, CatalogVersion>,
  ): boolean {
    const version = versions.get(route.arms[0]?.version.digest ?? '');
    if (version?.digest === before.baseline.version.digest) return false;
    return version !== undefined && this.#parts.deployments.of(version).state !== 'ready';
  }

  #isLoading(endpoint: string, versions: ReadonlyMap<string, CatalogVersion>): boolean {
    const route = this.#newest?.routes.find((one) => one.endpoint === endpoint);
    const version = versions.get(route?.arms[0]?.version.digest ?? '');
    return version !== undefined && this.#parts.deployments.of(version).state !== 'failed';
  }

  #forget(table: RoutingTable, routes: ReadonlyMap<string, ServedRoute>): void {
    const { deployments, recorder } = this.#parts;
    const digests = new Set(versionsInOrder(table).map(({ digest }) => digest));
    const arms = [...routes.values()]
      .flatMap(servedIn)
      .flatMap((served) => [
        ...served.arms,
        ...(served.audience === null ? [] : [served.audience.outside]),
      ]);
    for (const { version } of arms) digests.add(version.digest);
    deployments.keepOnly(digests);
    recorder.keepOnly(new Set(arms.flatMap(({ slot }) => slot ?? [])));
  }

  #refuse(offered: unknown, error: unknown): void {
    this.#refusals += 1;
    const claimed = (offered as { readonly generation?: unknown } | null)?.generation;
    const generation = typeof claimed === 'number' && Number.isFinite(claimed) ? claimed : -1;
    const what = error instanceof Error ? error.message : String(error);
    const path = error instanceof Fault && error.path !== null ? `${error.path}: ` : '';
    this.#rejection = { generation, message: `${path}${what}`.slice(0, 1_000) };
    this.#log.error({ generation, fault: this.#rejection.message }, 'a routing table was refused');
  }
}

/** What the table needs: baselines first, they answer; then candidates; then what is kept warm. */
function versionsInOrder(table: RoutingTable): readonly CatalogVersion[] {
  const versions = versionsByDigest(table);
  const routes = table.routes.flatMap(routesIn);
  const arms = routes.flatMap((route) => route.arms);
  const digests = [
    ...arms.filter(({ role }) => role === 'baseline').map(({ version }) => version.digest),
    ...arms.filter(({ role }) => role === 'candidate').map(({ version }) => version.digest),
    ...routes.flatMap(({ warm }) => warm.map(({ digest }) => digest)),
  ];
  return [...new Set(digests)].flatMap((digest) => versions.get(digest) ?? []);
}
