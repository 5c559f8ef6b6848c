import { wilson } from '../stats/proportion.ts';
import type { ClassCounts, Cohort, ErrorSums } from './cohort.ts';
import { LABEL_METRIC } from './feedback.ts';
import { INTERVAL_ALPHA, meanInterval } from './measure.ts';
import type { Measure, MeasureName } from './measure.ts';
import { scoreMeasures, topCalibration } from './score-quality.ts';

/**
 * How good predictions were, from what a cohort summed up. `positive`: the class whose finding
 * counts; when none is declared and the classes are 0 and 1, it is 1.
 */
export function measuresOf(cohort: Cohort, positive: string | null): readonly Measure[] {
  if (cohort.metric !== LABEL_METRIC) return businessMeasures(cohort);
  const { classes, errors } = cohort;
  const sought = positive ?? ordinaryPositive(cohort);
  // A lone number is a probability only where somebody declared of what.
  const isScored = classes !== null || positive !== null;
  return [
    ...(classes === null ? [] : classMeasures(classes, sought)),
    ...(isScored && sought !== null ? scoreMeasures(cohort.scores, sought) : []),
    ...(isScored ? topCalibration(cohort.tops) : []),
    ...(errors === null || isScored ? [] : errorMeasures(errors)),
  ];
}

function ordinaryPositive({ classes, scores }: Cohort): string | null {
  const pairs = Object.keys(classes?.pairs ?? {}).flatMap((pair) => JSON.parse(pair) as string[]);
  const scored = Object.keys(scores).map((name) => JSON.parse(name) as string);
  return [...pairs, ...scored].every((name) => name === '0' || name === '1') ? '1' : null;
}

function businessMeasures({ numbers, sum, squares }: Cohort): readonly Measure[] {
  if (numbers === 0) return [];
  const mean = sum / numbers;
  return [
    { name: 'mean', value: mean, interval: meanInterval({ n: numbers, sum, squares }), n: numbers },
    { name: 'sum', value: sum, interval: null, n: numbers },
  ];
}

/** A share of hits with Wilson's interval; none when nothing was tried. */
function shareMeasure(name: MeasureName, hits: number, trials: number): readonly Measure[] {
  if (trials === 0) return [];
  const interval = wilson({ hits, trials }, INTERVAL_ALPHA);
  return [{ name, value: hits / trials, interval, n: trials }];
}

type Pair = { readonly named: string; readonly truth: string; readonly n: number };

const pairsOf = ({ pairs }: ClassCounts): readonly Pair[] =>
  Object.entries(pairs).map(([pair, n]) => {
    const [named = '', truth = ''] = JSON.parse(pair) as string[];
    return { named, truth, n };
  });

const count = (pairs: readonly Pair[], fits: (pair: Pair) => boolean): number =>
  pairs.reduce((sum, pair) => sum + (fits(pair) ? pair.n : 0), 0);

function classMeasures(classes: ClassCounts, positive: string | null): readonly Measure[] {
  const { n, right } = classes;
  const pairs = pairsOf(classes);
  const accuracy = shareMeasure('accuracy', right, n);
  if (positive === null) return [...accuracy, ...macroMeasures(pairs)];
  const found = count(pairs, (p) => p.named === positive && p.truth === positive);
  const named = count(pairs, (p) => p.named === positive);
  const there = count(pairs, (p) => p.truth === positive);
  const f1 = named + there === 0 ? 0 : (2 * found) / (named + there);
  return [
    ...accuracy,
    ...shareMeasure('precision', found, named),
    ...shareMeasure('recall', found, there),
    { name: 'f1', value: f1, interval: null, n: named + there - found },
  ];
}

/** The plain mean over all classes that were named or true; what was never named counts as 0. */
function macroMeasures(pairs: readonly Pair[]): readonly Measure[] {
  const names = [...new Set(pairs.flatMap(({ named, truth }) => [named, truth]))];
  const each = names.map((name) => {
    const found = count(pairs, (p) => p.named === name && p.truth === name);
    const named = count(pairs, (p) => p.named === name);
    const there = count(pairs, (p) => p.truth === name);
    return {
      precision: named === 0 ? 0 : found / named,
      recall: there === 0 ? 0 : found / there,
      f1: (2 * found) / (named + there),
    };
  });
  const n = count(pairs, () => true);
  return (['precision', 'recall', 'f1'] as const).map((name) => ({
    name,
    value: each.reduce((sum, one) => sum + one[name], 0) / each.length,
    interval: null,
    n,
  }));
}

function errorMeasures(errors: ErrorSums): readonly Measure[] {
  const { n, sum, absolute, squares, fourths } = errors;
  const mse = meanInterval({ n, sum: squares, squares: fourths });
  const rmse = mse && {
    lower: Math.sqrt(Math.max(0, mse.lower)),
    upper: Math.sqrt(mse.upper),
  };
  return [
    { name: 'mae', value: absolute / n, interval: meanInterval({ n, sum: absolute, squares }), n },
    { name: 'rmse', value: Math.sqrt(squares / n), interval: rmse, n },
    { name: 'bias', value: sum / n, interval: meanInterval({ n, sum, squares }), n },
  ];
}
