import { z } from 'zod';

const figure = z.number();
const maybe = figure.nullable();
const epochMs = figure.describe('Milliseconds since 1970.');

const integritySchema = z
  .strictObject({ pValue: maybe, isBroken: z.boolean(), sentence: z.string() })
  .describe('Whether units arrive in the arms as the shares say; anytime-valid.');

const findingShape = {
  arm: z.string(),
  version: z.int(),
  metric: z.string(),
  role: z.enum(['primary', 'secondary']),
  units: figure,
  baselineUnits: figure,
  value: maybe,
  baseline: maybe,
  effect: maybe.describe('Candidate minus baseline.'),
  interval: z.tuple([figure, figure]).nullable(),
  pValue: maybe,
  adjusted: maybe.describe(
    'After Holm over the arms and metrics of its role; by segment after Benjamini–Hochberg.',
  ),
  finding: z.enum(['better', 'worse', 'none', 'open']),
};

const abResultSchema = z.strictObject({
  kind: z.literal('ab-test'),
  information: figure.describe('Part of the planned sample that is complete.'),
  matureMs: figure.describe('Time covered by complete units.'),
  planned: z
    .strictObject({
      units: z.array(figure),
      unitsInAll: figure,
      alphaEach: figure,
      expectedMs: maybe,
    })
    .nullable(),
  integrity: integritySchema,
  findings: z.array(z.strictObject(findingShape)),
  segments: z
    .array(z.strictObject({ segment: z.string(), ...findingShape }))
    .exactOptional()
    .describe('The primary metric segment by segment; explains, never decides.'),
  powerReached: maybe,
  effectFound: maybe.describe('The smallest effect these units find with the declared power.'),
  recommendation: z.strictObject({
    code: z.enum(['running', 'ship', 'no-difference', 'not-enough', 'harm', 'invalid']),
    arm: z.string().nullable(),
    isFinal: z.boolean(),
    sentence: z.string(),
  }),
});

const championResultSchema = z.strictObject({
  kind: z.literal('champion-challenger'),
  asOf: epochMs,
  integrity: integritySchema,
  challenges: z.array(
    z.strictObject({
      arm: z.string(),
      version: z.int(),
      from: epochMs,
      units: figure,
      championUnits: figure,
      value: maybe,
      champion: maybe,
      advantage: maybe,
      lower: maybe.describe('Always-valid lower bound of the advantage.'),
      isBetter: z.boolean(),
    }),
  ),
  leader: z.string().nullable(),
});

const banditArms = z.array(
  z.strictObject({
    arm: z.string(),
    version: z.int(),
    share: z.int(),
    units: figure,
    mean: maybe,
    sd: maybe,
    chance: maybe.describe('To be the best.'),
    loss: maybe.describe('What choosing it is expected to lose per unit.'),
  }),
);

const banditResultSchema = z.strictObject({
  kind: z.literal('bandit'),
  asOf: epochMs,
  isWarm: z.boolean().describe('Every arm has enough units for the shares to move.'),
  arms: banditArms,
  batches: z
    .array(
      z.strictObject({
        from: epochMs,
        units: z.array(figure),
        rewards: z.array(figure),
        regret: figure.describe('Missed since the beginning, against the arm that looks best.'),
        regretOfEqual: figure.describe('What equal shares would have missed.'),
      }),
    )
    .describe('Allocation and regret over time, arm by arm.'),
  wanted: z.array(z.int()).nullable(),
  winner: z.string().nullable(),
  segments: z
    .array(
      z.strictObject({
        segment: z.string(),
        arms: banditArms,
        wanted: z.array(z.int()).nullable(),
      }),
    )
    .exactOptional()
    .describe('Of a contextual bandit: shares and beliefs in each segment.'),
});

/** What a strategy that judges by outcomes makes of them. */
export const strategyResultSchema = z.discriminatedUnion('kind', [
  abResultSchema,
  championResultSchema,
  banditResultSchema,
]);
