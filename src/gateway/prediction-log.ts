import type { Signature } from '../core/catalog/signature.ts';
import type { Instant } from '../core/lib/units.ts';
import { compileSample, isKept } from '../core/routing/logging.ts';
import type { KeptSample, LogSettings, Redaction } from '../core/routing/logging.ts';
import { compileRedaction, hasRuleFor, unitRedaction } from '../core/routing/redaction.ts';
import type { CompiledRedaction, RedactSide } from '../core/routing/redaction.ts';
import type { Route } from '../core/routing/table.ts';
import type { Clock } from '../ports/clock.ts';
import type { LoggedPrediction, LoggedTensor, PredictionSink } from '../ports/prediction-sink.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import {
  PREDICTION_PLACE,
  pseudonym,
  REDACTED,
  sampleSalt,
  UNIT_PLACE,
} from '../protocol/pseudonym.ts';
import type { KeyedDigest } from '../protocol/pseudonym.ts';
import type { Attempted } from './attempt.ts';
import type { Log } from './deps.ts';
import { loggedTensor } from './logged-tensor.ts';
import type { ServedArm } from './served.ts';
import { SinkQueue } from './sink-queue.ts';
import { bytesIn } from './tensor-bytes.ts';

/** Where predictions are kept, and the key of their pseudonyms: one for all gateways. */
export type PredictionKeeping = { readonly sink: PredictionSink; readonly digest: KeyedDigest };

/** What a log is made of; `keeping`: null where nothing can be kept. */
export type PredictionLogParts = {
  readonly keeping: PredictionKeeping | null;
  readonly clock: Clock;
  readonly log: Log;
};

/** What is kept of the predictions of one route. */
export type ServedLog = {
  readonly settings: LogSettings;
  readonly sample: KeptSample;
  readonly unit: Redaction | null;
  /** An id says what was predicted and so is no better than the outputs. */
  readonly hidesId: boolean;
  /** What is not to be read of tensors of these specifications; each made once. */
  readonly sides: Readonly<Record<RedactSide, Map<Signature, CompiledRedaction>>>;
};

/** An attempt to predict, as the way of the request has it. */
export type Attempt = {
  readonly route: Route;
  readonly arm: ServedArm;
  readonly assigned: ServedArm;
  /** What the request is assigned by; `isNamed`: the caller said so. */
  readonly unit: string;
  readonly isNamed: boolean;
  readonly inputs: readonly Tensor[];
  /** The version the inputs were made for. */
  readonly inputsFor: ServedArm;
  readonly attempted: Attempted;
  readonly predictionId: string | null;
  readonly isReplaced: boolean;
};

type Entry = Attempt & { readonly kept: ServedLog; readonly at: Instant };

/**
 * Predictions on their way to the sink. The way of a request only puts down what there is; which
 * values nobody may read, and how the rest is written, is found when the queue is emptied.
 */
export class PredictionLog {
  readonly #parts: PredictionLogParts;
  readonly #queue: SinkQueue<Entry, LoggedPrediction>;

  constructor(parts: PredictionLogParts) {
    const { keeping, clock, log } = parts;
    this.#parts = parts;
    this.#queue = new SinkQueue<Entry, LoggedPrediction>({
      sink: keeping?.sink ?? null,
      clock,
      log,
      bytesOf: ({ inputs, attempted }) => bytesIn(inputs) + bytesIn(attempted.outputs),
      recordOf: (entry) => this.#recordOf(entry),
      complaint: 'predictions could not be kept',
    });
  }

  /** Predictions the sink has taken. */
  get kept(): number {
    return this.#queue.kept;
  }

  /** Predictions for which there was no room. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** What is kept of a route's predictions; null: nothing. */
  of({ log, endpoint }: Route): ServedLog | null {
    const { keeping } = this.#parts;
    if (log === undefined || keeping === null) return null;
    return {
      settings: log,
      sample: compileSample(sampleSalt(keeping.digest, endpoint), log.sample),
      unit: unitRedaction(log.redact),
      hidesId: hasRuleFor(log.redact, 'outputs'),
      sides: { features: new Map(), outputs: new Map() },
    };
  }

  /** Keeps an attempt, if its unit is in the sample. Returns at once. */
  take(kept: ServedLog, attempt: Attempt): void {
    if (!isKept(kept.sample, attempt.unit)) return;
    this.#queue.push({ ...attempt, kept, at: this.#parts.clock.now() });
  }

  /** Empties the queue until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void> {
    return this.#queue.run(signal);
  }

  #recordOf(entry: Entry): LoggedPrediction {
    const { route, arm, assigned, attempted, kept, inputsFor } = entry;
    const { fields } = kept.settings;
    const features = this.#redaction(entry, 'features', inputsFor.version.signature);
    const outputs = this.#redaction(entry, 'outputs', arm.version.signature);
    return {
      at: entry.at,
      endpoint: route.endpoint,
      model: arm.version.model,
      version: arm.version.version,
      arm: arm.name,
      assigned: assigned.name,
      rollout: route.rollout,
      predictionId: this.#idOf(entry),
      unit: this.#unitOf(entry),
      outcome: attempted.outcome,
      latencyMs: attempted.latencyMs,
      isReplaced: entry.isReplaced,
      inputs: fields.includes('inputs') ? this.#written(entry.inputs, features) : null,
      outputs: fields.includes('outputs') ? this.#written(attempted.outputs, outputs) : null,
      withheld: [...features.unknown, ...outputs.unknown],
    };
  }

  #redaction({ kept, arm }: Entry, side: RedactSide, signature: Signature): CompiledRedaction {
    const known = kept.sides[side].get(signature);
    if (known !== undefined) return known;
    const specs = side === 'features' ? signature.inputs : signature.outputs;
    const redaction = compileRedaction(kept.settings.redact, side, specs);
    kept.sides[side].set(signature, redaction);
    const { unknown } = redaction;
    if (unknown.length > 0) {
      const { model, version } = arm.version;
      this.#parts.log.warn({ model, version, unknown }, 'rules name nothing: no values are kept');
    }
    return redaction;
  }

  #written(tensors: readonly Tensor[], redaction: CompiledRedaction): readonly LoggedTensor[] {
    return tensors.map((tensor) => loggedTensor(tensor, { redaction, digest: this.#digest }));
  }

  #unitOf({ unit, isNamed, kept }: Entry): string | null {
    if (!isNamed) return null;
    if (kept.unit === null) return unit;
    return kept.unit === 'constant' ? REDACTED : pseudonym(this.#digest, UNIT_PLACE, unit);
  }

  #idOf({ predictionId, kept }: Entry): string | null {
    if (predictionId === null || !kept.hidesId) return predictionId;
    return pseudonym(this.#digest, PREDICTION_PLACE, predictionId);
  }

  readonly #digest: KeyedDigest = (text) => this.#parts.keeping?.digest(text) ?? '';
}
