import { z } from 'zod';
import { instant } from '../../../core/lib/units.ts';
import { abTestProblems } from '../../../core/strategy/ab-problems.ts';
import { planAbTest } from '../../../core/strategy/ab-plan.ts';
import type { AbTestWish } from '../../../core/strategy/ab-plan.ts';
import { WINNERS } from '../../../core/strategy/outcome-spec.ts';
import type { Stopping } from '../../../core/strategy/outcome-spec.ts';
import type { StrategySpec } from '../../../core/strategy/spec.ts';
import { durationSchema, rateSchema } from '../quantities.ts';
import { momentSchema } from '../scalars.ts';
import { jsonSchemaOf, shortOrLong, strict } from '../shapes.ts';
import { audienceSchema } from './terms.ts';
import { declared } from './declaration.ts';
import { amountSchema, metricOf, metricShape, splitOf, splitSchema } from './outcome.ts';

/** A week: all kinds of days are in it alike. */
const CYCLE_MS = 7 * 86_400_000;
const ALPHA = 0.05;
const POWER = 0.8;
const SECONDARY_MAX = 20;

const primaryShape = strict({
  ...metricShape,
  expected: amountSchema.describe('What the baseline reaches.'),
  mde: amountSchema.describe('The smallest difference to be found, absolute: `1%`, 0.5.'),
  sd: z
    .number()
    .optional()
    .describe('mean, ratio: standard deviation of one unit; a proportion has its own.'),
});

const primarySchema = z
  .unknown()
  .refine((given) => !Array.isArray(given), {
    error: 'one primary metric decides; name the others under `secondary`',
    abort: true,
  })
  .pipe(primaryShape)
  .meta({ anyOf: [jsonSchemaOf(primaryShape)] });

const stoppingSchema = shortOrLong(
  z.enum(['horizon', 'anytime'], { error: 'horizon, anytime, or {looks: 5}' }),
  strict({ looks: z.number().describe('Looks by O’Brien–Fleming bounds, equally spaced.') }),
);

const shape = strict({
  kind: z.literal('ab-test'),
  primary: primarySchema.describe('The metric that decides, with what its sample needs.'),
  secondary: z
    .array(strict(metricShape), { error: 'write a list of metrics' })
    .max(SECONDARY_MAX, { error: `at most ${SECONDARY_MAX} metrics are looked at besides` })
    .optional()
    .describe('Metrics that explain and never decide.'),
  alpha: rateSchema.optional().describe('Chance of any false finding; default 5%. Two-sided.'),
  power: rateSchema.optional().describe('Chance to find the smallest difference; default 80%.'),
  stopping: stoppingSchema
    .optional()
    .describe('When it is looked at: at the `horizon` (default), `anytime`, or `{looks: 5}`.'),
  split: splitSchema.optional(),
  audience: audienceSchema.optional(),
  least: durationSchema.optional().describe('No winner before this; default: one cycle.'),
  cycle: durationSchema.optional().describe('It ends after whole cycles only; default: 7d.'),
  until: momentSchema.optional().describe('Over at the latest, whatever there is.'),
  unitsPerDay: z.number().optional().describe('Distinct units a day: gives the expected end.'),
  winner: z
    .enum(WINNERS, { error: `known: ${WINNERS.join(', ')}` })
    .default('manual')
    .describe('Who makes the winner the version in production.'),
});

/** Declares an A/B test, with its sample computed (S4). */
export const abTestDeclaration = declared<'ab-test', typeof shape>(shape, (wire, setting) => {
  const { primary, alpha = ALPHA, power = POWER, cycle = CYCLE_MS } = wire;
  const { expected, mde, sd = null } = primary;
  return planned({
    primary: { ...metricOf(primary), expected, sd, effectMin: mde },
    secondary: (wire.secondary ?? []).map(metricOf),
    alpha,
    power,
    stopping: stoppingOf(wire.stopping ?? 'horizon'),
    split: splitOf(wire.split, setting.candidates),
    audience: wire.audience ?? null,
    leastMs: wire.least ?? cycle,
    cycleMs: cycle,
    until: wire.until === undefined ? null : instant(Date.parse(wire.until)),
    unitsPerDay: wire.unitsPerDay ?? null,
    winner: wire.winner,
  });
});

const stoppingOf = (given: z.output<typeof stoppingSchema>): Stopping =>
  typeof given === 'string' ? { kind: given } : { kind: 'looks', looks: given.looks };

/** Only what is sound can be planned; the start says what is not. */
function planned(wish: AbTestWish): StrategySpec<'ab-test'> {
  const spec = { kind: 'ab-test', ...wish, planned: null } as const;
  return abTestProblems(spec).length > 0 ? spec : { ...spec, planned: planAbTest(wish) };
}
