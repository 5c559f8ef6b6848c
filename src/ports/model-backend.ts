import type { CatalogVersion } from '../core/routing/table.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';

/**
 * Something that can answer with a version. `load` and `unload` are idempotent: asking again for
 * what is already so changes nothing.
 */
export interface ModelBackend {
  /**
   * Makes the version ready (verified, loaded, warmed). Resolves when `infer` will be answered;
   * rejects with a coded `Fault` when it cannot be, or when `signal` is aborted.
   */
  load(version: CatalogVersion, signal: AbortSignal): Promise<void>;
  /** Answers, within `deadlineMs`, what happened. Never rejects. */
  infer(request: InferCall, signal: AbortSignal): Promise<InferResult>;
  /** Frees what the version holds; requests in flight are let finish first. */
  unload(digest: string): Promise<void>;
  /** State of every version ever asked for and not unloaded. */
  health(): readonly BackendHealth[];
}

/** One prediction to make. Inputs have been checked against the version's signature. */
export type InferCall = {
  readonly digest: string;
  readonly inputs: readonly Tensor[];
  /** Names of wanted outputs; null: all, in the order of the signature. */
  readonly outputs: readonly string[] | null;
  readonly deadlineMs: number;
  /** A copy nobody waits for: calls that do not yield go first, and may take its place. */
  readonly yields?: boolean;
};

/** How a prediction ended; the failures are the `Outcome`s of the same name. */
export type InferResult =
  | {
      readonly type: 'ok';
      readonly outputs: readonly Tensor[];
      /** Of a call that yields: how long it waited because others were let go first. */
      readonly heldMs?: number;
    }
  | { readonly type: 'model_error'; readonly message: string }
  | { readonly type: 'timeout' }
  | { readonly type: 'crash'; readonly message: string }
  | { readonly type: 'overload'; readonly retryAfterMs: number }
  | { readonly type: 'cancelled' };

/** What a backend knows about one version it holds. */
export type BackendHealth = {
  readonly digest: string;
  readonly state: 'loading' | 'ready' | 'restarting' | 'failed';
  readonly detail: string;
  readonly rssBytes: number;
  readonly cpuMs: number;
  /** Predictions it made, since it was loaded. */
  readonly answers: number;
  readonly restarts: number;
  readonly quarantined: number;
};
