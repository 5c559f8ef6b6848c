import type { Instant } from '../lib/units.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { CheckEvidence } from './check-evidence.ts';
import type { Evidence } from './evidence.ts';
import { stratifiedRatio } from './harm-run.ts';
import { isFrozen, judgeCheck, promotionOf } from './judge.ts';
import { judgePredictions } from './prediction-verdict.ts';
import { bandInterval } from './ratio-band.ts';
import { sentenceOf } from './sentence.ts';
import { bucketsToPass } from './time-to-pass.ts';
import { courtOf } from './traffic.ts';
import type { Court } from './traffic.ts';
import type { Verdict } from './verdict.ts';

/** The interval people are shown covers the true ratio, at all times at once, with 95 %. */
const INTERVAL_ALPHA = 0.05;

/** What every declared check says now, in their order; see `judge.ts` for how it is found. */
export function analyse(rollout: Rollout, evidence: Evidence, now: Instant): readonly Verdict[] {
  const court = courtOf(rollout, evidence, now);
  const { baselineAnswers, copies } = evidence;
  const ground = { ...court, baselineAnswers, copies };
  const losses = evidence.checks.map((checked) => told(ground, checked));
  return inOrder(court, evidence, losses);
}

/**
 * The same verdicts without what only people read: no ratio, interval, estimate of time or
 * sentence. Decisions made on them are the same. For those who play thousands of rollouts.
 */
export function analyseInSilence(
  rollout: Rollout,
  evidence: Evidence,
  now: Instant,
): readonly Verdict[] {
  const court = courtOf(rollout, evidence, now);
  return evidence.checks.map((checked) => {
    const judged = judgeCheck(court, checked);
    const { check, arm, outcome, candidate, baseline } = judged;
    const numbers = { check, arm, outcome, candidate, baseline, evidence: judged.evidence };
    return { ...numbers, ratio: null, interval: null, etaMs: null, sentence: '' };
  });
}

/** All verdicts in the order in which their checks are declared. */
function inOrder(
  court: Court,
  { predictions, importance, recent }: Evidence,
  losses: readonly Verdict[],
): readonly Verdict[] {
  if (predictions === null && importance === null) return losses;
  const isServing = recent.some(({ candidateUnits }) => candidateUnits > 0);
  const shifts = [predictions, importance].flatMap((evidence) =>
    evidence === null ? [] : judgePredictions({ court, evidence, isServing }),
  );
  const all = [...losses, ...shifts];
  return court.rollout.spec.checks.flatMap(({ name }) => all.filter(({ check }) => check === name));
}

type Ground = Court & Pick<Evidence, 'baselineAnswers' | 'copies'>;

function told(ground: Ground, checked: CheckEvidence): Verdict {
  const { rollout, traffic, baselineAnswers, copies } = ground;
  const judged = judgeCheck(ground, checked);
  const { finding, worst, safeties, check, arm, outcome, candidate, baseline } = judged;
  const numbers = {
    check,
    arm,
    outcome,
    candidate,
    baseline,
    ratio: stratifiedRatio(worst.tally.stratified),
    interval: worst.part.compared ? bandInterval(worst.tally.band, INTERVAL_ALPHA) : null,
    evidence: judged.evidence,
    etaMs: outcome === 'unsure' ? etaOf(ground, checked) : null,
  };
  const sentence = sentenceOf({
    finding,
    verdict: numbers,
    checked,
    worst,
    safeties,
    spanMs: traffic.spanMs,
    silent: traffic.silent,
    thresholdsMs: rollout.thresholdsMs,
    baselineAnswers,
    copies,
  });
  return { ...numbers, sentence };
}

/** Time until the check passes at the current traffic; null when that cannot be said. */
function etaOf(court: Court, checked: CheckEvidence): number | null {
  const { rollout, traffic } = court;
  if (!isFrozen(rollout, checked)) return null;
  const { bucketMs, alphaPromote } = rollout.spec;
  const needed = Math.log(1 / alphaPromote);
  const buckets = checked.parts.map((part) => {
    const promotion = promotionOf(court, checked, part);
    return bucketsToPass(part, { promotion, needed, traffic, bucketMs });
  });
  const longest = Math.max(...buckets);
  return Number.isFinite(longest) ? longest * bucketMs : null;
}
