import { percent } from '../lib/wording.ts';
import { checkMetric, checkSplit } from './split.ts';
import type { StrategySpec } from './spec.ts';
import type { PrimaryMetric } from './outcome-spec.ts';
import { gather } from './stage-problems.ts';
import type { Found } from './stage-problems.ts';
import type { SpecProblem } from './strategy.ts';

const LOOKS_MAX = 20;
/** No test is planned for longer: the world it began in is gone. */
const TIME_MS_MAX = 366 * 86_400_000;
/** A test that needs more units than this is told so instead of begun. */
const UNITS_MAX = 1e10;

/** What is wrong with an A/B test's declaration. */
export function abTestProblems(spec: StrategySpec<'ab-test'>): readonly SpecProblem[] {
  return gather((found) => {
    checkPrimary(spec.primary, found);
    checkOthers(spec, found);
    checkSplit(spec.split, found);
    checkErrors(spec, found);
    checkTimes(spec, found);
  });
}

function checkPrimary(primary: PrimaryMetric, found: Found): void {
  const { kind, expected, sd, effectMin } = primary;
  checkMetric(primary, 'primary', found);
  if (!(effectMin > 0 && effectMin < Infinity)) {
    found('primary.mde', `the smallest effect to find is above 0, not ${effectMin}`);
  }
  if (kind === 'proportion') {
    const isRate = expected > 0 && expected < 1;
    if (!isRate) found('primary.expected', 'a proportion is above 0 % and below 100 %');
    if (sd !== null) found('primary.sd', 'a proportion has no sd of its own; leave it out');
    if (isRate && expected - effectMin <= 0 && expected + effectMin >= 1) {
      found('primary.mde', `no proportion differs from ${percent(expected)} by as much`);
    }
  } else if (!(sd !== null && sd > 0 && sd < Infinity)) {
    found('primary.sd', `a ${kind} needs the standard deviation of one unit, above 0`);
  }
}

function checkOthers({ primary, secondary }: StrategySpec<'ab-test'>, found: Found): void {
  for (const [index, metric] of secondary.entries()) {
    const at = `secondary[${index}]`;
    checkMetric(metric, at, found);
    const earlier = [primary, ...secondary.slice(0, index)];
    if (earlier.some(({ name }) => name === metric.name)) {
      found(`${at}.name`, `${metric.name} is declared twice`);
    }
  }
}

function checkErrors({ alpha, power, stopping }: StrategySpec<'ab-test'>, found: Found): void {
  if (!(alpha > 0 && alpha <= 0.5)) found('alpha', 'a chance of error is above 0 and at most 50 %');
  if (!(power >= 0.5 && power < 1)) found('power', 'power is 50 % to below 100 %');
  if (stopping.kind !== 'looks') return;
  const { looks } = stopping;
  if (!(Number.isInteger(looks) && looks >= 2 && looks <= LOOKS_MAX)) {
    found('stopping.looks', `there are 2 to ${LOOKS_MAX} planned looks, not ${looks}`);
  }
}

function checkTimes(spec: StrategySpec<'ab-test'>, found: Found): void {
  const { leastMs, cycleMs, unitsPerDay, planned } = spec;
  const isTime = (ms: number): boolean => ms >= 0 && ms <= TIME_MS_MAX;
  if (!isTime(leastMs)) found('least', 'a test lasts up to a year');
  if (!isTime(cycleMs)) found('cycle', 'a cycle lasts up to a year');
  if (unitsPerDay !== null && !(unitsPerDay > 0 && unitsPerDay < Infinity)) {
    found('unitsPerDay', `units per day are above 0, not ${unitsPerDay}`);
  }
  if (planned === null) return;
  if (planned.unitsInAll > UNITS_MAX)
    found('primary.mde', 'no traffic is enough for so small an effect');
  if (planned.expectedMs !== null && planned.expectedMs > TIME_MS_MAX) {
    found(
      'primary.mde',
      'at this traffic the test would take more than a year; ask for a larger one',
    );
  }
}
