import type { Logger } from 'pino';
import type { Effect } from '../../core/rollout/effect.ts';
import type { Notifier } from '../../ports/notifier.ts';

/** Ids remembered, so that an effect performed twice is written once in the life of a process. */
const REMEMBERED = 1_000;

/** Writes each event as a log line, with its id for whoever collects the lines. */
export function createLogNotifier(log: Pick<Logger, 'info'>): Notifier {
  const seen = new Set<string>();
  return {
    async send({ id, event }: Effect, signal: AbortSignal): Promise<void> {
      signal.throwIfAborted();
      if (seen.has(id)) return;
      seen.add(id);
      if (seen.size > REMEMBERED) seen.delete(seen.values().next().value ?? '');
      log.info({ id, ...event }, event.kind);
    },
  };
}
