import type { Instant } from '../lib/units.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import { oneSampleEvidence } from '../stats/one-sample.ts';
import { promotionLogE } from '../stats/promotion.ts';
import { candidateShare } from '../rollout/share.ts';
import { stageOf } from '../strategy/ladder.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { marginOf } from './check-evidence.ts';
import type { CheckEvidence } from './check-evidence.ts';
import type { Evidence } from './evidence.ts';
import { harmPieces } from './harm-evidence.ts';
import { stratifiedRatio } from './harm-run.ts';
import type { PartEvidence } from './part-evidence.ts';
import { bandInterval } from './ratio-band.ts';
import { sentenceOf } from './sentence.ts';
import type { Finding, Safety } from './sentence.ts';
import { bucketsToPass } from './time-to-pass.ts';
import { trafficOf } from './traffic.ts';
import type { Traffic } from './traffic.ts';
import type { Verdict } from './verdict.ts';
import { CANDIDATE_ARM } from '../rollout/arm.ts';

/** The interval people are shown covers the true ratio, at all times at once, with 95 %. */
const INTERVAL_ALPHA = 0.05;

/**
 * What every declared check says now, in their order. Fails outrank passes: a tolerance excuses the
 * lack of a comparison, never shown harm.
 *
 * A check fails when the mean E of its harm processes reaches m/α (m hard checks share α), or when
 * the hard trigger fires. It passes when each of its parts is shown to be below the margin of the
 * present stage, or below the tolerance, at E ≥ 1/α; all checks must pass, so no correction is due
 * (intersection–union).
 */
export function analyse(rollout: Rollout, evidence: Evidence, now: Instant): readonly Verdict[] {
  const traffic = trafficOf(rollout, evidence, now);
  return evidence.checks.map((check) => verdictOf({ rollout, evidence, traffic }, check));
}

type Ground = {
  readonly rollout: Rollout;
  readonly evidence: Evidence;
  readonly traffic: Traffic;
};

function verdictOf(ground: Ground, checked: CheckEvidence): Verdict {
  const { rollout, traffic } = ground;
  const { check, harmPeak, harmNeeded } = checked;
  const needed = Math.log(1 / rollout.spec.alphaPromote);
  const safeties = checked.parts.map((part) => safetyOf(rollout, checked, part));
  const passed = safeties.every(({ logE }) => logE >= needed);
  const worst = worstOf(checked);
  const { candidate, baseline, stratified, band } = worst;
  const frozen = check.metric !== 'latency' || rollout.thresholdsMs.slow !== null;
  const finding = findingOf({ checked, traffic, passed, frozen });
  const outcome = finding === 'spike' || finding === 'harm' ? 'fail' : outcomes[finding];
  const buckets = Math.max(
    ...checked.parts.map((part) =>
      bucketsToPass(part, {
        promotion: promotionOf(rollout, checked, part),
        needed,
        traffic,
        bucketMs: rollout.spec.bucketMs,
      }),
    ),
  );
  const etaMs =
    outcome === 'unsure' && frozen && Number.isFinite(buckets)
      ? buckets * rollout.spec.bucketMs
      : null;
  const numbers = {
    check: check.name,
    arm: CANDIDATE_ARM,
    outcome,
    candidate,
    baseline,
    ratio: stratifiedRatio(stratified),
    interval: worst.part.compared ? bandInterval(band, INTERVAL_ALPHA) : null,
    evidence: {
      harm: harmPeak,
      harmNeeded,
      safety: Math.min(...safeties.map(({ logE }) => logE)),
      safetyNeeded: needed,
    },
    etaMs,
  } as const;
  const sentence = sentenceOf({
    finding,
    verdict: numbers,
    checked,
    worst,
    safeties,
    spanMs: traffic.spanMs,
    silent: traffic.silent,
    thresholdsMs: rollout.thresholdsMs,
    baselineAnswers: ground.evidence.baselineAnswers,
  });
  return { ...numbers, sentence };
}

const outcomes = {
  passed: 'pass',
  starved: 'starved',
  early: 'unsure',
  unfrozen: 'unsure',
  open: 'unsure',
} as const satisfies Record<Exclude<Finding, 'spike' | 'harm'>, Verdict['outcome']>;

function findingOf(seen: {
  readonly checked: CheckEvidence;
  readonly traffic: Traffic;
  readonly passed: boolean;
  readonly frozen: boolean;
}): Finding {
  const { checked, traffic, passed, frozen } = seen;
  if (checked.spike !== null) return 'spike';
  if (checked.harmPeak >= checked.harmNeeded) return 'harm';
  if (!frozen) return 'unfrozen';
  const early = (checked.parts[0]?.candidate.units ?? 0) < checked.check.minUnits;
  if (passed && !early) return 'passed';
  if (traffic.silent !== 'none') return 'starved';
  return early ? 'early' : 'open';
}

function safetyOf(rollout: Rollout, checked: CheckEvidence, part: PartEvidence): Safety {
  const promotion = promotionOf(rollout, checked, part);
  // Where the baseline gets no traffic the comparison cannot go on: what was shown before counts.
  const ended = candidateShare(rollout) === WHOLE_BPS;
  const byMargin: Safety | null =
    promotion === null
      ? null
      : {
          logE: ended ? promotion.peak : promotionLogE(promotion.state),
          by: 'margin',
          below: promotion.margin,
        };
  const byTolerance: Safety | null =
    part.safety === null
      ? null
      : {
          logE: oneSampleEvidence(part.safety).logECumulative,
          by: 'tolerance',
          below: part.safety.rate0,
        };
  if (byMargin === null) return byTolerance ?? NEVER_SAFE;
  return byTolerance === null || byMargin.logE >= byTolerance.logE ? byMargin : byTolerance;
}

/** A part that is neither compared nor tolerated at any rate cannot pass; a start refuses it. */
const NEVER_SAFE: Safety = { logE: 0, by: 'tolerance', below: 0 };

function promotionOf(
  rollout: Rollout,
  { check }: CheckEvidence,
  { promotions }: PartEvidence,
): PartEvidence['promotions'][number] | null {
  const margin = marginOf(check, stageOf(rollout).margin);
  return promotions.find((one) => one.margin === margin) ?? null;
}

/** The part that a failure rests on, else the one that speaks loudest for harm. */
function worstOf({ parts, spike, ground }: CheckEvidence): PartEvidence {
  const loss = spike?.loss ?? ground?.loss ?? null;
  const named = parts.find(({ part }) => part.loss === loss);
  const loudness = ({ harm }: PartEvidence): number =>
    Math.max(...harmPieces(harm).map(({ logE }) => logE));
  return named ?? parts.reduce((a, b) => (loudness(b) > loudness(a) ? b : a));
}
