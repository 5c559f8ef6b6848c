const MEBIBYTE = 1024 * 1024;

/** Limits of the model runners. Every one has a default that suits one machine. */
export type OnnxLimits = {
  /** Memory a model may take on top of an idle runner. */
  readonly memoryBytesMax: number;
  /** Reading, checking, loading and warming. */
  readonly loadMsMax: number;
  /** Requests waiting or in work for one version; more are refused. */
  readonly queueMax: number;
  /** Bytes of inputs of those. */
  readonly queueBytesMax: number;
  /** One request or one answer. */
  readonly frameBytesMax: number;
  /** Most rows of several requests computed together; 1: each request runs alone. */
  readonly batchRowsMax: number;
  /** Resident memory of a runner may grow to this many times what it was when warm, */
  readonly growthFactor: number;
  /** and by this much in any case; beyond both, another runner takes its place. */
  readonly growthBytes: number;
};

/** See `OnnxLimits`. */
export const DEFAULT_LIMITS: OnnxLimits = {
  memoryBytesMax: 4 * 1024 * MEBIBYTE,
  loadMsMax: 60_000,
  queueMax: 2_048,
  queueBytesMax: 64 * MEBIBYTE,
  frameBytesMax: 64 * MEBIBYTE,
  batchRowsMax: 256,
  growthFactor: 2,
  growthBytes: 192 * MEBIBYTE,
};
