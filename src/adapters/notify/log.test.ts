import { expect, test } from 'vitest';
import { notifierContract } from '../../ports/notifier.contract.ts';
import { createLogNotifier } from './log.ts';

notifierContract('log', () => {
  const ids: string[] = [];
  const info = (fields: unknown): void => void ids.push((fields as { id: string }).id);
  return { notifier: createLogNotifier({ info }), received: () => ids };
});

test('an aborted send rejects, so that it is tried again', async () => {
  const notifier = createLogNotifier({ info: () => undefined });
  const effect = { id: 'x', type: 'notify', event: {} } as unknown as Parameters<
    typeof notifier.send
  >[0];
  await expect(notifier.send(effect, AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
});
