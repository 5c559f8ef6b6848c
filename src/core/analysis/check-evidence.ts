import { logMeanE } from '../stats/e-values.ts';
import {
  HARD_TRIGGER_LOSS_MIN,
  HARD_TRIGGER_RATIO_MIN,
  hardTrigger,
} from '../stats/hard-trigger.ts';
import type { HardTriggerVerdict } from '../stats/hard-trigger.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { ladderOf, sequenceOf } from '../strategy/ladder.ts';
import { perLoss } from '../telemetry/window.ts';
import type { LossName } from '../telemetry/window.ts';
import type { Check } from './check.ts';
import { emptyLimit, harmCount, harmPieces } from './harm-evidence.ts';
import type { HarmPiece, LimitPiece } from './harm-evidence.ts';
import { NO_RUN } from './harm-run.ts';
import type { HarmRun } from './harm-run.ts';
import type { Intake } from './intake.ts';
import { emptyPart, extendPart, rememberPart } from './part-evidence.ts';
import type { PartEvidence, PartFold } from './part-evidence.ts';
import { partsOf } from './part.ts';
import type { Part } from './part.ts';
import { emptyTally } from './tally.ts';

/** What is known of one check. */
export type CheckEvidence = {
  readonly check: Check;
  /** In the order of `partsOf`. */
  readonly parts: readonly PartEvidence[];
  /**
   * log of the highest mean of all harm processes of all parts since the candidate served
   * `minUnits`. A rejection is never taken back (Ville), and a control plane that looks late must
   * conclude what one that looked in time did.
   */
  readonly harmPeak: number;
  /** What spoke loudest at that peak, with its figures; null while the peak proves nothing. */
  readonly ground: HarmGround | null;
  /** The first time the hard trigger fired (R6); it does not wait for `minUnits`. */
  readonly spike: Spike | null;
  readonly harmNeeded: number;
  readonly horizonBuckets: number;
  /** See `HarmDesign.aloneRatio`. */
  readonly aloneRatio: number;
};

/** What a failure rests on. */
export type HarmGround = HarmPiece & { readonly loss: LossName };

/** A hard trigger that fired. */
export type Spike = HardTriggerVerdict & { readonly loss: LossName; readonly run: HarmRun };

/** E of a thousand: what a hard trigger needs at least (statistics of rare spikes). */
const SPIKE_LOG_E = Math.log(1_000);

/**
 * A switch at once is watched more closely (S7): twice what the baseline used to lose is too much.
 * Nobody serves beside the candidate, so an incident of the whole service counts against it.
 */
const TIGHT_RATIO = 2;

/** The checks of a rollout that count losses, before the first bucket. */
export function emptyChecks({ spec }: Pick<Rollout, 'spec'>): readonly CheckEvidence[] {
  const { bucketMs, horizonMs } = spec;
  const checks = spec.checks.filter((check) => partsOf(check).length > 0);
  const harmNeeded = harmNeededOf(spec);
  const horizonBuckets = Math.max(1, Math.ceil(horizonMs / bucketMs));
  const margins = [...new Set(ladderOf(spec).map(({ margin }) => margin))];
  const aloneRatio = isTight(spec) ? TIGHT_RATIO : HARD_TRIGGER_RATIO_MIN;
  const tallies = perLoss(emptyTally);
  const limitOf = limits(horizonBuckets);
  return checks.map((check) => ({
    check,
    parts: partsOf(check).map((part) =>
      emptyPart({
        part,
        tally: tallies[part.loss],
        limit: limitOf(part),
        ratio0: check.ratio,
        margins: margins.map((margin) => marginOf(check, margin)),
        horizonBuckets,
        aloneRatio,
      }),
    ),
    harmPeak: 0,
    ground: null,
    spike: null,
    harmNeeded,
    horizonBuckets,
    aloneRatio,
  }));
}

/** Checks of the same loss that have the same limit share its processes. */
function limits(horizonBuckets: number): (part: Part) => LimitPiece | null {
  const known = new Map<string, LimitPiece>();
  return ({ loss, limit }) => {
    if (limit === null) return null;
    const key = `${loss} ${limit}`;
    const piece = known.get(key) ?? emptyLimit(limit, horizonBuckets);
    known.set(key, piece);
    return piece;
  };
}

/**
 * What log E of harm must reach for a check to fail. α is shared equally by the checks that revert:
 * E_i ≥ m/α. Each verdict then proves itself, at the price of at most a factor m in E against
 * Σ E_i/m ≥ 1/α. Evidence begins anew with every other audience, so these share it, too.
 */
