import { momentBody } from '../../protocol/admin/scalars.ts';
import type { EventLog, NumberedEvent } from '../event-log.ts';
import type { Handlers } from './handler.ts';

/** A comment line that often keeps proxies from closing a silent stream. */
const KEEP_ALIVE_MS = 15_000;
/** Events a slow reader may fall behind before he is cut off and has to come again. */
const BACKLOG_MAX = 1_000;

/** The stream of events. */
export const eventHandlers: Pick<Handlers, 'events.stream'> = {
  'events.stream': async ({ events }, { lastEventId, signal }) => {
    const seen = Number(lastEventId ?? '0');
    return stream(events, Number.isSafeInteger(seen) ? seen : 0, signal);
  },
};

async function* stream(events: EventLog, seen: number, signal: AbortSignal): AsyncIterable<string> {
  const waiting: NumberedEvent[] = [...events.after(seen)];
  let wake: () => void = () => undefined;
  const stop = events.listen((event) => {
    waiting.push(event);
    wake();
  });
  signal.addEventListener('abort', () => wake(), { once: true });
  try {
    yield ': understudy events\n\n';
    while (!signal.aborted && waiting.length < BACKLOG_MAX) {
      for (const event of waiting.splice(0)) yield format(event);
      const idle = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(true), KEEP_ALIVE_MS);
        wake = () => {
          clearTimeout(timer);
          resolve(false);
        };
        if (waiting.length > 0 || signal.aborted) wake();
      });
      if (idle) yield ': still here\n\n';
    }
  } finally {
    stop();
  }
}

function format({ seq, id, at, event }: NumberedEvent): string {
  const data = JSON.stringify({ seq, id, at: momentBody(at), event });
  return `id: ${seq}\nevent: ${event.kind}\ndata: ${data}\n\n`;
}
