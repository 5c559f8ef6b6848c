import { z } from 'zod';
import { OUTCOMES } from '../core/telemetry/observation.ts';

const tensor = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.number()),
  data: z.unknown().describe('Nested by the shape; null: too large, or withheld.'),
});

/** One line of the prediction log. A later form of lines has another number. */
export const predictionRecordSchema = z.object({
  schema: z.literal(1),
  at: z.iso.datetime(),
  endpoint: z.string(),
  model: z.string(),
  version: z.number(),
  arm: z.string(),
  assigned: z.string(),
  rollout: z.string().nullable(),
  prediction_id: z.string().nullable(),
  unit: z.string().nullable(),
  outcome: z.enum(OUTCOMES),
  latency_ms: z.number(),
  replaced: z.boolean(),
  withheld: z.array(z.string()),
  inputs: z.array(tensor).nullable(),
  outputs: z.array(tensor).nullable(),
});

/** A prediction as it was kept. */
export type PredictionRecord = z.output<typeof predictionRecordSchema>;

/** What is looked for; null: whatever. */
export type PredictionQuery = {
  readonly endpoint: string | null;
  readonly version: number | null;
  /** As the caller named it, however it was written. */
  readonly unit: string | null;
  readonly predictionId: string | null;
  readonly outcome: string | null;
  /** Milliseconds of the epoch. */
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  /** So many, the newest. */
  readonly limit: number;
};

/** What was found, the newest first. */
export type FoundPredictions = {
  readonly predictions: readonly PredictionRecord[];
  /** Files that were looked through. */
  readonly files: number;
  /** Lines that are none: the last one of a process that was killed, usually. */
  readonly unreadable: number;
};

/** What a query in SQL gave; values as JSON has them. */
export type SqlAnswer = {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  /** There were more rows than are given. */
  readonly isCut: boolean;
};
