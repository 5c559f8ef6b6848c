import { z } from 'zod';
import { powerForMeans, powerForRates } from '../../core/stats/sample-size.ts';
import { sizeForMeans, sizeForRates } from '../../core/stats/sample-size.ts';
import { parseWith } from '../admin/parse.ts';
import { strict } from '../admin/shapes.ts';
import { numberOrPercentSchema, trafficSchema } from './quantities.ts';

/** The calculator's questions as words of a command line. */
const askedSchema = strict({
  metric: z.enum(['mean', 'proportion'], { error: 'known metrics: mean, proportion' }),
  baseline: numberOrPercentSchema,
  mde: numberOrPercentSchema,
  relative: z.boolean().default(false),
  sd: numberOrPercentSchema.exactOptional(),
  alpha: numberOrPercentSchema,
  power: numberOrPercentSchema,
  arms: z.coerce.number({ error: 'write a whole number' }).int().min(2).max(100),
  sides: z.enum(['1', '2'], { error: '1 or 2' }),
  traffic: trafficSchema.exactOptional(),
}).superRefine((asked, context) => {
  const refuse = (path: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [path], message });
  const { metric, baseline, mde, relative, sd, alpha, power } = asked;
  const open = (value: number): boolean => value > 0 && value < 1;
  if (!open(alpha)) refuse('alpha', 'lies strictly between 0 and 1');
  if (!open(power)) refuse('power', 'lies strictly between 0 and 1');
  if (open(alpha) && open(power) && power <= alpha) refuse('power', 'must be above alpha');
  const effect = relative ? baseline * mde : mde;
  if (!(Math.abs(effect) > 0)) refuse('mde', 'no comparison finds an effect of 0');
  if (metric === 'mean' && !(sd !== undefined && sd > 0)) {
    refuse('sd', 'a mean needs its standard deviation, above 0');
  }
  if (metric === 'mean') return;
  if (!open(baseline)) refuse('baseline', 'a proportion lies strictly between 0 and 1');
  else if (!open(baseline + effect)) {
    refuse('mde', `baseline and effect make ${baseline + effect}, which is no proportion`);
  }
});

/** How many units a comparison needs (S4). */
export type SampleSize = {
  readonly metric: 'mean' | 'proportion';
  readonly baseline: number;
  /** Absolute. */
  readonly effect: number;
  /** For one comparison, after the correction for many arms. */
  readonly alpha: number;
  readonly power: number;
  readonly arms: number;
  readonly perArm: number;
  readonly total: number;
  /** At the traffic that was told; null without. */
  readonly seconds: number | null;
  readonly powerCurve: readonly { readonly effect: number; readonly power: number }[];
};

type Asked = z.output<typeof askedSchema>;

/** Multiples of the effect at which the power is told. */
const CURVE = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2] as const;

/**
 * Answers the calculator. Every candidate is compared with the baseline; α is shared equally by the
 * comparisons (Bonferroni). Fault `INPUT_INVALID` with the flag as its path.
 */
export function sampleSizeFor(words: Readonly<Record<string, unknown>>): SampleSize {
  const asked = parseWith(askedSchema, words, null);
  const { metric, baseline, mde, relative, power, arms, traffic } = asked;
  const effect = relative ? baseline * mde : mde;
  const alpha = asked.alpha / (arms - 1);
  const perArm = Math.ceil(totalOf(asked, effect, alpha) / 2);
  const total = perArm * arms;
  return {
    metric,
    baseline,
    effect,
    alpha,
    power,
    arms,
    perArm,
    total,
    seconds: traffic === undefined ? null : total / traffic,
    powerCurve: CURVE.map((multiple) => ({
      effect: effect * multiple,
      power: powerOf(asked, { total: 2 * perArm, effect: effect * multiple }, alpha),
    })),
  };
}

const variancesOf = ({ sd = 1 }: Asked) => ({ candidate: sd ** 2, baseline: sd ** 2 });
const sidesOf = ({ sides }: Asked): 1 | 2 => (sides === '1' ? 1 : 2);

function totalOf(asked: Asked, effect: number, alpha: number): number {
  const { metric, baseline, power } = asked;
  const options = { alpha, power, sides: sidesOf(asked) };
  return metric === 'mean'
    ? sizeForMeans(Math.abs(effect), variancesOf(asked), options).total
    : sizeForRates(baseline, baseline + effect, options).total;
}

function powerOf(
  asked: Asked,
  at: { readonly total: number; readonly effect: number },
  alpha: number,
): number {
  const { metric, baseline } = asked;
  const options = { alpha, sides: sidesOf(asked) };
  const { total, effect } = at;
  if (metric === 'mean') {
    return powerForMeans({ total, effect: Math.abs(effect) }, variancesOf(asked), options);
  }
  const candidate = Math.min(1 - 1e-9, Math.max(1e-9, baseline + effect));
  return powerForRates({ total, baseline, candidate }, options);
}
