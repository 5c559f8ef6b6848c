import { WHOLE_BPS } from '../lib/units.ts';
import { oneSampleCumulative } from '../stats/one-sample.ts';
import { marginLogE } from '../stats/promotion.ts';
import { CANDIDATE_ARM } from '../rollout/arm.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { marginOf } from './check-evidence.ts';
import type { CheckEvidence } from './check-evidence.ts';
import { harmPieces } from './harm-evidence.ts';
import { safetyState } from './part-evidence.ts';
import type { PartEvidence } from './part-evidence.ts';
import type { Finding, Safety } from './sentence.ts';
import type { Court, Traffic } from './traffic.ts';
import type { Verdict } from './verdict.ts';

/** All of a verdict that decisions are made on, and what its words are made from. */
export type Judged = Pick<
  Verdict,
  'check' | 'arm' | 'outcome' | 'candidate' | 'baseline' | 'evidence'
> & {
  readonly finding: Finding;
  /** The part that a failure rests on, or that speaks loudest for harm. */
  readonly worst: PartEvidence;
  /** Evidence that the candidate is safe, part by part. */
  readonly safeties: readonly Safety[];
};

/**
 * Judges one check. Fails outrank passes: a tolerance excuses the lack of a comparison, never shown
 * harm.
 *
 * A check fails when the mean E of its harm processes reaches m/α (m hard checks share α), or when
 * the hard trigger fires. It passes when each of its parts is shown to be below the margin of the
 * present stage, or below the tolerance, at E ≥ 1/α; all checks must pass, so no correction is due
 * (intersection–union).
 */
export function judgeCheck(court: Court, checked: CheckEvidence): Judged {
  const { rollout, traffic } = court;
  const { check, harmPeak, harmNeeded } = checked;
  const needed = Math.log(1 / rollout.spec.alphaPromote);
  const safeties = checked.parts.map((part) => safetyOf(court, checked, part));
  const safety = Math.min(...safeties.map(({ logE }) => logE));
  const frozen = isFrozen(rollout, checked);
  const finding = findingOf({ checked, traffic, passed: safety >= needed, frozen });
  const outcome = outcomes[finding];
  const worst = worstOf(checked);
  const { candidate, baseline } = worst.tally;
  const evidence = { harm: harmPeak, harmNeeded, safety, safetyNeeded: needed };
  const judged = { check: check.name, arm: CANDIDATE_ARM, outcome, candidate, baseline, evidence };
  return { ...judged, finding, worst, safeties };
}

/** Whether it is known what the check counts. */
export const isFrozen = ({ thresholdsMs }: Rollout, { check }: CheckEvidence): boolean =>
  check.metric !== 'latency' || thresholdsMs.slow !== null;

const outcomes = {
  spike: 'fail',
  harm: 'fail',
  passed: 'pass',
  starved: 'starved',
  early: 'unsure',
  unfrozen: 'unsure',
  open: 'unsure',
} as const satisfies Record<Finding, Verdict['outcome']>;

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
  const early = (checked.parts[0]?.tally.candidate.units ?? 0) < checked.check.minUnits;
  if (passed && !early) return 'passed';
  if (traffic.silent !== 'none') return 'starved';
  return early ? 'early' : 'open';
}

function safetyOf(court: Court, checked: CheckEvidence, part: PartEvidence): Safety {
  const promotion = promotionOf(court, checked, part);
  // Where the baseline gets no traffic the comparison cannot go on: what was shown before counts.
  const ended = court.shareBps === WHOLE_BPS;
  const byMargin: Safety | null =
    promotion === null
      ? null
      : {
          logE: ended ? promotion.peak : marginLogE(promotion.state, part.tally.promotion),
          by: 'margin',
          below: promotion.state.margin,
        };
  const tolerated = safetyState(part);
  const byTolerance: Safety | null =
    tolerated === null
      ? null
      : { logE: oneSampleCumulative(tolerated), by: 'tolerance', below: tolerated.rate0 };
  if (byMargin === null) return byTolerance ?? NEVER_SAFE;
  return byTolerance === null || byMargin.logE >= byTolerance.logE ? byMargin : byTolerance;
}

/** A part that is neither compared nor tolerated at any rate cannot pass; a start refuses it. */
const NEVER_SAFE: Safety = { logE: 0, by: 'tolerance', below: 0 };

/** The process that the present stage asks for; null where nothing is compared. */
export function promotionOf(
  { stage }: Court,
  { check }: CheckEvidence,
  { promotions }: PartEvidence,
): PartEvidence['promotions'][number] | null {
  const margin = marginOf(check, stage.margin);
  return promotions.find((one) => one.state.margin === margin) ?? null;
}

/** The part that a failure rests on, else the one that speaks loudest for harm. */
function worstOf({ parts, spike, ground }: CheckEvidence): PartEvidence {
  const loss = spike?.loss ?? ground?.loss ?? null;
  const named = parts.find(({ part }) => part.loss === loss);
  return named ?? parts.reduce((a, b) => (loudness(b) > loudness(a) ? b : a));
}

const loudness = ({ harm }: PartEvidence): number =>
  Math.max(...harmPieces(harm).map(({ logE }) => logE));
