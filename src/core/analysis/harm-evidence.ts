import {
  oneSampleE,
  oneSampleEvidence,
  oneSampleFold,
  oneSampleLogFactors,
  oneSampleStart,
} from '../stats/one-sample.ts';
import type { LossCount, OneSampleState } from '../stats/one-sample.ts';
import {
  poissonLogFactors,
  rateRatioE,
  rateRatioEvidence,
  rateRatioFold,
  rateRatioStart,
} from '../stats/rate-ratio.ts';
import type { Bucket, RateRatioState } from '../stats/rate-ratio.ts';
import { NO_RUN, runStep } from './harm-run.ts';
import type { HarmRun } from './harm-run.ts';
import type { Column, Intake } from './intake.ts';
import type { Part } from './part.ts';
import type { Tally } from './tally.ts';
import type { LossName } from '../telemetry/window.ts';
import type { ArmCount } from './verdict.ts';
import type { Counted } from './weighing.ts';

/** The harm processes of one part; null where the check does not ask. Each is an e-process. */
export type HarmEvidence = {
  /** Against "at most `ratio` times the baseline's rate over the same seconds". */
  readonly ratio: Piece<RateRatioState> | null;
  /**
   * Against "at most the declared limit, or at most the baseline's rate": an incident that hits
   * both arms is not the candidate's. The smaller of the two processes, which is an e-process
   * whichever of the two holds. Only buckets with both arms count.
   */
  readonly limit: LimitPiece | null;
  /**
   * Against "at most five times what the baseline had, and at most the limit": only buckets in
   * which the candidate was alone count, so that the last stage, which leaves the baseline no
   * traffic, is not blind.
   */
  readonly alone: Piece<OneSampleState> | null;
};

/** A process with the buckets that point to harm; see `harm-run.ts`. */
type Piece<State> = { readonly state: State; readonly run: HarmRun };

/** Both processes of a limit; the same object for all checks that have it. */
export type LimitPiece = Piece<OneSampleState> & { readonly beside: RateRatioState };

/** One harm process of a part and what it says; one not begun stands at E = 1. */
export type HarmPiece = {
  readonly kind: keyof HarmEvidence;
  readonly logE: number;
  readonly run: HarmRun;
};

/** What the harm processes of a part are made with. */
export type HarmDesign = {
  readonly part: Part;
  /** Null ratio r₀ of harm. */
  readonly ratio0: number;
  readonly horizonBuckets: number;
  /** A candidate that serves alone may lose this many times what the baseline usually does. */
  readonly aloneRatio: number;
};

/** What a process that begins only now is made with. */
export type Circumstances = {
  readonly part: Part;
  /** What is known of the baseline when the candidate begins to serve alone. */
  readonly tally: Tally;
  readonly design: Omit<HarmDesign, 'part'>;
};

/** The baseline's rate is taken as known for `HarmEvidence.alone` from this many units on. */
export const ALONE_BASELINE_UNITS_MIN = 1_000;
/** Shrinkage of that rate. */
const ALONE_LOSS = 1;
const ALONE_UNITS = 100;
/** A measure above this would be no measure: nearly everything could be lost. */
const ALONE_RATE_MAX = 0.9;
/** Nobody counted who was slow before the thresholds were fixed, but that is how they are fixed. */
const BY_DEFINITION: Readonly<Record<LossName, number | null>> = {
  error: null,
  null: null,
  slow: 0.1,
  tail: 0.01,
  late: null,
  disagree: null,
};
/** The alternative by which the start of a harm is told: twice what is no harm. */
const GROSS = 2;

/** Nothing is known yet. */
export function emptyHarm(
  { part, ratio0, horizonBuckets }: HarmDesign,
  limit: LimitPiece | null,
): HarmEvidence {
  // The Bernoulli form is sharper where one answer in ten is a loss, and exists for r₀ = 1 only.
  const form = part.loss === 'slow' && ratio0 === 1 ? 'bernoulli' : 'poisson';
  const ratio = part.compared ? begun(rateRatioStart({ ratio0, form, horizonBuckets })) : null;
  return { ratio, limit, alone: null };
}

/** The processes of a limit before the first bucket. */
export const emptyLimit = (rate0: number, horizonBuckets: number): LimitPiece => ({
  ...begun(oneSampleStart({ rate0, direction: 'harm', horizonBuckets })),
  beside: rateRatioStart({ ratio0: 1, horizonBuckets }),
});

const begun = <State>(state: State): Piece<State> => ({ state, run: NO_RUN });

/** Harm processes after some buckets, and the sum of their E after each of them. */
export type HarmFold = { readonly harm: HarmEvidence; readonly es: readonly number[] };

/** Folds buckets in that have both arms. */
export function foldHarm(harm: HarmEvidence, loss: LossName, intake: Intake): HarmFold {
  const column = intake.column(loss);
  const ratio = harm.ratio === null ? null : ratioFold(harm.ratio, column);
  const limit =
    harm.limit === null ? null : intake.once(harm.limit, (one) => limitFold(one, column));
  const alone = aloneE(harm);
  const es = column.harm.map((_, at) => alone + (ratio?.es[at] ?? 0) + (limit?.es[at] ?? 0));
  return {
    harm: { ratio: ratio?.piece ?? null, limit: limit?.piece ?? null, alone: harm.alone },
    es,
  };
}

/** Folds one bucket in of which an arm is empty. */
export function extendHarm(
  harm: HarmEvidence,
  counted: Counted,
  circumstances: Circumstances,
): HarmFold {
  const { ratio, limit } = harm;
  const { candidateUnits } = counted.harm;
  if (candidateUnits <= 0) return { harm, es: [harmE(harm)] };
  const alone = harm.alone ?? aloneStart(circumstances);
  const next = { ratio, limit, alone: alone === null ? null : rateStep(alone, counted) };
  return { harm: next, es: [harmE(next)] };
}

