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

type Held = {
  readonly version: CatalogVersion;
  readonly model: FunctionModel;
  /** Rejects with the fault when the version cannot be loaded. */
  readonly loaded: Promise<void>;
  /** Aborted when the version is unloaded. */
  readonly gone: AbortController;
  state: BackendHealth['state'];
  detail: string;
  answers: number;
};

/**
 * Versions that are functions, in this process: for simulations, demonstrations and tests of faults
 * that no model file produces on demand. It isolates nothing.
 */
export function createFunctionBackend(options: FunctionBackendOptions): ModelBackend {
  const { clock, modelOf } = options;
  const held = new Map<string, Held>();
  return {
    load: (version, signal) => {
      const known = held.get(version.digest);
      if (known !== undefined && known.state !== 'failed') return patiently(known.loaded, signal);
      const model = modelOf(version);
      if (model === null) {
        const what = `there is no function for ${version.digest}`;
        return Promise.reject(new Fault('BLOB_NOT_FOUND', what));
      }
      const fresh = begin(clock, version, model);
      held.set(version.digest, fresh);
      return patiently(fresh.loaded, signal);
    },
    infer: async (call, signal) => {
      const asked = held.get(call.digest);
      const result = await infer(clock, { call, held: asked }, signal);
      const isAnswer = result.type === 'ok' || result.type === 'model_error';
      if (isAnswer && asked !== undefined) asked.answers += 1;
      return result;
    },
    unload: (digest) => {
      held.get(digest)?.gone.abort();
      held.delete(digest);
      return Promise.resolve();
    },
    health: () => [...held.values()].map(healthOf),
  };
}

const healthOf = ({ version, state, detail, answers }: Held): BackendHealth => ({
  digest: version.digest,
  state,
  detail,
  rssBytes: 0,
  cpuMs: 0,
  answers,
  restarts: 0,
  quarantined: 0,
});

function begin(clock: Clock, version: CatalogVersion, model: FunctionModel): Held {
  const gone = new AbortController();
  const entry: Held = {
    version,
    model,
    gone,
    state: 'loading',
    detail: '',
    answers: 0,
    loaded: Promise.resolve()
      .then(() => (model.loadMs === undefined ? undefined : clock.sleep(model.loadMs, gone.signal)))
      .then(() => {
        if (gone.signal.aborted) throw cancelled();
        entry.state = model.refusal === undefined ? 'ready' : 'failed';
        entry.detail = model.refusal ?? '';
        if (model.refusal !== undefined) throw new Fault('PREDICTION_FAILED', model.refusal);
      }),
  };
  // Whoever waits sees the rejection; with nobody waiting it is no news.
  entry.loaded.catch(() => undefined);
  return entry;
}

const cancelled = (): Fault => new Fault('LOAD_CANCELLED', 'loading was given up');

/** The load, unless the caller leaves before: then the others go on waiting. */
function patiently(loaded: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(cancelled());
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(cancelled());
    signal.addEventListener('abort', leave, { once: true });
    loaded.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

async function infer(
  clock: Clock,
  { call, held }: { readonly call: InferCall; readonly held: Held | undefined },
  signal: AbortSignal,
): Promise<InferResult> {
  // The caller may leave in the same turn in which he asked.
  await Promise.resolve();
  if (signal.aborted) return { type: 'cancelled' };
  if (held?.state !== 'ready') return { type: 'crash', message: 'the version is not loaded' };
  if (call.deadlineMs <= 0) return { type: 'timeout' };
  const { inputs, outputs } = held.version.signature;
  const missing = inputs.find(({ name }) => !call.inputs.some((input) => input.name === name));
  const unknown = call.outputs?.find((name) => !outputs.some((output) => output.name === name));
  if (missing !== undefined || unknown !== undefined) {
    return { type: 'model_error', message: `${missing?.name ?? unknown} is not there` };
  }
  try {
    const made = held.model.predict(call, signal);
    if (!(made instanceof Promise)) return resultOf(made, call);
    return await within(clock, { made, call }, signal);
  } catch (error) {
    return errorOf(error);
  }
}

const errorOf = (error: unknown): InferResult => ({
  type: 'model_error',
  message: error instanceof Error ? error.message : String(error),
});

/** What the function made, reduced to the outputs that were asked for, in their order. */
function resultOf(made: Prediction, { outputs }: InferCall): InferResult {
  if ('type' in made) return made;
  if (outputs === null) return { type: 'ok', outputs: made };
  return {
    type: 'ok',
    outputs: outputs.flatMap((name) => made.find((tensor) => tensor.name === name) ?? []),
  };
}

/** The prediction, unless the deadline or the caller's leaving comes first. */
async function within(
  clock: Clock,
  asked: { readonly made: Promise<Prediction>; readonly call: InferCall },
  signal: AbortSignal,
): Promise<InferResult> {
  const { made, call } = asked;
  const over = new AbortController();
  const stop = (): void => over.abort();
  signal.addEventListener('abort', stop, { once: true });
  const late = clock
    .sleep(call.deadlineMs, over.signal)
    .then((): InferResult => ({ type: signal.aborted ? 'cancelled' : 'timeout' }));
  const inTime = made.then((prediction) => resultOf(prediction, call), errorOf);
  const result = await Promise.race([inTime, late]);
  signal.removeEventListener('abort', stop);
  over.abort();
  return result;
}
