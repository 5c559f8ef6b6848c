import { versionName } from '../../../core/catalog/version.ts';
import { plural } from '../../../core/lib/wording.ts';
import type { CatalogVersion } from '../../../core/routing/table.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Entropy } from '../../../ports/entropy.ts';
import type { InferCall, InferResult, ModelBackend } from '../../../ports/model-backend.ts';
import { Fault } from '../../../protocol/errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { OnnxLimits } from './limits.ts';
import { ServedVersion } from './served-version.ts';
import { clearScratch } from './spawn.ts';
import { availableBytes } from './system-memory.ts';

/** What the backend needs from the process it runs in. */
export type OnnxBackendOptions = {
  /** Where the bytes of a digest lie: an absolute path. */
  readonly pathOf: (digest: string) => string;
  /** A folder of this process' own; runners stand in empty folders in it. */
  readonly scratch: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly limits?: Partial<OnnxLimits>;
  /** Memory that is free; by default, what the system says. */
  readonly availableBytes?: () => number;
};

const WATCH_MS = 500;
/** Resident memory of a runner with a model of no size: measured, 75 to 100 MB. */
const RUNNER_BYTES = 112 * 1024 * 1024;
/** A model in memory against its file: read, parsed, optimised. */
const MODEL_FACTOR = 3;
const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

/**
 * Answers with ONNX models, each version in a process of its own. Faults of `load`:
 * `MEMORY_SHORT`, `BLOB_NOT_FOUND`, `BLOB_CORRUPT`, `MODEL_REFUSED`, `MODEL_SIGNATURE`,
 * `MODEL_LOAD_ENDED`, `MODEL_FAILED`, `RUNNER_UNAVAILABLE`, `LOAD_CANCELLED`.
 */
export function createOnnxBackend(options: OnnxBackendOptions): ModelBackend {
  return new OnnxBackend(options);
}

class OnnxBackend implements ModelBackend {
  readonly #options: OnnxBackendOptions;
  readonly #limits: OnnxLimits;
  readonly #served = new Map<string, ServedVersion>();
  readonly #leaving = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: OnnxBackendOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    clearScratch(options.scratch);
  }

  async load(version: CatalogVersion, signal: AbortSignal): Promise<void> {
    const { digest } = version;
    const held = this.#served.get(digest);
    if (held !== undefined) return held.whenReady(signal);
    const { scratch, clock, entropy, pathOf } = this.#options;
    const missing = this.#missingBytes(version);
    if (missing !== null) throw new Fault('MEMORY_SHORT', missing);
    const served = new ServedVersion(version, {
      path: pathOf(digest),
      scratch,
      clock,
      entropy,
      limits: this.#limits,
      hasRoom: () => this.#missingBytes(version) === null,
    });
    this.#served.set(digest, served);
    this.#timer ??= setInterval(() => this.#watch(), WATCH_MS).unref();
    await served.whenReady(signal);
  }

  async infer(call: InferCall, signal: AbortSignal): Promise<InferResult> {
    const served = this.#served.get(call.digest);
    if (served !== undefined) return served.infer(call, signal);
    return { type: 'crash', message: `${call.digest} is not loaded` };
  }

  async unload(digest: string): Promise<void> {
    const served = this.#served.get(digest);
    if (served === undefined) return this.#leaving.get(digest);
    this.#served.delete(digest);
    const gone = served.unload().finally(() => {
      if (this.#leaving.get(digest) === gone) this.#leaving.delete(digest);
    });
    this.#leaving.set(digest, gone);
    if (this.#served.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    return gone;
  }

  health(): ReturnType<ModelBackend['health']> {
    return Array.from(this.#served.values(), (served) => served.health());
  }

  #watch(): void {
    for (const served of this.#served.values()) served.watch();
  }

  /** A sentence with the numbers when one more runner of `version` does not fit; null: it does. */
  #missingBytes(version: CatalogVersion): string | null {
    const free = (this.#options.availableBytes ?? availableBytes)();
    let promised = 0;
    for (const other of this.#served.values()) {
      if (other.isLoading) promised += needOf(other.version);
    }
    const need = needOf(version);
    if (need <= free - promised) return null;
    const loading = promised === 0 ? '' : `, of which ${mebibytes(promised)} for versions loading`;
    const needs = `${versionName(version)} needs about ${mebibytes(need)}${this.#besideText()}`;
    return `${needs}; ${mebibytes(free)} are free${loading}`;
  }

  /** What versions that are there hold: who has room for one of two should see both. */
  #besideText(): string {
    const held = [...this.#served.values()].filter(({ isLoading }) => !isLoading);
    if (held.length === 0) return '';
    const bytes = held.reduce((sum, one) => sum + one.health().rssBytes, 0);
    return ` beside the ${mebibytes(bytes)} of ${plural(held.length, 'loaded version')}`;
  }
}

/** Memory a runner of a version takes, about. */
const needOf = ({ bytes }: CatalogVersion): number => RUNNER_BYTES + bytes * MODEL_FACTOR;
