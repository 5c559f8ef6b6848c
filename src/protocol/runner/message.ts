import { z } from 'zod';

const finite = z.number().nonnegative();

/** What a runner says when it can answer. Parsed, since a hostile model may speak for it. */
export const readyShape = z.object({
  /** Reading, checking and creating the session. */
  loadMs: finite,
  /** Warming, and finding out what may be computed together. */
  warmMs: finite,
  /** One request of one row, at best. */
  oneMs: finite,
  /** Most rows of several requests computed together; 1: each request runs alone. */
  batchRowsMax: z.number().int().min(1).max(65_536),
  /** A run of that many rows. */
  batchMs: finite,
  /** What warming found, in words; empty when there is nothing to say. */
  detail: z.string().max(2_000),
});

/** See `readyShape`. */
export type ReadyMessage = z.infer<typeof readyShape>;

/** What a runner says when it will not serve the file. */
export const refusedShape = z.object({
  why: z.enum(['digest', 'signature', 'refused', 'unreadable', 'runtime']),
  message: z.string().max(4_000),
});

/**
 * `digest`: other bytes than expected. `signature`: other inputs or outputs than declared.
 * `refused`: ONNX Runtime does not accept it. `unreadable`: there is no such file. `runtime`: ONNX
 * Runtime is not installed.
 */
export type RefusedMessage = z.infer<typeof refusedShape>;
