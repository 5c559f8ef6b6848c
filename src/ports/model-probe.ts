import type { Signature } from '../core/catalog/signature.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';

/**
 * Tries a model file where it can do no harm, before anything is served from it. Each call uses a
 * process of its own that is gone when the call ends, so repeating it is harmless. It reports and
 * never judges: the caller decides what a report means.
 */
export interface ModelProbe {
  /**
   * Loads the file and runs every golden and edge case. What cannot be loaded, and an aborted
   * `signal`, are reports too. Faults, which say nothing of the model: `RUNNER_UNAVAILABLE`,
   * `BLOB_NOT_FOUND`.
   */
  probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport>;
}

/** What to try, and within which limits. */
export type ProbeRequest = {
  /** Absolute path of the file; its bytes are checked against `digest` before they are used. */
  readonly path: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** What the file declares; a disagreement with the loaded model is reported. */
  readonly signature: Signature;
  /** Inputs the author of the model says it answers; may be empty. */
  readonly golden: readonly ProbeInput[];
  readonly limits: ProbeLimits;
};

/** A named set of inputs. */
export type ProbeInput = { readonly name: string; readonly inputs: readonly Tensor[] };

/** Beyond any of these the process is ended. */
export type ProbeLimits = {
  /** Memory the model may take on top of an idle runner. */
  readonly memoryBytesMax: number;
  /** Reading, checking, loading and warming. */
  readonly loadMsMax: number;
  /** Each case. */
  readonly caseMsMax: number;
  /** Everything; cases not begun by then are `skipped`. */
  readonly totalMsMax: number;
};

/** What was seen. */
export type ProbeReport = {
  readonly load: ProbeLoad;
  /** Milliseconds all cases took together. */
  readonly probeMs: number;
  /** Highest resident memory of the process, runner included; 0 when the system does not tell. */
  readonly peakBytes: number;
  /** Golden cases first, then edge cases; empty when the model did not load. */
  readonly cases: readonly ProbeCase[];
};

/** How loading ended. */
export type ProbeLoad =
  | {
      readonly type: 'ok';
      readonly loadMs: number;
      /**
       * Whether rows computed together equal rows computed alone, so that requests may share a run.
       */
      readonly batches: boolean;
    }
  | { readonly type: 'failed'; readonly why: ProbeLoadFailure; readonly message: string };

/**
 * `digest`: the bytes are not those named. `signature`: the model takes or gives something else
 * than declared. `refused`: the runtime does not accept it. `timeout`, `memory`, `crash`: it went
 * beyond the limit, or took its process with it. `cancelled`: the signal was aborted.
 */
export type ProbeLoadFailure =
  | 'digest'
  | 'signature'
  | 'refused'
  | 'timeout'
  | 'memory'
  | 'crash'
  | 'cancelled';

/**
 * Name of the edge case without a single row. `TopK` of ONNX Runtime 1.30 divides by the number of
 * rows and takes its process down, so what it means is for the caller to decide.
 */
export const EMPTY_BATCH = 'an empty batch';

/** One case and how it ended. */
export type ProbeCase = {
  readonly name: string;
  readonly kind: 'golden' | 'edge';
  readonly result: ProbeResult;
};

/**
 * `model_error`: the model said no and lives. `timeout` and `crash`: its process had to be
 * replaced.
 */
export type ProbeResult =
  | { readonly type: 'ok'; readonly outputs: readonly Tensor[]; readonly runMs: number }
  | { readonly type: 'model_error'; readonly message: string }
  | { readonly type: 'timeout' }
  | { readonly type: 'memory'; readonly message: string }
  | { readonly type: 'crash'; readonly message: string }
  | { readonly type: 'skipped' };