export function harmNeededOf(spec: Rollout['spec']): number {
  const hard = spec.checks.filter(({ onFail }) => onFail === 'hard').length;
  return Math.log((Math.max(1, hard) * audiencesIn(spec)) / spec.alphaRevert);
}

/** Nothing can follow what has given everything away: who serves alone does so in `gradual`. */
const isTight = (spec: Rollout['spec']): boolean =>
  sequenceOf(spec).some(({ kind }) => kind === 'gradual');

/** How often the audience changes on the way, and once for the first. */
const audiencesIn = (spec: Rollout['spec']): number =>
  ladderOf(spec).filter(({ audience }, i, all) => i === 0 || audience !== all[i - 1]?.audience)
    .length;

/**
 * The margin of a stage counts from the ratio a check tolerates: a candidate that is no harm at
 * 1.4 times the baseline must not be held for ever by a margin of 1.5 that starts at 1.
 */
export const marginOf = ({ ratio }: Check, stageMargin: number): number => ratio * stageMargin;

/** Takes note of what the baseline did before the rollout. */
export const remember = (evidence: CheckEvidence, intake: Intake): CheckEvidence => ({
  ...evidence,
  parts: evidence.parts.map((part) => rememberPart(part, intake)),
});

/** Folds buckets in. */
export function extendCheck(evidence: CheckEvidence, intake: Intake): CheckEvidence {
  const { check, horizonBuckets, aloneRatio, harmNeeded } = evidence;
  const design = { ratio0: check.ratio, horizonBuckets, aloneRatio };
  const folds: PartFold[] = [];
  for (const part of evidence.parts) {
    const folded = extendPart(part, intake, design);
    if (folded === null) return intake.singles().reduce(extendCheck, evidence);
    folds.push(folded);
  }
  const parts = folds.map(({ part }) => part);
  const { harm, judged } = highest(folds, check.minUnits);
  const harmPeak = Math.max(evidence.harmPeak, judged);
  if (harm < harmNeeded) return { ...evidence, parts, harmPeak };
  // What proves harm is looked at bucket by bucket, for what it rests on.
  const singles = intake.singles();
  return singles.length === 1 ? proved(evidence, parts) : singles.reduce(extendCheck, evidence);
}

/** log of the highest mean E after any of the buckets, and of those with units enough. */
function highest(folds: readonly PartFold[], minUnits: number): Record<'harm' | 'judged', number> {
  const processes = folds.reduce((sum, { part }) => sum + harmCount(part.harm), 0);
  const [first] = folds;
  let [harm, judged] = [0, 0];
  const units = first?.candidateUnits ?? [];
  for (let at = 0; at < units.length; at += 1) {
    let sum = 0;
    for (const { es } of folds) sum += es[at] ?? 0;
    if (sum > harm) harm = sum;
    if (sum > judged && (units[at] ?? 0) >= minUnits) judged = sum;
  }
  return { harm: Math.log(harm / processes), judged: Math.log(judged / processes) };
}

/** After a bucket that proves harm, or would if there were units enough. */
function proved(evidence: CheckEvidence, parts: readonly PartEvidence[]): CheckEvidence {
  const { check, harmNeeded } = evidence;
  const pieces = parts.flatMap(({ part, harm }) =>
    harmPieces(harm).map((piece): HarmGround => ({ ...piece, loss: part.loss })),
  );
  const harm = logMeanE(pieces.map(({ logE }) => logE));
  const judged = (parts[0]?.tally.candidate.units ?? 0) >= check.minUnits;
  const higher = judged && harm > evidence.harmPeak;
  return {
    ...evidence,
    parts,
    harmPeak: higher ? harm : evidence.harmPeak,
    ground: higher && harm >= harmNeeded ? loudest(pieces) : evidence.ground,
    spike: evidence.spike ?? spikeOf(parts, harm, Math.max(SPIKE_LOG_E, harmNeeded)),
  };
}

const loudest = (pieces: readonly HarmGround[]): HarmGround =>
  pieces.reduce((a, b) => (b.logE > a.logE ? b : a));

/**
 * The hard trigger asks for more evidence than the check itself, so it never adds to the chance of
 * a false alarm; what it adds is that nothing is waited for.
 */
function spikeOf(parts: readonly PartEvidence[], harm: number, needed: number): Spike | null {
  for (const { part, tally, harm: pieces } of parts) {
    const { spike } = tally;
    if (!part.compared || spike.candidateLoss < HARD_TRIGGER_LOSS_MIN) continue;
    const verdict = hardTrigger(spike, harm, { evidenceMin: Math.exp(needed) });
    if (verdict.fires) return { ...verdict, loss: part.loss, run: pieces.ratio?.run ?? NO_RUN };
  }
  return null;
}
