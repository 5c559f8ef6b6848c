import { compareArrival } from '../feedback/arrival.ts';
import type { MetricOutcome } from '../feedback/outcome.ts';
import { LABEL_METRIC } from '../feedback/feedback.ts';
import { BASELINE_ARM } from '../rollout/arm.ts';
import { contendersOf } from '../rollout/contenders.ts';
import type { Rollout } from '../rollout/rollout.ts';
import {
  confidenceSequence,
  sequenceLogE,
  sequenceOneSidedWidth,
} from '../stats/confidence-sequence.ts';
import type { Estimate } from '../stats/confidence-sequence.ts';
import { logMeanE } from '../stats/e-values.ts';
import { isCompared } from '../strategy/ladder.ts';
import type { OutcomeCheck } from './outcome-check.ts';
import { isPart, outcomePair } from './outcome-pair.ts';
import type { ArmValue, OutcomePair } from './outcome-pair.ts';
import { outcomeSentence } from './outcome-sentence.ts';
import type { Verdict } from './verdict.ts';

/** What was found about a check on feedback; `harm` and `limit` fail it. */
export type OutcomeFinding =
  | 'harm'
  | 'limit'
  | 'passed'
  /** Nothing complete has come back of an arm that has traffic. */
  | 'missing'
  /** Labels come for one arm much more often than for the other. */
  | 'uneven'
  | 'early'
  | 'open';

/** What the declared checks on feedback say of each candidate; none for one that was taken out. */
export function judgeOutcomes(
  rollout: Rollout,
  outcomes: readonly MetricOutcome[],
): readonly Verdict[] {
  const { spec, dropped } = rollout;
  return contendersOf(rollout)
    .filter(({ arm }) => !dropped.includes(arm))
    .flatMap(({ arm }) =>
      (spec.outcomeChecks ?? []).map((check) => judge({ rollout, check, arm }, outcomes)),
    );
}

type Asked = { readonly rollout: Rollout; readonly check: OutcomeCheck; readonly arm: string };

/** The interval people are shown covers the true difference, at all times at once, with 95 %. */
const INTERVAL_ALPHA = 0.05;
/** The sequences are tightest when this many times the least units are there. */
const TUNED_FOR_LEAST = 10;
/** Where an arm can expect fewer answers, a mean of mostly nothing is not known to be normal. */
const ANSWERED_MIN = 10;
/** Arrival this many times as often in one arm says that what came cannot be compared. */
const ARRIVAL_RATIO_MAX = 1.5;

function judge(asked: Asked, outcomes: readonly MetricOutcome[]): Verdict {
  const { rollout, check, arm } = asked;
  const { of, margin, minUnits } = check;
  const outcome = outcomes.find(({ metric }) => metric === of.name);
  const query = { arm, of, from: rollout.evidenceFrom };
  const pair = (outcome && outcomePair(outcome, query)) ?? NOTHING;
  const evidence = evidenceFor(asked, pair);
  const finding = findingOf({ ...asked, pair, evidence, uneven: isUneven(asked, outcome) });
  const advantage = pair.advantage?.value ?? null;
  const numbers = {
    check: check.name,
    arm,
    outcome: outcomeWords[finding],
    candidate: { units: pair.candidate.n, losses: pair.candidate.sum },
    baseline: { units: pair.baseline.n, losses: pair.baseline.sum },
    ratio: null,
    interval: null,
    evidence: evidence.told,
    etaMs: finding === 'open' ? etaOf(asked, pair, outcome) : null,
    effect: {
      metric: of.name,
      better: of.better,
      scale: isPart(of) ? 'part' : 'number',
      candidate: meanOf(pair.candidate),
      baseline: meanOf(pair.baseline),
      advantage,
      interval: intervalOf(pair, check),
      margin,
      minUnits,
    },
  } as const;
  const maturityMs = outcome?.maturityMs ?? 0;
  const sentence = outcomeSentence({ finding, verdict: numbers, check, pair, maturityMs });
  return { ...numbers, sentence };
}

const outcomeWords = {
  harm: 'fail',
  limit: 'fail',
  passed: 'pass',
  missing: 'starved',
  uneven: 'unsure',
  early: 'unsure',
  open: 'unsure',
} as const satisfies Record<OutcomeFinding, Verdict['outcome']>;

const NOBODY: ArmValue = { units: 0, answered: 0, waiting: 0, n: 0, sum: 0, variance: 0 };
const NOTHING: OutcomePair = {
  candidate: NOBODY,
  baseline: NOBODY,
  advantage: null,
  since: null,
};

const meanOf = ({ n, sum }: ArmValue): number | null => (n === 0 ? null : sum / n);

type Shown = {
  readonly told: Verdict['evidence'];
  /** Which of the two speaks louder for harm. */
  readonly louder: 'harm' | 'limit';
};

/**
 * Evidence in logarithms of e-values: of harm, the mean of those for "worse by more than the
 * margin" and "beyond the limit"; of safety, that for "not worse by the margin", or, where no
 * baseline ever serves beside the candidate, "within the limit".
 */
