import type { EventBody } from '../src/protocol/admin/call.ts';
import { UnderstudyError } from './error.ts';
import { readEventStream } from './event-stream.ts';
import { anyOf, backoff, pause, send } from './transport.ts';
import type { Reach } from './transport.ts';

/** How events are followed. */
export type FollowOptions = {
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal;
  /** Go on after the event with this `seq`; absent: all events the server still has come first. */
  readonly after?: number;
  /** Called when the stream broke off, before it is taken up again. */
  readonly onGap?: (why: unknown) => void;
  /** A stream that is silent for this long is taken up again; default 60 s. */
  readonly idleMs?: number;
};

const IDLE_MS = 60_000;
const HTTP_SERVER_ERROR = 500;
/** How many ids are remembered, so that an event sent twice is given once. */
const REMEMBERED_MAX = 1_000;

/**
 * Events as they happen. Where the connection breaks, it is taken up again after the last event
 * that came. Throws when the very first connection fails, or when the server refuses.
 */
export async function* followEvents(
  reach: Reach,
  path: string,
  options: FollowOptions,
): AsyncGenerator<EventBody, void> {
  const { onGap } = options;
  const signal = anyOf(reach.signal, options.signal);
  const seen = new RecentIds();
  let last = options.after === undefined ? null : String(options.after);
  let failures = 0;
  let wasOpen = false;
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    try {
      for await (const event of openOnce(reach, path, { ...options, last })) {
        wasOpen = true;
        failures = 0;
        last = event === 'alive' ? last : String(event.seq);
        yield* event === 'alive' ? [] : seen.news(event);
      }
      onGap?.(null);
    } catch (error) {
      if (isOver()) return;
      if (!wasOpen || isRefusal(error)) throw error;
      onGap?.(error);
    }
    await pause(backoff(reach.backoffMs, failures), signal).catch(() => undefined);
    failures += 1;
  }
}

/** The server understood and said no; asking again would not help. */
const isRefusal = (error: unknown): boolean =>
  error instanceof UnderstudyError && error.status !== null && error.status < HTTP_SERVER_ERROR;

async function* openOnce(
  reach: Reach,
  path: string,
  options: FollowOptions & { readonly last: string | null },
): AsyncGenerator<EventBody | 'alive', void> {
  const { last, idleMs = IDLE_MS } = options;
  const stop = new AbortController();
  const signal = anyOf(options.signal, stop.signal);
  let idle = setTimeout(() => stop.abort(), idleMs);
  try {
    const body = await send(
      reach,
      {
        method: 'GET',
        path,
        headers: {
          accept: 'text/event-stream',
          ...(last === null ? {} : { 'last-event-id': last }),
        },
        body: () => null,
        isRepeatable: true,
        signal,
        timeoutMs: null,
      },
      async (response) => response.body,
    );
    if (body === null) return;
    yield 'alive';
    for await (const item of readEventStream(body)) {
      clearTimeout(idle);
      idle = setTimeout(() => stop.abort(), idleMs);
      yield item === 'alive' ? item : parseEvent(item.data);
    }
  } finally {
    clearTimeout(idle);
    stop.abort();
  }
}

function parseEvent(data: string): EventBody {
  try {
    return JSON.parse(data) as EventBody;
  } catch (cause) {
    throw new UnderstudyError('an event is not JSON', {
      code: 'ANSWER_INVALID',
      fix: 'See whether the address is that of Understudy and not of something before it.',
      cause,
    });
  }
}

class RecentIds {
  readonly #ids = new Set<string>();

  /** The event, or nothing when it came before. */
  news(event: EventBody): readonly EventBody[] {
    if (this.#ids.has(event.id)) return [];
    this.#ids.add(event.id);
    const [oldest] = this.#ids;
    if (this.#ids.size > REMEMBERED_MAX && oldest !== undefined) this.#ids.delete(oldest);
    return [event];
  }
}
