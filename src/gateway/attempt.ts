import { assertNever } from '../core/lib/invariant.ts';
import { nothingPredicted } from '../core/feedback/predicted.ts';
import type { Predicted } from '../core/feedback/predicted.ts';
import type { Outcome } from '../core/telemetry/observation.ts';
import type { Clock } from '../ports/clock.ts';
import type { InferResult, ModelBackend } from '../ports/model-backend.ts';
import { Fault } from '../protocol/errors.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import type { Dialect } from './dialect.ts';
import { badOutput } from './judge.ts';
import type { ServedArm } from './served.ts';

/** One attempt to predict with one version. */
export type Attempt = {
  readonly arm: Pick<ServedArm, 'version' | 'predicted'>;
  /** Tensors that fit the version. */
  readonly inputs: readonly Tensor[];
  /** Names of the outputs wanted; null: all. */
  readonly wanted: readonly string[] | null;
  readonly deadlineMs: number;
  /** A copy nobody waits for: whatever does not yield goes first. */
  readonly yields: boolean;
};

/** How an attempt ended. */
export type Attempted = {
  readonly outcome: Outcome;
  readonly latencyMs: number;
  readonly outputs: readonly Tensor[];
  readonly predicted: Predicted;
  /** What the caller is told when nothing better comes. */
  readonly fault: Fault | null;
};

const noAnswer = { outputs: [], predicted: nothingPredicted } as const;

/** Asks a version for a prediction and judges what came. Never rejects. */
export async function attempt(
  { backend, clock }: { readonly backend: ModelBackend; readonly clock: Clock },
  { arm, inputs, wanted, deadlineMs, yields }: Attempt,
  signal: AbortSignal,
): Promise<Attempted> {
  const { signature, digest, model } = arm.version;
  const startedMs = clock.monotonicMs();
  const call = { digest, inputs, outputs: wanted, deadlineMs, yields };
  const result = await backend.infer(call, signal);
  const tookMs = clock.monotonicMs() - startedMs;
  if (result.type !== 'ok') return { ...failureOf(result), ...noAnswer, latencyMs: tookMs };
  const { outputs, heldMs = 0 } = result;
  const latencyMs = Math.max(0, tookMs - heldMs);
  const bad = badOutput({ signature, wanted, inputs, outputs });
  if (bad === null) {
    const predicted = arm.predicted(outputs);
    return { outcome: 'ok', latencyMs, outputs, predicted, fault: null };
  }
  const fault = new Fault('PREDICTION_INVALID', `${model}: ${bad}`);
  return { outcome: 'null_prediction', ...noAnswer, latencyMs, fault };
}

/** The attempt of a request that a version does not understand, though the baseline does. */
export const otherInputs = (): Attempted => {
  const fault = new Fault('PREDICTION_FAILED', 'the candidate takes other inputs');
  return { outcome: 'model_error', ...noAnswer, latencyMs: 0, fault };
};

/** Tensors for an arm from those for the baseline; null when the request does not fit it. */
export function fitted(
  inputs: readonly Tensor[],
  dialect: Dialect,
  arm: Pick<ServedArm, 'version' | 'hasBaselineInputs'>,
): readonly Tensor[] | null {
  if (arm.hasBaselineInputs) return inputs;
  try {
    return dialect.bind(arm.version.signature);
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

function failureOf(
  result: Exclude<InferResult, { type: 'ok' }>,
): Pick<Attempted, 'outcome' | 'fault'> {
  switch (result.type) {
    case 'model_error':
      return { outcome: 'model_error', fault: new Fault('PREDICTION_FAILED', result.message) };
    case 'timeout':
      return {
        outcome: 'timeout',
        fault: new Fault('DEADLINE_EXCEEDED', 'the model did not answer in time'),
      };
    case 'crash':
      return { outcome: 'crash', fault: new Fault('PREDICTION_CRASHED', result.message) };
    case 'overload':
      return {
        outcome: 'overload',
        fault: new Fault('OVERLOADED', 'too many requests wait for the model'),
      };
    case 'cancelled':
      return { outcome: 'cancelled', fault: null };
    default:
      return assertNever(result, 'failureOf');
  }
}