function evidenceFor({ rollout, check }: Asked, { advantage, candidate }: OutcomePair): Shown {
  const { margin, limit } = check;
  const tuned = { tunedFor: TUNED_FOR_LEAST * check.minUnits };
  const alpha = check.alpha / contendersOf(rollout).length;
  const harmful = { ...tuned, alpha };
  const safe = { ...tuned, alpha: rollout.spec.alphaPromote };
  const within = limit === null ? null : distance(candidate, check, limit);
  const worse = advantage === null ? 0 : sequenceLogE(turned(advantage, margin), harmful);
  const beyond = within === null ? null : sequenceLogE(turned(within, 0), harmful);
  const compared = isCompared(rollout.spec);
  const shown = compared ? advantage && { ...advantage, value: advantage.value + margin } : within;
  return {
    told: {
      harm: beyond === null ? worse : compared ? logMeanE([worse, beyond]) : beyond,
      harmNeeded: Math.log(1 / alpha),
      safety: shown === null ? 0 : sequenceLogE(shown, safe),
      safetyNeeded: Math.log(1 / safe.alpha),
    },
    louder: beyond !== null && beyond > worse ? 'limit' : 'harm',
  };
}

/** How much further on the wrong side than `by`. */
const turned = ({ value, sd, n }: Estimate, by: number): Estimate => {
  return { value: 0 - value - by, sd, n };
};

/** How far on the right side of a limit an arm's mean is; null: nothing came. */
function distance(arm: ArmValue, { of }: OutcomeCheck, limit: number): Estimate | null {
  const mean = meanOf(arm);
  if (mean === null) return null;
  const value = of.better === 'higher' ? mean - limit : limit - mean;
  return { value, sd: Math.sqrt(arm.variance), n: arm.n };
}

type Found = Asked & {
  readonly pair: OutcomePair;
  readonly evidence: Shown;
  readonly uneven: boolean;
};

function findingOf({ rollout, check, pair, evidence, uneven }: Found): OutcomeFinding {
  const { candidate, baseline } = pair;
  const arms = isCompared(rollout.spec) ? [candidate, baseline] : [candidate];
  const answered = arms.reduce((sum, one) => sum + one.answered, 0);
  if (answered === 0 || arms.some(({ n }) => n === 0)) return 'missing';
  const isEnough = arms.every(({ units }) => units >= check.minUnits);
  const fewest = Math.min(...arms.map(({ n }) => n)) / arms.reduce((sum, { n }) => sum + n, 0);
  if (!isEnough || answered * fewest < ANSWERED_MIN) return 'early';
  const { harm, harmNeeded, safety, safetyNeeded } = evidence.told;
  if (uneven) return 'uneven';
  if (harm >= harmNeeded) return evidence.louder;
  return safety >= safetyNeeded ? 'passed' : 'open';
}

/** Labels are about predictions, and come alike for equal arms. Of other metrics nobody knows. */
function isUneven({ check, arm }: Asked, outcome: MetricOutcome | undefined): boolean {
  if (check.of.name !== LABEL_METRIC) return false;
  const [own, other] = [arm, BASELINE_ARM].map((name) =>
    outcome?.arms.find((one) => one.arm === name),
  );
  if (own === undefined || other === undefined) return false;
  const { lower, upper } = compareArrival(own, other).interval;
  return lower > ARRIVAL_RATIO_MAX || upper < 1 / ARRIVAL_RATIO_MAX;
}

function intervalOf(
  { advantage }: OutcomePair,
  { minUnits }: OutcomeCheck,
): readonly [number, number] | null {
  if (advantage === null || advantage.sd === 0) return null;
  const tuned = { alpha: INTERVAL_ALPHA, tunedFor: TUNED_FOR_LEAST * minUnits };
  const { lower, upper } = confidenceSequence(advantage, tuned);
  return [lower, upper];
}

/** Doublings of what there is, after which it is said that nobody knows. */
const DOUBLINGS_MAX = 20;

/** Time until it passes as things come in, if the candidate is as good as the baseline. */
function etaOf(
  { rollout, check }: Asked,
  { advantage, since }: OutcomePair,
  outcome: MetricOutcome | undefined,
): number | null {
  if (advantage === null || since === null || outcome === undefined) return null;
  const spanMs = outcome.asOf - outcome.maturityMs - since;
  const tuned = { alpha: rollout.spec.alphaPromote, tunedFor: TUNED_FOR_LEAST * check.minUnits };
  const reaches = (times: number): boolean =>
    sequenceOneSidedWidth({ ...advantage, n: advantage.n * times }, tuned) <= check.margin;
  let times = 1;
  for (let doubled = 0; doubled < DOUBLINGS_MAX && !reaches(times); doubled += 1) times *= 2;
  if (!reaches(times)) return null;
  let [few, enough] = [times / 2, times];
  for (let step = 0; step < DOUBLINGS_MAX; step += 1) {
    const middle = (few + enough) / 2;
    if (reaches(middle)) enough = middle;
    else few = middle;
  }
  return Math.max(0, Math.round(spanMs * (enough - 1)));
}
