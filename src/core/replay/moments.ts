import { after } from '../lib/units.ts';
import type { Instant } from '../lib/units.ts';
import type { Window } from '../telemetry/window.ts';
import type { Receipt, ReceiptStep } from './receipt.ts';

/** A moment of a recorded rollout at which something could be decided. */
export type Moment = {
  readonly at: Instant;
  /** Windows that were known from then on. */
  readonly windows: readonly Window[];
  /** What was decided or asked then; null: nothing. */
  readonly entry: ReceiptStep | null;
};

/**
 * All moments of a receipt, in order. When a bucket became known is not recorded: it was over by
 * then, and it came between the judgement that did without it and the one that had it.
 */
export function momentsOf(receipt: Receipt): readonly Moment[] {
  const [, ...steps] = receipt.entries;
  const arrivals = Map.groupBy(arrivalsOf(receipt, steps), ({ gap }) => gap);
  const between = (gap: number): readonly Moment[] => {
    const all = Map.groupBy(arrivals.get(gap) ?? [], ({ at }) => at);
    return [...all]
      .sort(([a], [b]) => a - b)
      .map(([at, some]) => ({ at, entry: null, windows: some.map(({ window }) => window) }));
  };
  // Entries keep their order, also when a clock was set back between two of them.
  const told = steps.flatMap((entry, index) => [
    ...between(index),
    { at: entry.at, entry, windows: [] },
  ]);
  return [...told, ...between(steps.length)];
}

/** A window that became known at a moment, before the step with the number of its gap. */
type Arrival = { readonly at: Instant; readonly gap: number; readonly window: Window };

function arrivalsOf(
  { windows, later, entries: [start] }: Receipt,
  steps: readonly ReceiptStep[],
): readonly Arrival[] {
  const first = start.detail.state.createdAt;
  const known = windows.map(({ since: [seq], window }) => {
    const last = steps.findIndex((step) => step.seq === seq);
    const without = steps.findLastIndex(({ detail }, at) => at < last && detail.judged !== null);
    const from = judgedAt(steps[without]) ?? first;
    const over = latest(from, overAt(window));
    const at = over > (judgedAt(steps[last]) ?? Infinity) ? from : over;
    const gap = steps.findIndex(
      (step, index) => index > without && (index === last || step.at > at),
    );
    return { window, gap, at };
  });
  const end = judgedAt(steps.findLast(({ detail }) => detail.judged !== null)) ?? first;
  const rest = later.map((window) => {
    return { window, gap: steps.length, at: latest(end, overAt(window)) };
  });
  return [...known, ...rest];
}

const judgedAt = (step: ReceiptStep | undefined): Instant | null => step?.detail.judged?.at ?? null;

const overAt = ({ start, bucketMs }: Window): Instant => after(start, bucketMs);

const latest = (a: Instant, b: Instant): Instant => (a > b ? a : b);
