import { createHash } from 'node:crypto';
import type { Instant } from '../../core/lib/units.ts';
import { Fault } from '../../protocol/errors.ts';
import type { StoredAnswer } from '../../ports/store.ts';
import type { ControlContext } from '../context.ts';
import type { Plan, PlannedPut } from '../journal.ts';
import type { State } from '../state.ts';
import type { Principal } from './handler.ts';

/** A call that must have its effect once, however often it is sent. */
export type Once = {
  readonly recordKey: string;
  readonly bodyDigest: string;
};

/** What is answered, as bytes, so that a repeat is the same to the last of them. */
export type Spoken = { readonly status: number; readonly body: string };

const KEY_MAX = 200;

/** The idempotency key of a request bound to who sent it and what it says; null without a key. */
export function onceOf(
  header: string | undefined,
  principal: Principal,
  said: readonly string[],
): Once | null {
  if (header === undefined) return null;
  if (header.length === 0 || header.length > KEY_MAX) {
    throw new Fault('INPUT_INVALID', `an idempotency key has 1 to ${KEY_MAX} characters`);
  }
  return { recordKey: digest([principal.name, header]), bodyDigest: digest(said) };
}

const digest = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/**
 * The answer given before under this key; null when this is the first time. Fault
 * `IDEMPOTENCY_MISMATCH`.
 */
export async function recall({ store }: ControlContext, once: Once): Promise<Spoken | null> {
  const [record] = await store.list({ kind: 'answer', key: once.recordKey, limit: 1 });
  if (record === undefined) return null;
  if (record.value.bodyDigest !== once.bodyDigest) {
    throw new Fault('IDEMPOTENCY_MISMATCH', 'this idempotency key was used for another request');
  }
  return { status: record.value.status, body: record.value.body };
}

/** The plan with the answer to remember, in one transaction. */
export function remembering<T>(
  once: Once | null,
  status: number,
  decide: (state: State, now: Instant) => Plan<T>,
): (state: State, now: Instant) => Plan<T> {
  if (once === null) return decide;
  return (state, now) => {
    const plan = decide(state, now);
    const { bodyDigest, recordKey } = once;
    const value: StoredAnswer = { bodyDigest, status, body: JSON.stringify(plan.answer), at: now };
    const put: PlannedPut = { kind: 'answer', key: recordKey, value };
    return { ...plan, puts: [...(plan.puts ?? []), put] };
  };
}

/**
 * Lets calls under one key wait for each other, so that the second finds the first one's answer.
 */
export class Turnstile {
  readonly #inside = new Map<string, Promise<unknown>>();

  async pass<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#inside.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    this.#inside.set(key, settled);
    try {
      return await mine;
    } finally {
      if (this.#inside.get(key) === settled) this.#inside.delete(key);
    }
  }
}
