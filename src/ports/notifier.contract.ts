import { describe, expect, test } from 'vitest';
import type { Effect } from '../core/rollout/effect.ts';
import type { Notifier } from './notifier.ts';

/** A notifier with a way to see what its receiver has got. */
export type NotifierUnderTest = {
  readonly notifier: Notifier;
  /** Ids of the effects the receiver has acted on, in order. */
  readonly received: () => readonly string[];
};

const effect = (id: string): Effect => ({
  id,
  type: 'notify',
  event: {
    kind: 'rollout.advanced',
    rollout: 'r-1',
    endpoint: 'risk',
    revision: 3,
    shareBps: 2_500,
    sentence: 'the evidence suffices',
  },
});

/** What every notifier must do. */
export function notifierContract(name: string, make: () => NotifierUnderTest): void {
  describe(`notifier: ${name}`, () => {
    const signal = new AbortController().signal;

    test('what is sent is received, in order', async () => {
      const { notifier, received } = make();
      for (const id of ['a/1/0', 'a/2/0', 'b/1/0']) await notifier.send(effect(id), signal);
      expect(received()).toEqual(['a/1/0', 'a/2/0', 'b/1/0']);
    });

    test('an effect that is sent again is acted on once', async () => {
      const { notifier, received } = make();
      for (const id of ['a/1/0', 'a/1/0', 'a/2/0', 'a/1/0']) {
        await notifier.send(effect(id), signal);
      }
      expect(received()).toEqual(['a/1/0', 'a/2/0']);
    });
  });
}
