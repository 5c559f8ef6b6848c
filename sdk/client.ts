import type { ByteSource, CallAnswer, CallInput, EventBody } from '../src/protocol/admin/call.ts';
import type { OperationId } from '../src/protocol/admin/operations.ts';
import { followEvents } from './events.ts';
import type { FollowOptions } from './events.ts';
import { UnderstudyError } from './error.ts';
import { patientMs, routes } from './routes.ts';
import { send } from './transport.ts';
import type { Payload, Reach, Wanted } from './transport.ts';

/** How to reach the admin API. */
export type ClientOptions = {
  /** Base address, e.g. `http://127.0.0.1:8081`. */
  readonly server: string;
  readonly token: string;
  /** Another way of sending requests; default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** How often a call is repeated when no answer came; default 3. */
  readonly retries?: number;
  /** Wait before the first repetition, in milliseconds; default 100. */
  readonly backoffMs?: number;
  /** For calls that name no other; default 30 000. */
  readonly timeoutMs?: number;
  /** Ends all calls. */
  readonly signal?: AbortSignal;
};

/** What may be said to any call. */
export type CallOptions = {
  readonly signal?: AbortSignal;
  /** For the whole call with its repetitions. */
  readonly timeoutMs?: number;
  /** Under which the server does it once, however often it is sent; default: a random one. */
  readonly idempotencyKey?: string;
};

type Stream = (options?: FollowOptions) => AsyncIterable<EventBody>;

type Call<K extends OperationId> =
  Partial<CallInput<K>> extends CallInput<K>
    ? (input?: CallInput<K> & CallOptions) => Promise<CallAnswer<K>>
    : (input: CallInput<K> & CallOptions) => Promise<CallAnswer<K>>;

type Noun = OperationId extends infer K ? (K extends `${infer N}.${string}` ? N : never) : never;
type VerbOf<N extends Noun> = OperationId extends infer K
  ? K extends `${N}.${infer V}`
    ? V
    : never
  : never;

/** Every call of the admin API as `client.noun.verb(input)`. */
export type Client = {
  readonly [N in Noun]: {
    readonly [V in VerbOf<N>]: `${N}.${V}` extends 'events.stream'
      ? Stream
      : Call<`${N}.${V}` & OperationId>;
  };
};

const RETRIES = 3;
const BACKOFF_MS = 100;
const TIMEOUT_MS = 30_000;

/** A client of the admin API. */
export function createClient(options: ClientOptions): Client {
  const { retries = RETRIES, backoffMs = BACKOFF_MS, timeoutMs = TIMEOUT_MS } = options;
  const reach: Reach = {
    server: options.server,
    token: options.token,
    fetch: options.fetch ?? globalThis.fetch,
    signal: options.signal,
    retries,
    backoffMs,
    unreachable: 'CONTROL_UNREACHABLE',
  };
  const client: Record<string, Record<string, unknown>> = {};
  for (const id of Object.keys(routes) as OperationId[]) {
    const [noun = '', verb = ''] = id.split('.');
    const group = (client[noun] ??= {});
    group[verb] =
      id === 'events.stream'
        ? (follow: FollowOptions = {}) => followEvents(reach, partsOf(id).path, follow)
        : (input: AnyInput = {}) =>
            call(reach, id, { timeoutMs: patientMs[id] ?? timeoutMs, ...input });
  }
  // The table has every call, so what was made from it has every member of the type.
  return client as Client;
}

type Scalar = string | number | boolean;

type AnyInput = CallOptions & {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, Scalar | undefined>>;
  readonly body?: unknown;
};

type TimedInput = AnyInput & { readonly timeoutMs: number };

async function call(reach: Reach, id: OperationId, input: TimedInput): Promise<unknown> {
  const { method, path } = partsOf(id);
  const wanted: Wanted = {
    method,
    path: fill(path, input.params ?? {}) + queryText(input.query ?? {}),
    ...contentOf(id, input.body),
    signal: input.signal,
    timeoutMs: id === 'blob.put' ? null : input.timeoutMs,
  };
  const key = input.idempotencyKey ?? globalThis.crypto.randomUUID();
  const headers = method === 'GET' ? {} : { 'idempotency-key': key };
  const whole = { ...wanted, headers: { ...wanted.headers, ...headers } };
  return id === 'blob.read'
    ? send(reach, { ...whole, timeoutMs: null }, async (response) => bytesOf(response))
    : send(reach, whole, readJson);
}

const partsOf = (id: OperationId): { readonly method: string; readonly path: string } => {
  const [method = '', path = ''] = routes[id].split(' ');
  return { method, path };
};

function fill(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = params[name];
    if (value === undefined || value === '') throw new TypeError(`params.${name} is missing`);
    return encodeURIComponent(value);
  });
}

function queryText(query: Readonly<Record<string, Scalar | undefined>>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) given.set(name, String(value));
  }
  return given.size === 0 ? '' : `?${given.toString()}`;
}

type Content = Pick<Wanted, 'headers' | 'body' | 'isRepeatable'>;

function contentOf(id: OperationId, body: unknown): Content {
  if (id === 'blob.put') return uploadOf(body as ByteSource);
  if (body === undefined) return { headers: {}, body: () => null, isRepeatable: true };
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json' };
  return { headers, body: () => text, isRepeatable: true };
}

function uploadOf(source: ByteSource): Content {
  const headers = { 'content-type': 'application/octet-stream' };
  const make = typeof source === 'function' ? source : () => source;
  const isRepeatable = typeof source === 'function' || source instanceof Uint8Array;
  const body = (): Payload => {
    const bytes = make();
    // A view of shared memory cannot be sent; the copy is ours alone.
    return bytes instanceof Uint8Array ? new Uint8Array(bytes) : ReadableStream.from(bytes);
  };
  return { headers, body, isRepeatable };
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnderstudyError(`${response.url} answered with something that is not JSON`, {
      code: 'ANSWER_INVALID',
      fix: 'See whether the address is that of Understudy and not of something before it.',
      status: response.status,
      cause,
    });
  }
}

const bytesOf = (response: Response): AsyncIterable<Uint8Array> =>
  response.body ?? ReadableStream.from<Uint8Array>([]);
