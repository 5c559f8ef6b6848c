import type { FeedbackRow, Stretch } from '../src/core/feedback/feedback.ts';
import { bps, instant } from '../src/core/lib/units.ts';

/** The moment all samples are counted from. */
export const feedbackBegan = 1_790_000_000_000;

const HOUR_MS = 3_600_000;

/** The stretch of an hour a moment is in. */
export const hourOf = (at: number): Stretch => ({
  start: instant(Math.floor(at / HOUR_MS) * HOUR_MS),
  widthMs: HOUR_MS,
});

/** The label of one prediction by its number: class 1 at a probability of 0.75, and right. */
export function feedbackSample(number: number, over: Partial<FeedbackRow> = {}): FeedbackRow {
  const at = instant(over.at ?? feedbackBegan + number);
  return {
    key: { type: 'prediction', maker: '0a1b2c3d4e5f', number },
    endpoint: 'risk',
    rollout: 'r-1',
    revision: 3,
    arm: 'candidate',
    version: 2,
    shareBps: bps(500),
    unit: number,
    at,
    receivedAt: instant(at + 1_000),
    metric: 'label',
    value: '1',
    predicted: { label: '1', score: { kind: 'positive', value: 0.75 } },
    cohort: hourOf(at),
    unitStretch: hourOf(at),
    ...over,
  };
}

/** Who made a prediction, as a gateway writes it: nothing was rolled out. */
export const originSample = {
  endpoint: 'risk',
  arm: 'baseline',
  version: 1,
  generation: 1,
  rollout: null,
  revision: null,
  assigned: 'baseline',
  shareBps: null,
} as const;

/** A label as a gateway writes it. */
export const pieceSample = {
  about: {
    type: 'prediction',
    origin: 0,
    nonce: '0a1b2c3d4e5f1',
    unit: 7,
    at: 5,
    predicted: { label: '1', score: null },
  },
  metric: 'label',
  value: '1',
  id: null,
  receivedAt: 9,
} as const;

/** The same order every time, and none at all. */
export function shuffled<T>(all: readonly T[], seed = 1): readonly T[] {
  const mixed = [...all];
  let state = seed;
  for (let at = mixed.length - 1; at > 0; at -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (at + 1);
    const [one, two] = [mixed[at], mixed[other]];
    if (one === undefined || two === undefined) continue;
    mixed[at] = two;
    mixed[other] = one;
  }
  return mixed;
}
