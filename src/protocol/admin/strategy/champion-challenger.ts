import { z } from 'zod';
import { WHOLE_BPS, bps } from '../../../core/lib/units.ts';
import type { ChampionChallengerSpec } from '../../../core/strategy/outcome-spec.ts';
import { evenSplit } from '../../../core/strategy/split.ts';
import { durationSchema, rateSchema } from '../quantities.ts';
import { strict } from '../shapes.ts';
import { audienceSchema, mirrorOf, mirrorShape } from './terms.ts';
import { declared } from './declaration.ts';
import { amountSchema, metricOf, metricShape, splitSchema } from './outcome.ts';

const WINDOW_MS = 28 * 86_400_000;
const ALPHA = 0.01;
const UNITS_MIN = 1_000;
/** What each challenger gets when nobody said: users should not pay much for the contest. */
const SHARE_BPS = 1_000;

/** Copies of paired challengers: as many as are worth remembering until their labels come. */
const PAIRED_PER_SECOND = 20;
const PAIRS_MIN = 100;

const { sample, inFlight, deadline } = mirrorShape;
const pairedShape = {
  sample,
  perSecond: z
    .number()
    .optional()
    .describe(`Copies a second at the most; default ${PAIRED_PER_SECOND}.`),
  inFlight,
  deadline,
} as const;

const shape = strict({
  kind: z.literal('champion-challenger'),
  metric: strict(metricShape).describe('What they compete in.'),
  advantage: amountSchema
    .optional()
    .describe('How much better a challenger must be shown to be; default 0: at all.'),
  split: splitSchema.optional(),
  paired: strict(pairedShape)
    .optional()
    .describe(
      'Instead of shares: the challenger answers copies, unseen; both answers to a request are ' +
        'held against its label.',
    ),
  audience: audienceSchema.optional(),
  window: durationSchema.optional().describe('Older units do not count; default: 28d.'),
  alpha: rateSchema.optional().describe('Chance of a false swap per window; default 1%.'),
  minUnits: z
    .number()
    .optional()
    .describe('Units of both to wait for; default 1000, of pairs of classes 100.'),
  gate: z
    .enum(['automatic', 'approval'], { error: 'automatic or approval' })
    .default('approval')
    .describe('Whether a better challenger takes over by itself, or a person is asked.'),
}).refine(({ split, paired }) => split === undefined || paired === undefined, {
  path: ['paired'],
  message: 'a challenger has a `split` of the traffic or answers copies, not both',
});

/** Declares champion and challengers (S5). */
export const championChallengerDeclaration = declared<'champion-challenger', typeof shape>(
  shape,
  (wire, { candidates }) => ({
    kind: 'champion-challenger',
    metric: metricOf(wire.metric),
    advantageMin: wire.advantage ?? 0,
    ...contestOf(wire, candidates),
    audience: wire.audience ?? null,
    windowMs: wire.window ?? WINDOW_MS,
    alpha: wire.alpha ?? ALPHA,
    unitsMin:
      wire.minUnits ?? (wire.paired && wire.metric.kind === 'proportion' ? PAIRS_MIN : UNITS_MIN),
    gate: wire.gate,
  }),
);

function contestOf(
  { split, paired }: Pick<z.output<typeof shape>, 'split' | 'paired'>,
  candidates: number,
): Pick<ChampionChallengerSpec, 'split' | 'pairing'> {
  if (paired !== undefined) {
    const perSecond = paired.perSecond ?? PAIRED_PER_SECOND;
    const pairing = mirrorOf({ ...paired, perSecond }, bps(WHOLE_BPS));
    return { split: Array.from({ length: candidates }, () => bps(0)), pairing };
  }
  const even = evenSplit(candidates).map((share) => bps(Math.min(share, SHARE_BPS)));
  return { split: split ?? even };
}
