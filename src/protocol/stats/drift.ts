import { z } from 'zod';
import { BIN_DRIFT_GRID, binDriftLogE, binDriftStart } from '../../core/stats/bin-drift.ts';
import { binDriftStep, binDriftWorst, driftCause } from '../../core/stats/bin-drift.ts';
import { chiSquareTwoSample, DEFAULT_DRIFT_ALPHA, gTest } from '../../core/stats/divergence.ts';
import { goodnessOfFit, hellingerDistance } from '../../core/stats/divergence.ts';
import { jensenShannonDistance, kullbackLeibler } from '../../core/stats/divergence.ts';
import { populationStability, PSEUDO_COUNT } from '../../core/stats/divergence.ts';
import { stabilityCritical, stabilityTest, totalVariation } from '../../core/stats/divergence.ts';
import { mannWhitney, shiftInterval } from '../../core/stats/mann-whitney.ts';
import { DEFAULT_PERMUTATIONS, permutationTest } from '../../core/stats/permutation.ts';
import { DEFAULT_HORIZON_BUCKETS } from '../../core/stats/rate-ratio.ts';
import { shiftAboveLogE, shiftBelowLogE, shiftBin } from '../../core/stats/shift.ts';
import { shiftDistance, shiftStart, shiftStep } from '../../core/stats/shift.ts';
import { cramerVonMises, energyDistance } from '../../core/stats/two-sample.ts';
import { kolmogorovSmirnov, stepsOf, wasserstein } from '../../core/stats/two-sample.ts';
import { stepsOfCells } from '../../core/stats/two-sample.ts';
import {
  andersonDarling,
  cramerVonMisesTest,
  eppsSingleton,
} from '../../core/stats/two-sample-tests.ts';
import { strict } from '../admin/shapes.ts';
import { procedure } from './procedure.ts';
import { chance, counts, least1, nonNegative, positives, reals, seed } from './shapes.ts';

const cells = { current: counts, reference: counts };
type Cells = { readonly current: readonly number[]; readonly reference: readonly number[] };
const sameCells = ({ current, reference }: Cells): boolean => current.length === reference.length;
const cellsError = { error: 'has other cells than current', path: ['reference'] };
const twoCells = strict(cells);
const cellInput = twoCells.refine(sameCells, cellsError);
const arms = strict({ candidate: reals, baseline: reals });

/** More units than this are not mixed one by one: there the χ² law is exact enough. */
const UNITS_MAX = 100_000;
const PERMUTATIONS_MAX = 100_000;
const wholes = counts.refine(
  (list) => list.every(Number.isInteger) && list.reduce((sum, n) => sum + n, 0) <= UNITS_MAX,
  { error: `write whole numbers, at most ${UNITS_MAX} in all` },
);

/** A distance of two count vectors. */
const distance = (
  summary: string,
  of: (current: readonly number[], reference: readonly number[]) => number,
) =>
  procedure({
    summary,
    source: 'divergence',
    input: cellInput,
    run: ({ current, reference }) => ({ distance: of(current, reference) }),
  });

const bins = z.array(strict({ candidate: counts, baseline: counts }));

