import { duration } from '../lib/wording.ts';
import type { Comparison } from '../telemetry/comparison.ts';
import type { Mirror } from './stage.ts';
import type { SpecProblem } from './strategy.ts';

/** No ladder needs more. */
export const STAGES_MAX = 20;
const MARGIN_MAX = 100;
const LEAST_MS_MAX = 30 * 86_400_000;
const MIRROR_PER_SECOND_MAX = 100_000;
const MIRROR_IN_FLIGHT_MAX = 10_000;
const MIRROR_DEADLINE_MS_MAX = 60_000;
const TOP_MAX = 1_000;

/** Writes down what is wrong, with where. */
export type Found = (path: string, sentence: string) => void;

/** Gathers what is wrong with a declaration. */
export function gather(look: (found: Found) => void): readonly SpecProblem[] {
  const problems: SpecProblem[] = [];
  look((path, sentence) => void problems.push({ path, sentence }));
  return problems;
}

/** A margin that means something. */
export function checkMargin(margin: number, path: string, found: Found): void {
  if (margin > 1 && margin <= MARGIN_MAX) return;
  found(path, `a margin is above 1 and at most ${MARGIN_MAX}, not ${margin}`);
}

/** A time a stage can last. */
export function checkTime(ms: number, path: string, found: Found): void {
  if (ms >= 0 && ms <= LEAST_MS_MAX) return;
  found(path, `a stage lasts 0 s to ${duration(LEAST_MS_MAX)}, not ${ms} ms`);
}

function checkComparison(comparison: Comparison, found: Found): void {
  if (comparison.kind === 'tolerance') {
    const { absolute, relative } = comparison;
    if (!(absolute >= 0)) found('absolute', 'a tolerance is not below 0');
    if (!(relative >= 0)) found('relative', 'a tolerance is not below 0');
  }
  if (comparison.kind !== 'rank') return;
  const { top, overlap } = comparison;
  if (!(Number.isInteger(top) && top >= 1 && top <= TOP_MAX)) {
    found('top', `the places of a ranking that count are 1 to ${TOP_MAX}`);
  }
  if (!(overlap > 0 && overlap <= 1)) {
    found('overlap', 'the part that must be in both rankings is above 0 % and at most 100 %');
  }
}

/** What is found of a part is written down with where the part is. */
export const within =
  (part: string, found: Found): Found =>
  (path, sentence) =>
    found(`${part}.${path}`, sentence);

/** A mirror that copies something, within bounds (law 10). */
export function checkMirror(mirror: Mirror, found: Found): void {
  const { sample, perSecondMax, inFlightMax, deadlineMs } = mirror;
  const whole = (value: number, max: number): boolean =>
    Number.isInteger(value) && value >= 1 && value <= max;
  if (sample === 0) found('sample', 'a mirror copies more than 0 % of the units');
  if (!whole(perSecondMax, MIRROR_PER_SECOND_MAX)) {
    found('perSecond', `copies per second are 1 to ${MIRROR_PER_SECOND_MAX}`);
  }
  if (!whole(inFlightMax, MIRROR_IN_FLIGHT_MAX)) {
    found('inFlight', `copies in flight are 1 to ${MIRROR_IN_FLIGHT_MAX}`);
  }
  checkComparison(mirror.comparison, within('comparison', found));
  if (!(deadlineMs > 0 && deadlineMs <= MIRROR_DEADLINE_MS_MAX)) {
    found('deadline', `a copy may take up to ${duration(MIRROR_DEADLINE_MS_MAX)}`);
  }
}
