import type { Logger } from 'pino';
import { Fault } from '../protocol/errors.ts';
import type { ChildMessage } from './supervisor.ts';

/** A part of the product that runs until it is told to stop. */
export type Service = { readonly stop: () => Promise<void> };

/**
 * Runs a service until SIGTERM, SIGINT or the loss of the supervisor, then stops it in order. A
 * second signal ends at once. Tells the supervisor when it is ready, or why it cannot start.
 */
export async function runService(start: () => Promise<Service>, log: Logger): Promise<void> {
  const ending = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      ending.resolve(signal);
      process.once(signal, () => process.exit(130));
    });
  }
  // Without its supervisor nobody would restart or stop this process: it would keep the port for
  // ever.
  process.once('disconnect', () => ending.resolve('the supervisor is gone'));
  let service: Service;
  try {
    service = await start();
  } catch (error) {
    refuse(error, log);
    return;
  }
  tell({ type: 'ready' });
  log.info('ready');
  log.info({ why: await ending.promise }, 'stopping');
  await service.stop();
  process.exit(0);
}

function refuse(error: unknown, log: Logger): void {
  if (!(error instanceof Fault)) throw error;
  log.error({ code: error.code, fix: error.fix }, error.message);
  tell({ type: 'refused', code: error.code, sentence: `${error.message}. ${error.fix}` });
  process.exitCode = 1;
  process.disconnect?.();
}

function tell(message: ChildMessage): void {
  if (process.connected) process.send?.(message);
}
