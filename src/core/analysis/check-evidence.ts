import { logMeanE } from '../stats/e-values.ts';
import { hardTrigger } from '../stats/hard-trigger.ts';
import type { HardTriggerVerdict } from '../stats/hard-trigger.ts';
import type { Bucket } from '../stats/rate-ratio.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { LossName } from '../telemetry/window.ts';
import type { Check } from './check.ts';
import { emptyPart, extendPart, harmPieces } from './part-evidence.ts';
import type { PartEvidence } from './part-evidence.ts';
import { partsOf } from './part.ts';
import type { Stratum } from './stratum.ts';

/** What is known of one check. */
export type CheckEvidence = {
  readonly check: Check;
  /** In the order of `partsOf`. */
  readonly parts: readonly PartEvidence[];
  /** log of the mean of all harm processes of all parts, as it stands. */
  readonly harm: number;
  /**
   * Its highest value since the candidate served `minUnits`. A rejection is never taken back
   * (Ville), and a control plane that looks late must conclude what one that looked in time did.
   */
  readonly harmPeak: number;
  /** The first time the hard trigger fired (R6); it does not wait for `minUnits`. */
  readonly spike: Spike | null;
  readonly harmNeeded: number;
  readonly horizonBuckets: number;
};

/** A hard trigger that fired. */
export type Spike = HardTriggerVerdict & { readonly loss: LossName };

/** E of a thousand: what a hard trigger needs at least (statistics of rare spikes). */
const SPIKE_LOG_E = Math.log(1_000);

/** The checks of a rollout before the first bucket. */
export function emptyChecks({ spec }: Rollout): readonly CheckEvidence[] {
  const { checks, alphaRevert, bucketMs, horizonMs, strategy } = spec;
  const horizonBuckets = Math.max(1, Math.ceil(horizonMs / bucketMs));
  const hard = checks.filter(({ onFail }) => onFail === 'hard').length;
  const margins = [...new Set(strategy.stages.map(({ margin }) => margin))];
  return checks.map((check) => ({
    check,
    parts: partsOf(check).map((part) =>
      emptyPart({
        part,
        ratio0: check.ratio,
        margins: margins.map((margin) => marginOf(check, margin)),
        horizonBuckets,
      }),
    ),
    harm: 0,
    harmPeak: 0,
    spike: null,
    // α is shared equally by the checks that revert: E_i ≥ m/α. Each verdict then proves itself,
    // at the price of at most a factor m in E against Σ E_i/m ≥ 1/α.
    harmNeeded: Math.log(Math.max(1, hard) / alphaRevert),
    horizonBuckets,
  }));
}

/**
 * The margin of a stage counts from the ratio a check tolerates: a candidate that is no harm at
 * 1.4 times the baseline must not be held for ever by a margin of 1.5 that starts at 1.
 */
export const marginOf = ({ ratio }: Check, stageMargin: number): number => ratio * stageMargin;

/** Folds one bucket in. */
export function extendCheck(evidence: CheckEvidence, stratum: Stratum): CheckEvidence {
  const { check, horizonBuckets, harmNeeded } = evidence;
  const parts = evidence.parts.map((part) =>
    extendPart(part, bucketOf(stratum, part.part.loss), horizonBuckets),
  );
  const harm = logMeanE(parts.flatMap((part) => harmPieces(part).map(({ logE }) => logE)));
  const judged = (parts[0]?.candidate.units ?? 0) >= check.minUnits;
  return {
    ...evidence,
    parts,
    harm,
    harmPeak: judged ? Math.max(evidence.harmPeak, harm) : evidence.harmPeak,
    spike: evidence.spike ?? spikeOf(parts, harm, Math.max(SPIKE_LOG_E, harmNeeded)),
  };
}

/** One kind of loss of both arms. */
function bucketOf({ candidate, baseline }: Stratum, loss: LossName): Bucket {
  return {
    candidateLoss: candidate[loss].sum,
    candidateUnits: candidate[loss].units,
    baselineLoss: baseline[loss].sum,
    baselineUnits: baseline[loss].units,
  };
}

/**
 * The hard trigger asks for more evidence than the check itself, so it never adds to the chance of
 * a false alarm; what it adds is that nothing is waited for.
 */
function spikeOf(parts: readonly PartEvidence[], harm: number, needed: number): Spike | null {
  for (const { part, spike } of parts) {
    if (!part.compared) continue;
    const verdict = hardTrigger(spike, harm, { evidenceMin: Math.exp(needed) });
    if (verdict.fires) return { ...verdict, loss: part.loss };
  }
  return null;
}
