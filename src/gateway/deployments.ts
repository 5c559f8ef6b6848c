import type { CatalogVersion } from '../core/routing/table.ts';
import type { ModelBackend } from '../ports/model-backend.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from './deps.ts';

/** A version as this gateway holds it. Read on every request; written here only. */
export type Deployment = {
  readonly version: CatalogVersion;
  state: 'waiting' | 'loading' | 'ready' | 'failed';
  /** Why it failed last. */
  detail: string;
};

const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 30_000;
const POLL_MS = 20;

type Held = {
  readonly deployment: Deployment;
  /** Aborted when nobody wants the version any more. */
  readonly unwanted: AbortController;
};

/** Loads the versions the table wants, in its order, and those that were asked for by number. */
export class Deployments {
  readonly #backend: ModelBackend;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #loadsMax: number;
  readonly #pinnedMax: number;
  readonly #onChange: () => void;
  readonly #held = new Map<string, Held>();
  /** Digests asked for by number, the least recently used first. */
  readonly #pinned = new Set<string>();
  #wanted: ReadonlySet<string> = new Set();
  #loading = 0;

  constructor(options: {
    readonly backend: ModelBackend;
    readonly clock: Clock;
    readonly log: Log;
    readonly loadsMax: number;
    readonly pinnedMax: number;
    /** Called when a version has become ready or failed. */
    readonly onChange: () => void;
  }) {
    this.#backend = options.backend;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#loadsMax = options.loadsMax;
    this.#pinnedMax = options.pinnedMax;
    this.#onChange = options.onChange;
  }

  /** Starts to load what is wanted, the first first. Nothing is unloaded yet: see `keepOnly`. */
  want(versions: readonly CatalogVersion[]): void {
    for (const version of versions) this.#hold(version);
    this.#next();
  }

  /** The state of a version that is wanted. */
  of(version: CatalogVersion): Deployment {
    return this.#hold(version).deployment;
  }

  /** Unloads everything else, except what was asked for by number. */
  keepOnly(digests: ReadonlySet<string>): void {
    this.#wanted = digests;
    for (const digest of this.#held.keys()) {
      if (!digests.has(digest) && !this.#pinned.has(digest)) this.#drop(digest);
    }
  }

  /**
   * A version somebody asks for by number. It is loaded if need be, and the one that was not asked
   * for the longest makes room; null when all such places are still loading.
   */
  pin(version: CatalogVersion): Deployment | null {
    const { digest } = version;
    if (!this.#wanted.has(digest)) {
      this.#pinned.delete(digest);
      if (this.#pinned.size >= this.#pinnedMax && !this.#makeRoom()) return null;
      this.#pinned.add(digest);
    }
    const { deployment } = this.#hold(version);
    this.#next();
    return deployment;
  }

  /** Resolves when the version is ready or has failed, the time is over or `signal` aborted. */
  async settled(
    deployment: Deployment,
    patience: { readonly ms: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const { signal } = patience;
    const untilMs = this.#clock.monotonicMs() + patience.ms;
    const isOpen = (): boolean => deployment.state === 'waiting' || deployment.state === 'loading';
    while (isOpen() && !signal.aborted && this.#clock.monotonicMs() < untilMs) {
      await this.#clock.sleep(POLL_MS, signal);
    }
  }

  /** The state of a version, whether or not it is wanted. */
  stateOf(digest: string): Deployment['state'] {
    return this.#held.get(digest)?.deployment.state ?? 'waiting';
  }

  /** Digests that can answer now. */
  ready(): readonly string[] {
    const failed = new Set(
      this.#backend
        .health()
        .filter(({ state }) => state === 'failed')
        .map(({ digest }) => digest),
    );
    return [...this.#held.entries()]
      .filter(([digest, { deployment }]) => deployment.state === 'ready' && !failed.has(digest))
      .map(([digest]) => digest);
  }

  /** What could not be made ready, and why. */
  failed(): readonly { readonly digest: string; readonly detail: string }[] {
    const failures = new Map<string, string>();
    for (const [digest, { deployment }] of this.#held) {
      if (deployment.state === 'failed') failures.set(digest, deployment.detail);
    }
    for (const { digest, state, detail } of this.#backend.health()) {
      if (state === 'failed' && this.#held.has(digest)) failures.set(digest, detail);
    }
    return [...failures].map(([digest, detail]) => ({ digest, detail }));
  }

  /** Gives up what is loading and unloads the rest. */
  async close(): Promise<void> {
    const digests = [...this.#held.keys()];
    for (const { unwanted } of this.#held.values()) unwanted.abort();
    this.#held.clear();
    await Promise.all(digests.map((digest) => this.#unload(digest)));
  }

  #makeRoom(): boolean {
    for (const digest of this.#pinned) {
      if (this.#held.get(digest)?.deployment.state === 'loading') continue;
      this.#pinned.delete(digest);
      if (!this.#wanted.has(digest)) this.#drop(digest);
      return true;
    }
    return false;
  }

  #hold(version: CatalogVersion): Held {
    const known = this.#held.get(version.digest);
    if (known !== undefined) return known;
    const deployment: Deployment = { version, state: 'waiting', detail: '' };
    const held = { deployment, unwanted: new AbortController() };
    this.#held.set(version.digest, held);
    return held;
  }

  #drop(digest: string): void {
    const held = this.#held.get(digest);
    held?.unwanted.abort();
    // Requests that began under an older table may still hold it: they must not ask it any more.
    if (held !== undefined) held.deployment.state = 'waiting';
    this.#held.delete(digest);
    void this.#unload(digest);
  }

  async #unload(digest: string): Promise<void> {
    try {
      await this.#backend.unload(digest);
    } catch (error) {
      this.#log.warn({ err: error, digest }, 'a version could not be unloaded');
    }
  }

  #next(): void {
    for (const held of this.#held.values()) {
      if (this.#loading >= this.#loadsMax) return;
      if (held.deployment.state === 'waiting') void this.#load(held);
    }
  }

  /** Loads until it succeeds or nobody wants it any more; a place is free while it waits. */
  async #load({ deployment, unwanted }: Held): Promise<void> {
    const { version } = deployment;
    const { signal } = unwanted;
    for (let waitMs = RETRY_FIRST_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      this.#loading += 1;
      if (deployment.state !== 'failed') deployment.state = 'loading';
      const fault = await this.#attempt(version, signal);
      this.#loading -= 1;
      if (signal.aborted) break;
      deployment.state = fault === null ? 'ready' : 'failed';
      deployment.detail = fault ?? '';
      this.#onChange();
      if (fault === null) break;
      this.#log.warn({ model: version.model, version: version.version, fault }, 'load failed');
      this.#next();
      await this.#clock.sleep(waitMs, signal);
      if (signal.aborted) return;
    }
    this.#next();
  }

  async #attempt(version: CatalogVersion, signal: AbortSignal): Promise<string | null> {
    try {
      await this.#backend.load(version, signal);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
