import { assertNever } from '../lib/invariant.ts';
import { count, duration, factor, latency, list, percent } from '../lib/wording.ts';
import { HARD_TRIGGER_LOSS_MIN, HARD_TRIGGER_RATIO_MIN } from '../stats/hard-trigger.ts';
import type { Thresholds } from '../routing/table.ts';
import { DROP_REASONS, droppedOf } from '../telemetry/copies.ts';
import type { Copies, DropReason } from '../telemetry/copies.ts';
import type { LossName } from '../telemetry/window.ts';
import type { Check } from './check.ts';
import type { CheckEvidence, HarmGround } from './check-evidence.ts';
import { BASELINE_ANSWERS_MIN } from './freeze.ts';
import { NO_RUN, stratifiedRatio } from './harm-run.ts';
import type { Figures, HarmRun } from './harm-run.ts';
import type { PartEvidence } from './part-evidence.ts';
import type { Traffic } from './traffic.ts';
import type { ArmCount, Verdict } from './verdict.ts';

/** What was found about a check; `spike` and `harm` fail it. */
export type Finding = 'spike' | 'harm' | 'passed' | 'starved' | 'early' | 'unfrozen' | 'open';

/** Evidence that a part is safe, by the way that shows it best. */
export type Safety = {
  readonly logE: number;
  readonly by: 'margin' | 'tolerance';
  /** The margin asked for, or the tolerated rate. */
  readonly below: number;
};

/** All that a verdict's sentence speaks of. */
export type Told = {
  readonly finding: Finding;
  readonly verdict: Omit<Verdict, 'sentence'>;
  readonly checked: CheckEvidence;
  /** The part that a failure rests on, or that speaks loudest for harm. */
  readonly worst: PartEvidence;
  readonly safeties: readonly Safety[];
  readonly spanMs: number;
  readonly silent: Traffic['silent'];
  readonly thresholdsMs: Thresholds;
  readonly baselineAnswers: number;
  /** What was copied so far; null: nothing was to be. */
  readonly copies: Copies | null;
};

/** The verdict in a sentence or two for somebody who was woken by it: numbers first, then why. */
export function sentenceOf(told: Told): string {
  const { finding, checked, worst, verdict, spanMs, baselineAnswers } = told;
  switch (finding) {
    case 'spike':
      return (
        `${figuresSentence(told, checked.spike?.run)} ` +
        `At least ${HARD_TRIGGER_LOSS_MIN} and ${HARD_TRIGGER_RATIO_MIN} times ` +
        `what the baseline had over the same seconds: the hard trigger, which waits for nothing.`
      );
    case 'harm':
      return harmSentence(told);
    case 'passed':
      return `${countsOf(told)} ${safetyOf(told)}${coverageOf(told)}`;
    case 'starved':
      return (
        `No requests ${silence[told.silent]} in the last ${duration(spanMs)}: ` +
        `nothing to judge by.`
      );
    case 'early':
      return (
        `Too early to judge: the candidate served ${count(worst.tally.candidate.units)} of the ` +
        `${count(checked.check.minUnits)} units that were asked for first.`
      );
    case 'unfrozen':
      return (
        `Not judged yet: what counts as slow is fixed once the baseline has given ` +
        `${count(BASELINE_ANSWERS_MIN)} answers; so far ${count(baselineAnswers)}.`
      );
    case 'open':
      return (
        `${countsOf(told)} Neither harm nor safety is shown yet${whenOf(verdict.etaMs)}.` +
        coverageOf(told)
      );
    default:
      return assertNever(finding, 'sentenceOf');
  }
}

/** Who did not ask. */
export const silence = {
  none: 'of either version',
  candidate: 'reached the candidate',
  baseline: 'reached the baseline',
  both: 'came in',
} as const satisfies Record<Traffic['silent'], string>;

function countsOf({ worst, thresholdsMs }: Told): string {
  const { part, tally } = worst;
  const { candidate, baseline } = tally;
  const what = lossWords(part.loss, thresholdsMs);
  const against = part.compared ? `; of the baseline ${shareWords(baseline)}` : '';
  return `Of the candidate ${shareWords(candidate)} ${what}${against}.`;
}

function shareWords({ losses, units }: ArmCount): string {
  if (units === 0) return 'none of 0';
  return `${count(whole(losses))} of ${count(units)} (${percent(losses / units)})`;
}

/** Units' mean losses sum to fractions, which nobody needs of more than a few. */
const whole = (losses: number): number => (losses < WHOLE_FROM ? losses : Math.round(losses));
const WHOLE_FROM = 10;

function harmSentence(told: Told): string {
  const { checked, worst, verdict } = told;
  const { ground, check } = checked;
  const figures = ground === null || ground.run.span === null ? worst.tally : ground.run;
  const why = harmOf(ground?.kind ?? 'ratio', { worst, check, figures });
  const chance = chanceOf(verdict.evidence.harm);
  return `${figuresSentence(told, ground?.run)} ${why} ${chance}${coverageOf(told)}`;
}

