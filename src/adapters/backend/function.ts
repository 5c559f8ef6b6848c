import type { CatalogVersion } from '../../core/routing/table.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  BackendHealth,
  InferCall,
  InferResult,
  ModelBackend,
} from '../../ports/model-backend.ts';
import { Fault } from '../../protocol/errors.ts';
import type { Tensor } from '../../protocol/inference/tensor.ts';

/** A model that is a function of this program. */
export type FunctionModel = {
  /** Makes outputs, or says how the prediction ends. What it throws is a model error. */
  readonly predict: (call: InferCall, signal: AbortSignal) => Prediction | Promise<Prediction>;
  /** Time it takes to load; absent: none. */
  readonly loadMs?: number;
  /** Why it cannot be loaded; absent: it can. */
  readonly refusal?: string;
};

type Prediction = readonly Tensor[] | InferResult;

/** What the backend is made of. */
export type FunctionBackendOptions = {
  readonly clock: Clock;
  /** The function behind a version; null: there is none, and it cannot be loaded. */
  readonly modelOf: (version: CatalogVersion) => FunctionModel | null;
};

type Held = { readonly model: FunctionModel; state: BackendHealth['state']; detail: string };

/**
 * Versions that are functions, in this process: for simulations, demonstrations and tests of faults
 * that no model file produces on demand. It isolates nothing.
 */
export function createFunctionBackend(options: FunctionBackendOptions): ModelBackend {
  const held = new Map<string, Held>();
  return {
    load: (version, signal) => load({ ...options, held }, version, signal),
    infer: (call, signal) => infer(options.clock, { call, held: held.get(call.digest) }, signal),
    unload: (digest) => {
      held.delete(digest);
      return Promise.resolve();
    },
    health: () => [...held].map(([digest, { state, detail }]) => healthOf(digest, state, detail)),
  };
}

const healthOf = (
  digest: string,
  state: BackendHealth['state'],
  detail: string,
): BackendHealth => ({
  digest,
  state,
  detail,
  rssBytes: 0,
  cpuMs: 0,
  restarts: 0,
  quarantined: 0,
});

async function load(
  { held, clock, modelOf }: FunctionBackendOptions & { readonly held: Map<string, Held> },
  version: CatalogVersion,
  signal: AbortSignal,
): Promise<void> {
  const { digest } = version;
  if (held.get(digest)?.state === 'ready') return;
  const model = modelOf(version);
  if (model === null) throw new Fault('BLOB_NOT_FOUND', `there is no function for ${digest}`);
  const entry: Held = { model, state: 'loading', detail: '' };
  held.set(digest, entry);
  if (model.loadMs !== undefined) await clock.sleep(model.loadMs, signal);
  if (signal.aborted) {
    if (held.get(digest) === entry) held.delete(digest);
    throw new Fault('NOT_READY', 'loading was given up');
  }
  if (model.refusal !== undefined) {
    entry.state = 'failed';
    entry.detail = model.refusal;
    throw new Fault('MODEL_FAILED', model.refusal);
  }
  entry.state = 'ready';
}

async function infer(
  clock: Clock,
  { call, held }: { readonly call: InferCall; readonly held: Held | undefined },
  signal: AbortSignal,
): Promise<InferResult> {
  if (signal.aborted) return { type: 'cancelled' };
  if (held?.state !== 'ready') return { type: 'crash', message: 'the version is not loaded' };
  try {
    const made = held.model.predict(call, signal);
    if (!(made instanceof Promise)) return resultOf(made);
    return await within(clock, { made, deadlineMs: call.deadlineMs }, signal);
  } catch (error) {
    return errorOf(error);
  }
}

const errorOf = (error: unknown): InferResult => ({
  type: 'model_error',
  message: error instanceof Error ? error.message : String(error),
});

const resultOf = (made: Prediction): InferResult =>
  'type' in made ? made : { type: 'ok', outputs: made };

/** The prediction, unless the deadline or the caller's leaving comes first. */
async function within(
  clock: Clock,
  { made, deadlineMs }: { readonly made: Promise<Prediction>; readonly deadlineMs: number },
  signal: AbortSignal,
): Promise<InferResult> {
  const over = new AbortController();
  const stop = (): void => over.abort();
  signal.addEventListener('abort', stop, { once: true });
  const late = clock
    .sleep(deadlineMs, over.signal)
    .then((): InferResult => ({ type: signal.aborted ? 'cancelled' : 'timeout' }));
  const inTime = made.then(resultOf, errorOf);
  const result = await Promise.race([inTime, late]);
  signal.removeEventListener('abort', stop);
  over.abort();
  return result;
}
