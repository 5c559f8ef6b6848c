import { z } from 'zod';
import { bps } from '../../../core/lib/units.ts';
import { evenSplit } from '../../../core/strategy/split.ts';
import { durationSchema, rateSchema } from '../quantities.ts';
import { strict } from '../shapes.ts';
import { audienceSchema } from './terms.ts';
import { declared } from './declaration.ts';
import { amountSchema, metricOf, metricShape, splitSchema } from './outcome.ts';

const WINDOW_MS = 28 * 86_400_000;
const ALPHA = 0.01;
const UNITS_MIN = 1_000;
/** What each challenger gets when nobody said: users should not pay much for the contest. */
const SHARE_BPS = 1_000;

const shape = strict({
  kind: z.literal('champion-challenger'),
  metric: strict(metricShape).describe('What they compete in.'),
  advantage: amountSchema
    .optional()
    .describe('How much better a challenger must be shown to be; default 0: at all.'),
  split: splitSchema.optional(),
  audience: audienceSchema.optional(),
  window: durationSchema.optional().describe('Older units do not count; default: 28d.'),
  alpha: rateSchema.optional().describe('Chance of a false swap per window; default 1%.'),
  minUnits: z.number().optional().describe('Units of both to wait for; default 1000.'),
  gate: z
    .enum(['automatic', 'approval'], { error: 'automatic or approval' })
    .default('approval')
    .describe('Whether a better challenger takes over by itself, or a person is asked.'),
});

/** Declares champion and challengers (S5). */
export const championChallengerDeclaration = declared<'champion-challenger', typeof shape>(
  shape,
  (wire, { candidates }) => ({
    kind: 'champion-challenger',
    metric: metricOf(wire.metric),
    advantageMin: wire.advantage ?? 0,
    split: wire.split ?? evenSplit(candidates).map((even) => bps(Math.min(even, SHARE_BPS))),
    audience: wire.audience ?? null,
    windowMs: wire.window ?? WINDOW_MS,
    alpha: wire.alpha ?? ALPHA,
    unitsMin: wire.minUnits ?? UNITS_MIN,
    gate: wire.gate,
  }),
);
