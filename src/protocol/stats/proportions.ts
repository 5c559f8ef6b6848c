import { z } from 'zod';
import { benjaminiHochberg, eBenjaminiHochberg, holm } from '../../core/stats/multiplicity.ts';
import { clopperPearson, clopperPearsonLower } from '../../core/stats/proportion.ts';
import { clopperPearsonUpper, miettinenNurminen } from '../../core/stats/proportion.ts';
import { missesAllowed, scoreStatistic, scoreTestZ, wilson } from '../../core/stats/proportion.ts';
import { normalSf } from '../../core/stats/normal.ts';
import { leakedUnits, logMismatchEvidence } from '../../core/stats/ratio-mismatch.ts';
import { logMismatchOverStages, mismatchTest } from '../../core/stats/ratio-mismatch.ts';
import { anytimePValue, DEFAULT_MISMATCH_CONCENTRATION } from '../../core/stats/ratio-mismatch.ts';
import { strict } from '../admin/shapes.ts';
import { procedure } from './procedure.ts';
import { alpha, chance, counts, least1, nonNegative, positive, proportion } from './shapes.ts';
import { real, reals, units } from './shapes.ts';

const oneProportion = strict({ hits: nonNegative, trials: positive, alpha }).refine(
  ({ hits, trials }) => hits <= trials,
  { error: 'there are more hits than trials', path: ['hits'] },
);
const twoProportions = {
  candidate: proportion,
  baseline: proportion,
  comparison: z.enum(['difference', 'ratio']).default('difference'),
};

const stageShape = {
  units: counts.describe('Units seen in each arm.'),
  shares: z.array(nonNegative).min(2).describe('Share each arm should have, on any scale.'),
};
const isStage = ({ units: seen, shares }: { units: number[]; shares: number[] }): boolean =>
  seen.length === shares.length;
const stageError = { error: 'write as many shares as units', path: ['shares'] };
const concentration = positive.default(DEFAULT_MISMATCH_CONCENTRATION);

/** Proportions, many tests at once, and sample-ratio mismatch. */
export const proportionProcedures = {
  wilson: procedure({
    summary: "Wilson's interval of a proportion.",
    source: 'proportion',
    input: oneProportion,
    run: ({ alpha: level, ...data }) => wilson(data, level),
  }),
  'clopper-pearson': procedure({
    summary: 'Exact (Clopper-Pearson) interval of a proportion, with both one-sided bounds.',
    source: 'proportion',
    input: oneProportion,
    run: ({ alpha: level, ...data }) => ({
      ...clopperPearson(data, level),
      oneSidedLower: clopperPearsonLower(data, level),
      oneSidedUpper: clopperPearsonUpper(data, level),
    }),
  }),
  'misses-allowed': procedure({
    summary: 'Most misses among trials with which the exact bound still reaches the goal.',
    source: 'proportion',
    input: strict({ trials: least1, goal: chance, alpha }),
    run: ({ trials, goal, alpha: level }) => ({ misses: missesAllowed(trials, goal, level) }),
  }),
  'miettinen-nurminen': procedure({
    summary: 'Score interval of the difference or ratio of two proportions.',
    source: 'proportion',
    input: strict({ ...twoProportions, alpha }),
    run: ({ candidate, baseline, ...options }) => miettinenNurminen(candidate, baseline, options),
  }),
  'score-test': procedure({
    summary: 'Score test of two proportions at a difference (0) or ratio (1) under H0.',
    source: 'proportion',
    input: strict({ ...twoProportions, delta: real.exactOptional() }),
    run: ({ candidate, baseline, comparison, delta = comparison === 'ratio' ? 1 : 0 }) => {
      const at = { comparison, delta };
      const z = scoreTestZ(candidate, baseline, at);
      const pValue = 2 * normalSf(Math.abs(z));
      return { z, pValue, statistic: scoreStatistic(candidate, baseline, at) };
    },
  }),
  holm: procedure({
    summary: "Holm's adjusted p-values.",
    source: 'multiplicity',
    input: strict({ pValues: units }),
    run: ({ pValues }) => ({ adjusted: holm(pValues) }),
  }),
  bh: procedure({
    summary: "Benjamini and Hochberg's adjusted p-values.",
    source: 'multiplicity',
    input: strict({ pValues: units }),
    run: ({ pValues }) => ({ adjusted: benjaminiHochberg(pValues) }),
  }),
  'e-bh': procedure({
    summary: 'Which of many e-values are discoveries at false discovery rate alpha.',
    source: 'multiplicity',
    input: strict({ logEs: reals, alpha }),
    run: ({ logEs, alpha: level }) => ({ rejected: eBenjaminiHochberg(logEs, level) }),
  }),
  srm: procedure({
    summary: 'Sample-ratio mismatch: anytime-valid evidence, and χ² for a fixed look.',
    source: 'ratio-mismatch',
    input: strict({ ...stageShape, concentration }).refine(isStage, stageError),
    run: ({ concentration: k, ...stage }) => {
      const logE = logMismatchEvidence(stage, k);
      const leaked = leakedUnits(stage);
      return { logE, pValue: anytimePValue(logE), leakedUnits: leaked, fixed: mismatchTest(stage) };
    },
  }),
  'srm-stages': procedure({
    summary: 'Sample-ratio mismatch over stages with different shares.',
    source: 'ratio-mismatch',
    input: strict({
      stages: z.array(strict(stageShape).refine(isStage, stageError)).min(1),
      concentration,
    }),
    run: ({ stages, concentration: k }) => {
      const logE = logMismatchOverStages(stages, k);
      return { logE, pValue: anytimePValue(logE) };
    },
  }),
};
