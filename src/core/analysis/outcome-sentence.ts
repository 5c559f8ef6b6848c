import { assertNever } from '../lib/invariant.ts';
import { count, duration, percent, plural } from '../lib/wording.ts';
import type { OutcomeCheck } from './outcome-check.ts';
import { isPart } from './outcome-pair.ts';
import type { ArmValue, OutcomePair } from './outcome-pair.ts';
import type { OutcomeFinding } from './outcome-verdict.ts';
import { chanceOf } from './sentence.ts';
import type { Verdict } from './verdict.ts';

/** All that the sentence of a check on feedback speaks of. */
export type OutcomeTold = {
  readonly finding: OutcomeFinding;
  readonly verdict: Omit<Verdict, 'sentence'>;
  readonly check: OutcomeCheck;
  readonly pair: OutcomePair;
  readonly maturityMs: number;
};

/** What came back and what it says, for somebody who was woken by it: numbers first, then why. */
export function outcomeSentence(told: OutcomeTold): string {
  const { finding, check, pair, verdict } = told;
  const { of, margin, limit } = check;
  const chance = chanceOf(verdict.evidence.harm);
  switch (finding) {
    case 'harm': {
      const allowed = `up to ${amountText(margin, of)} is allowed`;
      return `${figures(told)} ${differenceOf(told)}; ${allowed}. ${chance}`;
    }
    case 'limit':
      return `${figures(told)} That is beyond the limit of ${valueText(limit ?? 0, of)}. ${chance}`;
    case 'passed':
      return `${figures(told)} ${shownOf(told)}`;
    case 'missing':
      return (
        `Nothing complete has come back for ${of.name} ` +
        `of ${missingOf(told)}${waitingOf(told)}.`
      );
    case 'uneven':
      return (
        `${of.name} comes back for ${shareOf(pair.candidate)} of the candidate and for ` +
        `${shareOf(pair.baseline)} of the baseline: what came cannot be compared.`
      );
    case 'early':
      return earlySentence(told);
    case 'open':
      return `${figures(told)} Neither harm nor safety is shown yet${whenOf(verdict.etaMs)}.`;
    default:
      return assertNever(finding, 'outcomeSentence');
  }
}

function figures({ check, pair }: OutcomeTold): string {
  const { of } = check;
  const told = ({ n, sum }: ArmValue): string =>
    n === 0 ? 'nothing' : `${valueText(sum / n, of)} (of ${count(n)})`;
  const against = pair.advantage === null ? '' : `; of the baseline ${told(pair.baseline)}`;
  return `In ${of.name} the candidate has ${told(pair.candidate)}${against}.`;
}

function differenceOf({ verdict, check }: OutcomeTold): string {
  const { advantage = null, interval = null } = verdict.effect ?? {};
  if (advantage === null) return 'There is nothing to compare it with';
  const range =
    interval === null
      ? ''
      : ` (between ${amountText(0 - interval[1], check.of)} and ` +
        `${amountText(0 - interval[0], check.of)})`;
  return `At the same times it is ${amountText(0 - advantage, check.of)} worse${range}`;
}

function shownOf({ check, pair }: OutcomeTold): string {
  const { of, margin, limit } = check;
  return pair.advantage === null
    ? `Shown to be within the limit of ${valueText(limit ?? 0, of)}.`
    : `Shown not to be worse by ${amountText(margin, of)}.`;
}

function earlySentence(told: OutcomeTold): string {
  const { of, minUnits } = told.check;
  const { candidate, baseline, advantage } = told.pair;
  const fewest = advantage === null ? candidate.units : Math.min(candidate.units, baseline.units);
  const units = plural(minUnits, 'complete unit');
  return fewest < minUnits
    ? `Too early to judge ${of.name}: ${count(fewest)} of the ${units} of each arm that were ` +
        `asked for first${waitingOf(told)}.`
    : `Too early to judge ${of.name}: it came back for ${shareOf(candidate)} of the candidate ` +
        `and for ${shareOf(baseline)} of the baseline, too seldom for a mean${waitingOf(told)}.`;
}

const missingOf = ({ pair: { candidate, baseline } }: OutcomeTold): string =>
  candidate.n === 0 ? 'the candidate' : baseline.n === 0 ? 'the baseline' : 'anybody';

function waitingOf({ pair, maturityMs }: OutcomeTold): string {
  const waiting = pair.candidate.waiting + pair.baseline.waiting;
  if (waiting === 0 || maturityMs === 0) return '';
  return `; ${plural(waiting, 'unit')} still wait, which takes ${duration(maturityMs)}`;
}

const shareOf = ({ answered, units, n }: ArmValue): string =>
  `${count(answered)} of ${plural(Math.max(units, n), 'unit')}`;

const whenOf = (etaMs: number | null): string =>
  etaMs === null
    ? ', and it cannot be said when'
    : `; as it comes in it takes about ${duration(etaMs)} more if the candidate is as good`;

/** A value of a metric: `94.8 %` of a part, else a number. */
export const valueText = (value: number, of: OutcomeCheck['of']): string =>
  isPart(of) ? percent(value) : numberText(value);

/** A difference of two values: `3.8 points` of a part, else a number. */
export const amountText = (value: number, of: OutcomeCheck['of']): string =>
  isPart(of) ? `${numberText(value * 100)} points` : numberText(value);

const numberText = (value: number): string => String(Number(value.toPrecision(3)));