/** The figures that a failure rests on: those since the likeliest start of the harm. */
function figuresSentence({ worst, thresholdsMs }: Told, run: HarmRun = NO_RUN): string {
  const { span } = run;
  const figures: Figures = span === null ? worst.tally : run;
  const { candidate, baseline } = figuresWords(figures);
  const what = lossWords(worst.part.loss, thresholdsMs);
  const against = figures.baseline.units > 0 ? `; of the baseline ${baseline}` : '';
  const within = span === null ? '' : `, within ${duration(span.to - span.from)}`;
  return `Of the candidate ${candidate} ${what}${against}${within}.`;
}

/** Where not every unit counts for evidence, the rates are those of what counts. */
function figuresWords({ candidate, baseline, weighed }: Figures): Record<Role, string> {
  if (weighed.candidate.units >= candidate.units && weighed.baseline.units >= baseline.units) {
    return { candidate: shareWords(candidate), baseline: shareWords(baseline) };
  }
  const mean = ({ losses, units }: ArmCount, served: ArmCount): string =>
    units === 0
      ? 'none of 0'
      : `${percent(losses / units)} (of ${count(served.units)}, averaged over time)`;
  return {
    candidate: mean(weighed.candidate, candidate),
    baseline: mean(weighed.baseline, baseline),
  };
}

type Role = 'candidate' | 'baseline';

function lossWords(loss: LossName, { slow, tail, late }: Thresholds): string {
  const than = (ms: number | null): string => (ms === null ? 'usual' : latency(ms));
  switch (loss) {
    case 'error':
      return 'failed';
    case 'null':
      return 'gave a null, NaN or infinite prediction';
    case 'disagree':
      return 'were answered otherwise than the users were';
    case 'slow':
      return `were slower than ${than(slow)}`;
    case 'tail':
      return `were slower than ${than(tail)}`;
    case 'late':
      return `were slower than the objective of ${than(late)}`;
    default:
      return assertNever(loss, 'lossWords');
  }
}

function harmOf(
  kind: HarmGround['kind'],
  { worst, check, figures }: { worst: PartEvidence; check: Check; figures: Figures },
): string {
  const allowed = check.ratio === 1 ? 'no more than that' : `up to ${factor(check.ratio)} times it`;
  const ratio = stratifiedRatio(figures.stratified);
  switch (kind) {
    case 'ratio':
      return ratio === null
        ? `The baseline had none over the same seconds.`
        : `That is ${factor(ratio)} times the baseline's rate; ${allowed} is allowed.`;
    case 'limit':
      return `That is above the limit of ${percent(worst.part.limit ?? 0)}${
        figures.baseline.units > 0 ? ', and above what the baseline had over the same seconds' : ''
      }.`;
    case 'alone':
      return (
        `Since all traffic goes to it, it is above ${HARD_TRIGGER_RATIO_MIN} times what the ` +
        `baseline had before.`
      );
    default:
      return assertNever(kind, 'harmOf');
  }
}

/** 1/E bounds the chance of evidence this strong against a candidate that does no harm (Ville). */
export function chanceOf(logE: number): string {
  const rollouts = Math.exp(Math.min(logE, Math.log(CHANCE_MAX)));
  const seldom = rollouts >= CHANCE_MAX * 0.999 ? 'a million' : count(twoDigits(rollouts));
  return `Chance alone does that in at most 1 of ${seldom} rollouts.`;
}

const CHANCE_MAX = 1_000_000;
const twoDigits = (value: number): number => Math.floor(Number(value.toPrecision(2)));

function safetyOf({ safeties, checked }: Told): string {
  const said = safeties.map(({ by, below }, i) => {
    const loss = checked.parts[i]?.part.loss;
    const which = safeties.length > 1 ? ` (${loss === 'slow' ? 'p90' : 'p99'})` : '';
    return by === 'margin'
      ? `below ${factor(below)} times the baseline's rate${which}`
      : `below ${percent(below)}${which}`;
  });
  return `Shown to be ${list(said)}.`;
}

/** Beside what is said of copies: of how many that were to be made, and what became of the rest. */
function coverageOf({ copies, checked }: Told): string {
  if (copies === null || checked.check.metric !== 'disagreement') return '';
  const { sampled, dropped } = copies;
  const covered = sampled - droppedOf(copies);
  const why = DROP_REASONS.filter((reason) => dropped[reason] > 0).map(
    (reason) => `${count(dropped[reason])} ${dropWords[reason]}`,
  );
  const rest = why.length === 0 ? '' : `; dropped: ${list(why)}`;
  const share = percent(sampled === 0 ? 0 : covered / sampled);
  return ` Copied and answered: ${share} of ${count(sampled)} sampled requests${rest}.`;
}

const dropWords = {
  rate: 'above the rate',
  in_flight: 'beside too many others',
  breaker: 'while the circuit breaker was open',
  not_ready: 'before the version was ready',
  overload: 'because users came first or copies had used up `copies.processors`',
  deadline: 'not answered in time',
} as const satisfies Record<DropReason, string>;

/** How long it will take, as the end of a sentence. */
export function whenOf(etaMs: number | null): string {
  return etaMs === null
    ? ', and at this traffic it cannot be said when'
    : `; at this traffic it takes about ${duration(etaMs)} more if the candidate is as good`;
}