/** How far two distributions are apart, and whether chance explains it. */
export const driftProcedures = {
  psi: procedure({
    summary: 'Population stability index with its χ² null: size and significance apart.',
    source: 'divergence',
    input: strict({
      ...cells,
      alpha: chance.default(DEFAULT_DRIFT_ALPHA),
      pseudoCount: nonNegative.default(PSEUDO_COUNT).describe('Added to each cell of `psi`.'),
    }).refine(({ current, reference }) => current.length === reference.length, cellsError),
    run: ({ current, reference, alpha, pseudoCount }) => ({
      ...stabilityTest(current, reference, alpha),
      psi: populationStability(current, reference, pseudoCount),
    }),
  }),
  'psi-critical': procedure({
    summary: 'PSI that chance alone exceeds with probability alpha.',
    source: 'divergence',
    input: strict({
      current: least1,
      reference: least1,
      cells: z.number().int().min(2),
      alpha: chance.default(DEFAULT_DRIFT_ALPHA),
    }),
    run: ({ alpha, ...sizes }) => ({ critical: stabilityCritical(sizes, alpha) }),
  }),
  'kullback-leibler': distance('Kullback-Leibler divergence in nats.', kullbackLeibler),
  'jensen-shannon': distance('Jensen-Shannon distance in nats.', jensenShannonDistance),
  hellinger: distance('Hellinger distance.', hellingerDistance),
  'total-variation': distance('Total variation distance.', totalVariation),
  'goodness-of-fit': procedure({
    summary: 'χ² goodness of fit to the shares of the reference.',
    source: 'divergence',
    input: cellInput,
    run: ({ current, reference }) => goodnessOfFit(current, reference),
  }),
  'chi-square': procedure({
    summary: "Pearson's χ² of two count vectors.",
    source: 'divergence',
    input: cellInput,
    run: ({ current, reference }) => chiSquareTwoSample(current, reference),
  }),
  'g-test': procedure({
    summary: 'Likelihood-ratio goodness of fit to the shares of the reference.',
    source: 'divergence',
    input: cellInput,
    run: ({ current, reference }) => gTest(current, reference),
  }),
  ks: procedure({
    summary: 'Kolmogorov-Smirnov test of two samples.',
    source: 'two-sample',
    input: arms,
    run: ({ candidate, baseline }) => kolmogorovSmirnov(stepsOf(candidate, baseline)),
  }),
  'sample-distances': procedure({
    summary: 'Wasserstein, energy and Cramér-von Mises distances of two samples.',
    source: 'two-sample',
    input: arms,
    run: ({ candidate, baseline }) => {
      const steps = stepsOf(candidate, baseline);
      return {
        wasserstein: wasserstein(steps),
        energy: energyDistance(steps),
        cramerVonMises: cramerVonMises(steps),
      };
    },
  }),
  'histogram-distances': procedure({
    summary: 'The same with Kolmogorov-Smirnov, from histograms over the same ascending values.',
    source: 'two-sample',
    input: strict({ values: reals, candidate: counts, baseline: counts }),
    run: ({ values, candidate, baseline }) => {
      const steps = stepsOfCells(values, candidate, baseline);
      return {
        ...kolmogorovSmirnov(steps),
        wasserstein: wasserstein(steps),
        energy: energyDistance(steps),
        cramerVonMises: cramerVonMises(steps),
      };
    },
  }),
  'cramer-von-mises': procedure({
    summary: 'Cramér-von Mises test of two samples.',
    source: 'two-sample-tests',
    input: arms,
    run: ({ candidate, baseline }) => cramerVonMisesTest(candidate, baseline),
  }),
  'anderson-darling': procedure({
    summary: 'Anderson-Darling test of two samples; p-values from 0.001 to 0.25.',
    source: 'two-sample-tests',
    input: arms,
    run: ({ candidate, baseline }) => andersonDarling(candidate, baseline),
  }),
  'epps-singleton': procedure({
    summary: 'Epps-Singleton test of two samples, by their characteristic functions.',
    source: 'two-sample-tests',
    input: arms,
    run: ({ candidate, baseline }) => eppsSingleton(candidate, baseline),
  }),
  permutation: procedure({
    summary: 'Total variation of two count vectors, tested by mixing their units.',
    source: 'permutation',
    input: strict({
      current: wholes,
      reference: wholes,
      draws: least1.max(PERMUTATIONS_MAX).default(DEFAULT_PERMUTATIONS),
      seed,
    }).refine(sameCells, cellsError),
    run: ({ current, reference, draws, seed: rng }) =>
      permutationTest(rng, [current, reference], { draws }),
  }),
  'mann-whitney': procedure({
    summary: 'Mann-Whitney test of two samples.',
    source: 'mann-whitney',
    input: arms,
    run: ({ candidate, baseline }) => mannWhitney(candidate, baseline),
  }),
  'shift-interval': procedure({
    summary: 'Interval of the shift between two samples by inverting Mann-Whitney.',
    source: 'mann-whitney',
    input: strict({ candidate: reals, baseline: reals, level: chance.default(0.95) }),
    run: ({ candidate, baseline, level }) => shiftInterval(candidate, baseline, level),
  }),
  'bin-drift': procedure({
    summary: 'Anytime-valid drift of binned answers between the arms, bucket by bucket.',
    source: 'bin-drift',
    input: strict({
      buckets: bins.min(1),
      grid: positives.default([...BIN_DRIFT_GRID]),
      horizon: least1.default(DEFAULT_HORIZON_BUCKETS),
    }),
    run: ({ buckets, grid, horizon: horizonBuckets }) => {
      const size = buckets[0]?.candidate.length ?? 0;
      const state = buckets.reduce(
        binDriftStep,
        binDriftStart({ bins: size, grid, horizonBuckets }),
      );
      return { logE: binDriftLogE(state), worst: binDriftWorst(state) };
    },
  }),
  shift: procedure({
    summary: 'How far two distributions are apart, anytime-valid: above or below a distance.',
    source: 'shift',
    input: strict({
      buckets: bins.min(1),
      distance: chance.default(0.1).describe('Total variation distance that matters.'),
    }),
    run: ({ buckets, distance: limit }) => {
      const state = buckets.reduce(shiftStep, shiftStart(buckets[0]?.candidate.length ?? 0));
      return {
        distance: shiftDistance(state),
        bin: shiftBin(state),
        logEAbove: shiftAboveLogE(state, limit),
        logEBelow: shiftBelowLogE(state, limit),
      };
    },
  }),
  'drift-cause': procedure({
    summary: 'What is to blame: model, world or infrastructure.',
    source: 'bin-drift',
    input: strict({
      inputsBetweenArms: z.boolean(),
      answersBetweenArms: z.boolean(),
      baselineFromReference: z.boolean(),
    }),
    run: (findings) => ({ cause: driftCause(findings) }),
  }),
};
