import { assertNever } from '../lib/invariant.ts';
import { count, duration, percent } from '../lib/wording.ts';
import { CANDIDATE_ARM } from '../rollout/arm.ts';
import { stabilityTest } from '../stats/divergence.ts';
import { shiftBelowLogE, shiftBin, shiftDistance, shiftPairsNeeded } from '../stats/shift.ts';
import { binWords } from '../telemetry/facet.ts';
import { driverWords } from '../telemetry/importance.ts';
import type { Check } from './check.ts';
import { SEEN_MIN, beyondLogE } from './prediction-evidence.ts';
import type { FacetShift, PredictionEvidence, ShiftCheck } from './prediction-evidence.ts';
import { chanceOf, silence, whenOf } from './sentence.ts';
import type { Court } from './traffic.ts';
import type { ArmCount, Verdict } from './verdict.ts';

/** Where a rollout is, and how its answers lie. */
type Seen = {
  readonly court: Court;
  readonly evidence: PredictionEvidence;
  /** The candidate served somebody lately. */
  readonly isServing: boolean;
};

/** `mute`: there are answers, and none of them was one class or one number. */
type Finding = 'harm' | 'passed' | 'starved' | 'mute' | 'early' | 'unfixed' | 'open';

const outcomes = {
  harm: 'fail',
  passed: 'pass',
  starved: 'starved',
  mute: 'starved',
  early: 'unsure',
  unfixed: 'unsure',
  open: 'unsure',
} as const satisfies Record<Finding, Verdict['outcome']>;

/**
 * What the checks of the prediction distribution say, in their order. One fails when more of the
 * answers fall elsewhere than `limit` allows, at E ≥ m/α over all facets together (the mean of
 * their e-processes), and passes when every facet is shown to be below `tolerance` at E ≥ 1/α.
 */
export const judgePredictions = (seen: Seen): readonly Verdict[] =>
  seen.evidence.checks.map((one) => judged(seen, one));

function judged(seen: Seen, one: ShiftCheck): Verdict {
  const { court, evidence } = seen;
  const { check, harmNeeded, peak } = one;
  const needed = Math.log(1 / court.rollout.spec.alphaPromote);
  const besides = evidence.facets.filter(({ against }) => against === 'baseline');
  const safeties = besides.map(({ shift }) => shiftBelowLogE(shift, check.tolerance));
  const safety = safeties.length === 0 ? 0 : Math.min(...safeties);
  const finding = findingOf(seen, one, safety >= needed);
  const outcome = outcomes[finding];
  const worst = loudest(finding === 'harm' ? (one.ground ?? []) : evidence.facets, check);
  const [candidate, baseline] = worst === null ? [NOBODY, NOBODY] : countsOf(worst);
  const [ours, theirs] = [share(candidate), share(baseline)];
  const etaMs = outcome === 'unsure' ? etaOf(seen, one, needed) : null;
  return {
    check: check.name,
    arm: CANDIDATE_ARM,
    outcome,
    candidate,
    baseline,
    ratio: theirs > 0 ? ours / theirs : null,
    interval: null,
    evidence: { harm: peak, harmNeeded, safety, safetyNeeded: needed },
    etaMs,
    sentence: sentenceOf({ seen, one, finding, worst, etaMs }),
  };
}

/** Rows that both answered count half. */
const ROWS_PER_UNIT = 2;

const NOBODY: ArmCount = { units: 0, losses: 0 };
const share = ({ units, losses }: ArmCount): number => (units > 0 ? losses / units : 0);

function findingOf(
  { court, evidence, isServing }: Seen,
  one: ShiftCheck,
  passed: boolean,
): Finding {
  if (one.peak >= one.harmNeeded) return 'harm';
  const early = evidence.candidateUnits < one.check.minUnits;
  if (passed && !early) return 'passed';
  if (court.traffic.silent !== 'none') return 'starved';
  if (evidence.facets.length === 0) {
    const isSaid = one.check.metric === 'prediction_distribution';
    return isSaid && evidence.seen === null && isServing ? 'mute' : 'unfixed';
  }
  return early ? 'early' : 'open';
}

/** What a failure rests on, or speaks loudest for one. */
function loudest(facets: readonly FacetShift[], { limit, tolerance }: Check): FacetShift | null {
  const told = facets.filter(({ shift }) => shift.weight > 0);
  const [first, ...rest] = told.length > 0 ? told : facets;
  if (first === undefined) return null;
  const loudness = (one: FacetShift): number => beyondLogE(one, limit ?? tolerance);
  return rest.reduce((a, b) => (loudness(b) > loudness(a) ? b : a), first);
}

/** The bin that moved most; of what drives answers, of those that say where to look. */
function toldBin({ facet, shift }: FacetShift): number {
  if (facet.kind !== 'driver') return shiftBin(shift);
  return shiftBin({ ...shift, sums: shift.sums.slice(0, facet.names.length) });
}

