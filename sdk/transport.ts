import { UnderstudyError, errorOfAnswer } from './error.ts';
import type { ClientCode } from './error.ts';

/** What can be sent. */
export type Payload = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/** How to reach a server. */
export type Reach = {
  /** Base address, e.g. `http://127.0.0.1:8081`. */
  readonly server: string;
  /** Bearer token; null: none is sent. */
  readonly token: string | null;
  readonly fetch: typeof globalThis.fetch;
  /** Ends every call. */
  readonly signal: AbortSignal | undefined;
  /** How often a call is repeated after a connection failed before an answer came. */
  readonly retries: number;
  /** Wait before the first repetition; doubles each time, and is varied by up to half. */
  readonly backoffMs: number;
  /** The code of an error when nothing answers. */
  readonly unreachable: Extract<ClientCode, 'CONTROL_UNREACHABLE' | 'GATEWAY_UNREACHABLE'>;
};

/** One request. */
export type Wanted = {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes the body, anew for each attempt; null for none. */
  readonly body: () => Payload | null;
  readonly isRepeatable: boolean;
  readonly signal: AbortSignal | undefined;
  /** For the whole call with its repetitions; null: none. */
  readonly timeoutMs: number | null;
};

const BACKOFF_MAX_MS = 5_000;

/** Waits; rejects with the signal's reason when it is aborted before. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(reasonOf(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Aborted as soon as one of them is. */
export const anyOf = (...signals: readonly (AbortSignal | undefined)[]): AbortSignal =>
  AbortSignal.any(signals.filter((signal) => signal !== undefined));

const reasonOf = (signal: AbortSignal | undefined): Error =>
  signal?.reason instanceof Error ? signal.reason : new DOMException('stopped', 'AbortError');

/** The wait before the repetition with this number (0, 1, …). */
export function backoff(firstMs: number, attempt: number): number {
  const whole = Math.min(firstMs * 2 ** attempt, BACKOFF_MAX_MS);
  // Without chance, all clients of a server that was away would come back at the same moment.
  return whole * (0.5 + Math.random() / 2);
}

/**
 * Sends a request and lets `read` take the answer. Repeats it while the connection fails before
 * the answer is complete, never after an answer. An answer with a failing status is thrown.
 */
export async function send<T>(
  reach: Reach,
  wanted: Wanted,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const timeout = wanted.timeoutMs === null ? undefined : AbortSignal.timeout(wanted.timeoutMs);
  const stop = anyOf(reach.signal, wanted.signal);
  const signal = anyOf(stop, timeout);
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await attemptOnce(reach, { ...wanted, signal }, read);
    } catch (error) {
      if (error instanceof UnderstudyError) throw error;
      if (stop.aborted) throw reasonOf(stop);
      if (timeout?.aborted === true) throw tooLate(reach, wanted);
      const isLast = attempt >= reach.retries || !wanted.isRepeatable;
      if (isLast) throw noAnswer(reach, error);
      await pause(backoff(reach.backoffMs, attempt), signal).catch(() => undefined);
    }
  }
}

async function attemptOnce<T>(
  reach: Reach,
  wanted: Wanted & { readonly signal: AbortSignal },
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const { method, signal } = wanted;
  signal.throwIfAborted();
  const body = wanted.body();
  const response = await reach.fetch(addressOf(reach, wanted), {
    method,
    headers: {
      ...wanted.headers,
      ...(reach.token === null ? {} : { authorization: `Bearer ${reach.token}` }),
    },
    signal,
    ...(body === null ? {} : { body }),
    // A body that is streamed must say so; `fetch` has no other way of sending one.
    ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
  });
  if (!response.ok) throw errorOfAnswer(response, await response.text());
  return read(response);
}

/** The server may lie below a path of its own, behind a proxy. */
const addressOf = ({ server }: Reach, { path }: Wanted): string =>
  `${server.replace(/\/+$/, '')}${path}`;

function tooLate({ server }: Reach, { method, path, timeoutMs }: Wanted): UnderstudyError {
  return new UnderstudyError(`${method} ${path} had no answer from ${server} in ${timeoutMs} ms`, {
    code: 'TIMEOUT',
    fix: 'Repeat it, or allow more time; a changed state shows whether it took effect.',
  });
}

function noAnswer({ server, unreachable }: Reach, cause: unknown): UnderstudyError {
  return new UnderstudyError(`nothing answers at ${server} (${sentenceOf(cause)})`, {
    code: unreachable,
    fix:
      unreachable === 'CONTROL_UNREACHABLE'
        ? 'Start it (`understudy serve`), or name the right address of the admin API.'
        : 'Start it (`understudy serve`), or name the right address of the gateway.',
    cause,
  });
}

/** `fetch failed` says nothing; its cause does. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError) return sentenceOf(cause.errors[0]);
  return cause instanceof Error ? sentenceOf(cause) : error.message;
}
