import { FEEDBACK_KEPT_MS } from '../core/feedback/retention.ts';
import { instant } from '../core/lib/units.ts';
import { emptyChange } from '../ports/store.ts';
import type { RecordRemove } from '../ports/store.ts';
import type { ControlContext } from './context.ts';

const EVERY_MS = 600_000;
/** A repeat of a call after this long is taken for a new call. */
export const ANSWERS_KEPT_MS = 86_400_000;
const PAGE = 1_000;

/** Forgets what is older than it is kept for, until `signal` is aborted. */
export async function keepHouse(context: ControlContext, signal: AbortSignal): Promise<void> {
  const { clock, log } = context;
  while (!signal.aborted) {
    try {
      await forgetEvidence(context);
      await forgetAnswers(context);
    } catch (error) {
      log.warn({ error: String(error) }, 'what is old could not be forgotten; later again');
    }
    await clock.sleep(EVERY_MS, signal);
  }
}

async function forgetEvidence({ clock, store, limits }: ControlContext): Promise<void> {
  const windowsForgottenBefore = instant(Math.max(0, clock.now() - limits.windowsKeptMs));
  const feedbackForgottenBefore = instant(Math.max(0, clock.now() - FEEDBACK_KEPT_MS));
  await store.commit({ ...emptyChange, windowsForgottenBefore, feedbackForgottenBefore });
}

async function forgetAnswers({ clock, store }: ControlContext): Promise<void> {
  const before = clock.now() - ANSWERS_KEPT_MS;
  let after = '';
  for (;;) {
    const page = await store.list({ kind: 'answer', after, limit: PAGE });
    const removes = page
      .filter(({ value }) => value.at < before)
      .map(({ key, revision }): RecordRemove => ({ kind: 'answer', key, expect: revision }));
    if (removes.length > 0) await store.commit({ ...emptyChange, removes });
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.key;
  }
}