/** Answers of either arm in the bin that moved most; of what drives them, rows and their part. */
function countsOf(one: FacetShift): readonly [candidate: ArmCount, baseline: ArmCount] {
  const { facet, shift } = one;
  const bin = toldBin(one);
  const times = facet.kind === 'driver' ? ROWS_PER_UNIT : 1;
  const arm = (counts: readonly number[]): ArmCount => ({
    units: times * counts.reduce((sum, count) => sum + count, 0),
    losses: times * (counts[bin] ?? 0),
  });
  return [arm(shift.candidate), arm(shift.baseline)];
}

/** Time until it passes at the current traffic if both arms answer alike; null: not to be said. */
function etaOf({ court, evidence }: Seen, { check }: ShiftCheck, needed: number): number | null {
  const { candidateUnits, baselineUnits } = court.traffic;
  // How many rows are looked at depends on who has time to answer them.
  if (check.metric === 'feature_importance') return null;
  if (candidateUnits <= 0 || baselineUnits <= 0 || evidence.facets.length === 0) return null;
  const perBucket = (candidateUnits * baselineUnits) / (candidateUnits + baselineUnits);
  const besides = evidence.facets.filter(({ against }) => against === 'baseline');
  const pairs = besides.map(({ shift }) => {
    return shiftPairsNeeded(shift, { distance: check.tolerance, needed }) - shift.weight;
  });
  const early = (check.minUnits - evidence.candidateUnits) / candidateUnits;
  const buckets = Math.ceil(Math.max(1, early, ...pairs.map((missing) => missing / perBucket)));
  return Number.isFinite(buckets) ? buckets * court.rollout.spec.bucketMs : null;
}

type Told = {
  readonly seen: Seen;
  readonly one: ShiftCheck;
  readonly finding: Finding;
  readonly worst: FacetShift | null;
  readonly etaMs: number | null;
};

function sentenceOf({ seen, one, finding, worst, etaMs }: Told): string {
  const { court, evidence } = seen;
  const { check } = one;
  const figures = worst === null ? '' : `${figuresOf(worst)} `;
  const isImportance = check.metric === 'feature_importance';
  switch (finding) {
    case 'harm':
      return `${figures}That is beyond ${percent(check.limit ?? 0)}. ${chanceOf(one.peak)}`;
    case 'passed':
      return `${figures}Shown to be below ${percent(check.tolerance)}.`;
    case 'starved':
      return (
        `No requests ${silence[court.traffic.silent]} in the last ` +
        `${duration(court.traffic.spanMs)}: nothing to judge by.`
      );
    case 'mute':
      return 'No answer so far was one class or one number: there is no distribution to compare.';
    case 'early':
      return (
        `Too early to judge: the candidate answered ${count(evidence.candidateUnits)} of the ` +
        `${count(check.minUnits)} ${isImportance ? 'rows' : 'units'} that were asked for first.`
      );
    case 'unfixed':
      if (isImportance) return NO_ROWS;
      return (
        'Not judged yet: what is compared is fixed once the baseline has given ' +
        `${SEEN_MIN} answers; so far ${count(evidence.seen?.answers ?? 0)}.`
      );
    case 'open':
      return (
        `${figures}Neither a shift beyond what is allowed nor that there is none is shown yet` +
        `${whenOf(etaMs)}.`
      );
    default:
      return assertNever(finding, 'sentenceOf');
  }
}

const NO_ROWS =
  'Not judged yet: no rows have been looked at. It takes single rows of numbers or texts, ' +
  'versions that take the same inputs, several rows at once, and time when no user waits.';

/** Which bin moved, from what to what; how much in all; and PSI for those who know it. */
function figuresOf(worst: FacetShift): string {
  const { facet, against, shift } = worst;
  const [candidate, baseline] = countsOf(worst);
  if (facet.kind === 'driver') {
    return (
      `Of what drives the candidate's answers ${percent(share(candidate))} is ` +
      `${driverWords(facet, toldBin(worst))}, of the baseline's ${percent(share(baseline))}. ` +
      `In all ${percent(shiftDistance(shift))} is driven by other features, over ` +
      `${count(Math.round(candidate.units))} rows that both answered.`
    );
  }
  const part = (arm: ArmCount): string =>
    `${percent(share(arm))} (${count(arm.losses)} of ${count(arm.units)})`;
  const { psi, critical } = stabilityTest(shift.candidate, shift.baseline);
  const bin = binWords(facet, toldBin(worst));
  const theirs = `${against === 'past' ? 'before ' : ''}${part(baseline)}`;
  return (
    `Of the candidate's answers ${part(candidate)} are ${bin}; of the baseline's ${theirs}. ` +
    `In all ${percent(shiftDistance(shift))} fall elsewhere (PSI ${psi.toFixed(3)}; ` +
    `chance alone stays below ${critical.toFixed(3)}).`
  );
}
