import { LABEL_METRIC } from '../feedback/feedback.ts';
import { duration } from '../lib/wording.ts';
import type { ChampionChallengerSpec } from './outcome-spec.ts';
import { checkMetric, checkSplit } from './split.ts';
import { checkMirror, gather, within, type Found } from './stage-problems.ts';
import type { Mirror } from './stage.ts';
import type { SpecProblem } from './strategy.ts';

const WINDOW_MS_MAX = 366 * 86_400_000;
const UNITS_MIN_LEAST = 30;

/** What is wrong with the declaration of a contest. */
export function championProblems(spec: ChampionChallengerSpec): readonly SpecProblem[] {
  const { metric, advantageMin, split, windowMs, alpha, unitsMin } = spec;
  return gather((found) => {
    checkMetric(metric, 'metric', found);
    if (spec.pairing === undefined) checkSplit(split, found);
    else checkPairing({ ...spec, pairing: spec.pairing }, found);
    if (!(advantageMin >= 0 && advantageMin < Infinity)) {
      found('advantage', 'how much better it must be is not below 0');
    }
    if (!(windowMs > 0 && windowMs <= WINDOW_MS_MAX)) {
      found('window', `a window is longer than 0 s and at most ${duration(WINDOW_MS_MAX)}`);
    }
    if (!(alpha > 0 && alpha <= 0.5))
      found('alpha', 'a chance of error is above 0 and at most 50 %');
    if (!(Number.isInteger(unitsMin) && unitsMin >= UNITS_MIN_LEAST)) {
      found('minUnits', `means are compared from ${UNITS_MIN_LEAST} units on, not ${unitsMin}`);
    }
  });
}

/** What nobody has seen can only be held against what was true. */
function checkPairing(
  { metric, pairing, advantageMin }: ChampionChallengerSpec & { readonly pairing: Mirror },
  found: Found,
): void {
  checkMirror(pairing, within('paired', found));
  if (metric.name !== LABEL_METRIC) {
    found('metric.name', 'on copies only `label` is known: nobody acted upon their answers');
  }
  const isOfClasses = metric.kind === 'proportion' && metric.better === 'higher';
  const isOfNumbers = metric.kind === 'mean' && metric.better === 'lower';
  if (!isOfClasses && !isOfNumbers) {
    found(
      'metric',
      'on copies it is a proportion, of classes that are right, and more is better; or a mean, ' +
        'of how far off numbers are, and lower is better',
    );
  }
  if (isOfClasses && advantageMin >= 1) found('advantage', 'a part cannot be better by 100 %');
}
