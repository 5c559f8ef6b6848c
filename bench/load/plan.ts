import type { Dialect } from './requests.ts';

/** What a generator is to do. */
export type LoadPlan = {
  readonly url: string;
  readonly dialect: Dialect;
  readonly connections: number;
  /**
   * Requests per second at random moments, whatever the answers do (open loop); null: each
   * connection sends as soon as it is answered (closed loop).
   */
  readonly rate: number | null;
  /** Sent before anything is counted. */
  readonly warmUpMs: number;
  readonly measureMs: number;
};

/** What a generator saw while it measured. */
export type LoadResult = {
  readonly requests: number;
  /** Answered by something else than 200, or not at all. */
  readonly failed: number;
  /** From the moment a request was due to its last byte, waiting for a connection included. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** All of them, in rising order. */
  readonly latenciesMs: readonly number[];
  /** How late the generator itself was, at the 99th percentile; 0 in a closed loop. */
  readonly lateP99Ms: number;
};

/** What a generator says to the process that started it. */
export type LoadWord =
  | { readonly type: 'begin' }
  | { readonly type: 'end'; readonly result: LoadResult };
