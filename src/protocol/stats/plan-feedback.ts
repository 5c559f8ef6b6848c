import { z } from 'zod';
import { expectedIn } from '../../core/plan/feedback.ts';
import type { Expected, Feedback } from '../../core/plan/feedback.ts';
import type { RolloutSpec } from '../../core/rollout/spec.ts';
import { LABEL_METRIC } from '../../core/feedback/feedback.ts';
import type { MeasureName } from '../../core/feedback/measure.ts';
import type { FeedbackBody } from '../admin/feedback.ts';
import { parseWith } from '../admin/parse.ts';
import { durationSchema, rateSchema } from '../admin/quantities.ts';
import { strict } from '../admin/shapes.ts';
import { Fault } from '../errors.ts';

const shape = strict({
  expect: z.string().optional(),
  'label-delay': durationSchema.optional(),
  labelled: rateSchema.optional(),
});

/** What is known of the endpoint's feedback without being said. */
export type FeedbackSeen = {
  readonly maturityMs: number;
  /** Pieces of labels per answer, at most 1; null: none were seen. */
  readonly labelled: number | null;
  readonly means: ReadonlyMap<string, number>;
};

/**
 * How feedback comes, by the flags of `plan`; what they leave out is as the declaration expects it.
 * Fault `INPUT_INVALID` with the flag as its path.
 */
export function planFeedback(
  words: Readonly<Record<string, unknown>>,
  spec: RolloutSpec,
  seen: FeedbackSeen | null = null,
): Feedback {
  const { expect, labelled, ...rest } = parseWith(shape, words, null);
  const declared = expectedIn(spec).map((one) => {
    return { ...one, mean: seen?.means.get(one.of.name) ?? one.mean };
  });
  return {
    metrics: expect === undefined ? declared : expectedAs(expect, declared),
    maturityMs: rest['label-delay'] ?? seen?.maturityMs ?? 0,
    labelled: labelled ?? seen?.labelled ?? 1,
  };
}

/** Reads off what came back about the version in production what a declaration asks about. */
export function feedbackSeen(
  { metrics }: FeedbackBody,
  { spec, version }: { readonly spec: RolloutSpec; readonly version: number },
): FeedbackSeen {
  const means = new Map<string, number>();
  let [maturityMs, labelled] = [0, null as number | null];
  for (const { of } of expectedIn(spec)) {
    const metric = metrics.find((one) => one.metric === of.name);
    const own = metric?.versions.find((one) => one.version === version);
    maturityMs = Math.max(maturityMs, metric?.maturityMs ?? 0);
    const measured = (name: MeasureName): number | undefined =>
      own?.measures.find((one) => one.name === name)?.value;
    const arrival = Math.min(1, own?.arrivalRate ?? 1);
    const isLabel = of.name === LABEL_METRIC;
    if (isLabel && own !== undefined) labelled = arrival;
    const piece = isLabel ? measured('accuracy') : measured('mean');
    if (piece === undefined) continue;
    // A unit about which nothing comes back counts 0, but where a mean is of pieces.
    means.set(of.name, isLabel || of.kind === 'ratio' ? piece : piece * arrival);
  }
  return { maturityMs, labelled, means };
}

/** `label=92%,revenue=3.2`, the figures of the version in production. */
function expectedAs(text: string, declared: readonly Expected[]): readonly Expected[] {
  const said = new Map(text.split(',').map(figureIn));
  const unknown = [...said.keys()].find((name) => !declared.some(({ of }) => of.name === name));
  if (unknown !== undefined) {
    throw new Fault('INPUT_INVALID', `the declaration reads no feedback ${unknown}`, 'expect');
  }
  return declared.map((one) => ({ ...one, mean: said.get(one.of.name) ?? one.mean }));
}

const FIGURE = /^\s*([^=\s]+)\s*=\s*(-?\d+(?:\.\d+)?)\s*(%?)\s*$/;

function figureIn(text: string): readonly [string, number] {
  const [, name, figure, percent] = FIGURE.exec(text) ?? [];
  if (name === undefined || figure === undefined) {
    throw new Fault('INPUT_INVALID', `write label=92% or revenue=3.2, not ${text}`, 'expect');
  }
  return [name, Number(figure) / (percent === '%' ? 100 : 1)];
}
