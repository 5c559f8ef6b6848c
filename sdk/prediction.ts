import type { FeedbackAnswer } from '../src/protocol/feedback/answer.ts';
import type { FeedbackPiece } from '../src/protocol/feedback/item.ts';
import { UnderstudyError } from './error.ts';
import { send } from './transport.ts';
import type { Payload, Reach, Wanted } from './transport.ts';

/** How to reach a gateway. */
export type PredictorOptions = {
  /** Base address of the prediction listener, e.g. `http://127.0.0.1:8080`. */
  readonly gateway: string;
  /** Another way of sending requests; default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** How often a request is repeated when no answer came; default 2. */
  readonly retries?: number;
  /** Wait before the first repetition, in milliseconds; default 50. */
  readonly backoffMs?: number;
  /** For requests that name no other; default 30 000. */
  readonly timeoutMs?: number;
  /** Ends all requests. */
  readonly signal?: AbortSignal;
};

/** What may be said with any prediction. */
export type PredictionOptions = {
  readonly endpoint: string;
  /** A version by number or label, instead of the one the route chooses; it is no evidence. */
  readonly version?: string | number;
  /** Who it is for: the same unit gets the same version. */
  readonly unit?: string;
  /** Header that names the unit, where the endpoint is set to another; default `x-unit-id`. */
  readonly unitHeader?: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
};

/** What made a prediction, read from the headers of its answer. */
export type MadeBy = {
  /** `baseline` or `candidate`; null: the gateway did not say. */
  readonly arm: string | null;
  readonly version: string | null;
  /** Names this prediction, for feedback that comes later. */
  readonly predictionId: string | null;
};

/** An answer of the simple prediction API. */
export type Prediction = MadeBy & {
  readonly prediction: unknown;
  /** All the body said. */
  readonly body: Readonly<Record<string, unknown>>;
};

/** A request of the Open Inference Protocol v2 in JSON. */
export type InferRequest = {
  readonly id?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly inputs: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly datatype: string;
    readonly data: unknown;
    readonly parameters?: Readonly<Record<string, unknown>>;
  }[];
  readonly outputs?: readonly {
    readonly name: string;
    readonly parameters?: Readonly<Record<string, unknown>>;
  }[];
};

/** An answer of the Open Inference Protocol v2 in JSON. */
export type InferResponse = {
  readonly model_name: string;
  readonly model_version?: string;
  readonly id?: string;
  readonly outputs: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly datatype: string;
    readonly data: readonly unknown[];
  }[];
};

/** Asks a gateway for predictions. */
export type Predictor = {
  /** `features`: one row `[…]`, rows `[[…], …]`, or values by name. */
  predict(features: unknown, options: PredictionOptions): Promise<Prediction>;
  infer(request: InferRequest, options: PredictionOptions): Promise<MadeBy & InferResponse>;
  /**
   * Says what became of predictions: up to 50 000 pieces, or lines of JSON. A piece that was sent
   * before counts nothing, so that all of it may be sent again. Throws when not one was good.
   */
  feedback(
    pieces: readonly FeedbackPiece[] | string,
    options?: FeedbackOptions,
  ): Promise<FeedbackAnswer>;
};

/** What may be said with feedback. */
export type FeedbackOptions = Pick<PredictionOptions, 'signal' | 'timeoutMs'>;

export type { FeedbackAnswer, FeedbackPiece };

const RETRIES = 2;
const BACKOFF_MS = 50;
const TIMEOUT_MS = 30_000;

/** A client of a gateway. */
export function createPredictor(options: PredictorOptions): Predictor {
  const { retries = RETRIES, backoffMs = BACKOFF_MS, timeoutMs = TIMEOUT_MS } = options;
  const reach: Reach = {
    server: options.gateway,
    token: null,
    fetch: options.fetch ?? globalThis.fetch,
    signal: options.signal,
    retries,
    backoffMs,
    unreachable: 'GATEWAY_UNREACHABLE',
  };
  const ask = (path: string, body: unknown, given: PredictionOptions): Promise<Answer> =>
    send(reach, wantedOf(path, body, { timeoutMs, ...given }), readAnswer);
  return {
    predict: async (features, given) => {
      const { endpoint, version } = given;
      const body = {
        endpoint,
        features,
        ...(version === undefined ? {} : { model_version: version }),
      };
      const { madeBy, body: answer } = await ask('/predict', body, given);
      return { ...madeBy, prediction: answer['prediction'], body: answer };
    },
    infer: async (request, given) => {
      const { endpoint, version } = given;
      const pinned = version === undefined ? '' : `/versions/${encodeURIComponent(version)}`;
      const path = `/v2/models/${encodeURIComponent(endpoint)}${pinned}/infer`;
      const { madeBy, body } = await ask(path, request, given);
      return { ...(body as unknown as InferResponse), ...madeBy };
    },
    feedback: async (pieces, given = {}) => {
      const lines = typeof pieces === 'string' ? pieces : linesOf(pieces);
      const wanted = wantedOf('/v1/feedback', lines, { endpoint: '', timeoutMs, ...given });
      const { body } = await send(reach, { ...wanted, headers: LINES }, readAnswer);
      return body as unknown as FeedbackAnswer;
    },
  };
}

const LINES = { 'content-type': 'application/x-ndjson' };

const linesOf = (pieces: readonly FeedbackPiece[]): string =>
  pieces.map((piece) => JSON.stringify(piece)).join('\n');

type Answer = { readonly madeBy: MadeBy; readonly body: Readonly<Record<string, unknown>> };

function wantedOf(
  path: string,
  body: unknown,
  given: PredictionOptions & { readonly timeoutMs: number },
): Wanted {
  const { unit, unitHeader = 'x-unit-id', signal, timeoutMs } = given;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    method: 'POST',
    path,
    headers: {
      'content-type': 'application/json',
      ...(unit === undefined ? {} : { [unitHeader]: unit }),
    },
    body: (): Payload => text,
    // A prediction changes nothing, and feedback counts once, so that asking twice is safe.
    isRepeatable: true,
    signal,
    timeoutMs,
  };
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const { headers } = response;
  const madeBy = {
    arm: headers.get('x-understudy-arm'),
    version: headers.get('x-model-version'),
    predictionId: headers.get('x-prediction-id'),
  };
  try {
    return { madeBy, body: JSON.parse(text) as Answer['body'] };
  } catch (cause) {
    throw new UnderstudyError(`${response.url} answered with something that is not JSON`, {
      code: 'ANSWER_INVALID',
      fix: 'See whether the address is that of a gateway and not of something before it.',
      status: response.status,
      cause,
    });
  }
}