/** How many processes the mean is taken of; one not begun counts as E = 1. */
export const harmCount = ({ ratio, limit }: HarmEvidence): number =>
  (ratio === null ? 0 : 1) + (limit === null ? 0 : 1) + 1;

/** Sum of E as it stands; Infinity beyond a double. */
export const harmE = (harm: HarmEvidence): number =>
  aloneE(harm) +
  (harm.ratio === null ? 0 : rateRatioE(harm.ratio.state)) +
  (harm.limit === null ? 0 : Math.min(oneSampleE(harm.limit.state), rateRatioE(harm.limit.beside)));

const aloneE = ({ alone }: HarmEvidence): number => (alone === null ? 1 : oneSampleE(alone.state));

/** What each harm process the check has says. */
export function harmPieces({ ratio, limit, alone }: HarmEvidence): readonly HarmPiece[] {
  const pieces: HarmPiece[] = [];
  if (ratio !== null) {
    pieces.push({ kind: 'ratio', logE: rateRatioEvidence(ratio.state).logE, run: ratio.run });
  }
  if (limit !== null) {
    const above = oneSampleEvidence(limit.state).logE;
    const worse = rateRatioEvidence(limit.beside).logE;
    pieces.push({ kind: 'limit', logE: Math.min(above, worse), run: limit.run });
  }
  if (alone === null) return [...pieces, { kind: 'alone', logE: 0, run: NO_RUN }];
  const { state, run } = alone;
  const byLimit = limit !== null && state.rate0 === limit.state.rate0;
  const { logE } = oneSampleEvidence(state);
  return [...pieces, { kind: byLimit ? 'limit' : 'alone', logE, run }];
}

/** A piece after some buckets, and its E after each of them. */
type PieceFold<One> = { readonly piece: One; readonly es: readonly number[] };

function ratioFold(piece: Piece<RateRatioState>, column: Column): PieceFold<Piece<RateRatioState>> {
  const { ratio0 } = piece.state;
  const { state, es } = rateRatioFold(piece.state, column.harm);
  const logFactor = poissonLogFactors(ratio0, GROSS * ratio0);
  let { run } = piece;
  for (const counted of column.counted) {
    if (run === NO_RUN && isUsual(counted.harm, ratio0)) continue;
    run = runStep(run, counted, logFactor(counted.harm));
  }
  return { piece: { state, run }, es };
}

/**
 * Whether the candidate has no more of the losses than its units let expect. Then the factor for
 * twice the ratio is at most 1, as ln(1 + x) is at least x ln 2 for a part x, and needs no
 * logarithm.
 */
function isUsual(bucket: Bucket, ratio0: number): boolean {
  const { candidateLoss, candidateUnits, baselineLoss, baselineUnits } = bucket;
  const weighted = candidateUnits * ratio0;
  return candidateLoss * (weighted + baselineUnits) <= (candidateLoss + baselineLoss) * weighted;
}

function rateFold(
  piece: Piece<OneSampleState>,
  column: readonly Counted[],
): PieceFold<Piece<OneSampleState>> {
  const { rate0 } = piece.state;
  const logFactor = oneSampleLogFactors(rate0, Math.min(GROSS * rate0, (1 + rate0) / 2));
  const counts = column.map(({ harm }): LossCount => {
    return { loss: harm.candidateLoss, units: harm.candidateUnits };
  });
  const { state, es } = oneSampleFold(piece.state, counts);
  let { run } = piece;
  for (const [at, count] of counts.entries()) {
    const counted = column[at];
    if (counted !== undefined) run = runStep(run, counted, logFactor(count));
  }
  return { piece: { state, run }, es };
}

const rateStep = (piece: Piece<OneSampleState>, counted: Counted): Piece<OneSampleState> =>
  rateFold(piece, [counted]).piece;

function limitFold(piece: LimitPiece, column: Column): PieceFold<LimitPiece> {
  const above = rateFold(piece, column.counted);
  const worse = rateRatioFold(piece.beside, column.harm);
  const es = above.es.map((e, at) => Math.min(e, worse.es[at] ?? 0));
  return { piece: { ...above.piece, beside: worse.state }, es };
}

function aloneStart({ part, tally, design }: Circumstances): Piece<OneSampleState> | null {
  const usual = part.compared ? usualRate({ part, tally, design }) : null;
  const rates = [part.limit, usual].filter((rate) => rate !== null);
  if (rates.length === 0) return null;
  const rate0 = Math.min(...rates);
  return begun(oneSampleStart({ rate0, direction: 'harm', horizonBuckets: design.horizonBuckets }));
}

/** The rate that is no harm for a candidate that serves alone; null: too little is known. */
function usualRate({ part, tally, design }: Circumstances): number | null {
  const { baseline, before, baselineLately } = tally;
  const rateOf = ({ losses, units }: ArmCount): number =>
    (losses + ALONE_LOSS) / (units + ALONE_UNITS);
  const usual =
    baseline.units >= ALONE_BASELINE_UNITS_MIN
      ? // In an incident, the baseline's better days are no measure for the candidate.
        Math.max(rateOf(baseline), rateOf(baselineLately))
      : before.units >= ALONE_BASELINE_UNITS_MIN
        ? rateOf(before)
        : BY_DEFINITION[part.loss];
  if (usual === null) return null;
  const rate0 = Math.max(design.aloneRatio * usual, part.tolerance ?? 0);
  return rate0 > ALONE_RATE_MAX ? null : rate0;
}
