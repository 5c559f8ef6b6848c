import { betaPosterior, probabilityGreater } from '../../src/core/stats/bayes.ts';
import { sequenceOneSidedWidth } from '../../src/core/stats/confidence-sequence.ts';
import { shapedBoundaries } from '../../src/core/stats/group-sequential.ts';
import { normalUpperQuantile } from '../../src/core/stats/normal.ts';
import {
  rateRatioEvidence,
  rateRatioRejects,
  rateRatioStart,
  rateRatioStep,
} from '../../src/core/stats/rate-ratio.ts';
import type { Bucket } from '../../src/core/stats/rate-ratio.ts';

/** Looks at a minute, and says whether the candidate is to be taken out. */
export type Watch = (bucket: Bucket) => boolean;

/** A rule that looks every minute; it begins anew in every rollout. */
export type Rule = { readonly name: string; readonly begin: (minutes: number) => Watch };

const ALPHA = 0.05;
const RATE_MAX = 0.01;
const FAILED_CHECKS = 5;
const LOOKS = 5;
/** Half of the e-process that the reference figures were made with, and its alternatives. */
const REFERENCE_GRID: readonly number[] = [1.5, 2, 3, 5, 10, 20];

/** What both arms served and lost so far: what a rule that pools minutes looks at. */
function pooling(looks: (total: Bucket, minute: number) => boolean): Watch {
  let total: Bucket = { candidateLoss: 0, candidateUnits: 0, baselineLoss: 0, baselineUnits: 0 };
  let minute = 0;
  return (bucket) => {
    minute += 1;
    total = {
      candidateLoss: total.candidateLoss + bucket.candidateLoss,
      candidateUnits: total.candidateUnits + bucket.candidateUnits,
      baselineLoss: total.baselineLoss + bucket.baselineLoss,
      baselineUnits: total.baselineUnits + bucket.baselineUnits,
    };
    return looks(total, minute);
  };
}

/** z of the difference of two pooled rates. */
function zOf({ candidateLoss, candidateUnits, baselineLoss, baselineUnits }: Bucket): number {
  const rate = (candidateLoss + baselineLoss) / (candidateUnits + baselineUnits);
  const se = Math.sqrt(rate * (1 - rate) * (1 / candidateUnits + 1 / baselineUnits));
  return se > 0 ? (candidateLoss / candidateUnits - baselineLoss / baselineUnits) / se : 0;
}

function aboveThreshold(): Watch {
  let failed = 0;
  return ({ candidateLoss, candidateUnits }) => {
    if (candidateLoss / candidateUnits > RATE_MAX) failed += 1;
    return failed >= FAILED_CHECKS;
  };
}

const peekedZ = (): Watch => pooling((total) => zOf(total) > normalUpperQuantile(ALPHA));

const peekedBayes = (): Watch =>
  pooling(({ candidateLoss, candidateUnits, baselineLoss, baselineUnits }) => {
    const candidate = betaPosterior({ hits: candidateLoss, trials: candidateUnits });
    const baseline = betaPosterior({ hits: baselineLoss, trials: baselineUnits });
    return probabilityGreater(candidate, baseline) > 1 - ALPHA;
  });

/** The asymptotic confidence sequence of the difference, one-sided, tuned for 5 000 units. */
const asymptotic = (): Watch =>
  pooling(({ candidateLoss, candidateUnits, baselineLoss, baselineUnits }) => {
    const [c, b] = [candidateLoss / candidateUnits, baselineLoss / baselineUnits];
    const variance = (c * (1 - c)) / candidateUnits + (b * (1 - b)) / baselineUnits;
    const n = candidateUnits + baselineUnits;
    const estimate = { value: c - b, sd: Math.sqrt(variance * n), n };
    return variance > 0 && c - b > sequenceOneSidedWidth(estimate, { alpha: ALPHA });
  });

/** Bounds of z at the planned looks: that many fifths of the whole. */
const { bounds } = shapedBoundaries({
  information: Array.from({ length: LOOKS }, (_, i) => (i + 1) / LOOKS),
  alpha: ALPHA,
  sides: 'upper',
  shape: 0,
});

function groupSequential(minutes: number): Watch {
  return pooling((total, minute) => {
    const look = (minute * LOOKS) / minutes;
    return Number.isInteger(look) && zOf(total) > (bounds[look - 1] ?? Infinity);
  });
}

/** The process of the decision core, both halves, at a level. */
export const ourProcess =
  (alpha: number) =>
  (minutes: number): Watch => {
    let state = rateRatioStart({ horizonBuckets: minutes });
    return (bucket) => {
      state = rateRatioStep(state, bucket);
      return rateRatioRejects(state, alpha);
    };
  };

/** Its cumulative half alone with the alternatives of the reference. */
export const referenceProcess =
  (alpha: number) =>
  (minutes: number): Watch => {
    let state = rateRatioStart({ grid: REFERENCE_GRID, horizonBuckets: minutes });
    return (bucket) => {
      state = rateRatioStep(state, bucket);
      return rateRatioEvidence(state).logECumulative >= Math.log(1 / alpha);
    };
  };

/** Every rule, those that people use first. */
export const RULES = [
  { name: 'above 1 %, five failed minutes', begin: aboveThreshold },
  { name: 'z-test 5 %, looked at every minute', begin: peekedZ },
  { name: 'Bayes, P(worse) > 95 %', begin: peekedBayes },
  { name: 'O’Brien-Fleming 5 %, five looks', begin: groupSequential },
  { name: 'asymptotic sequence 5 %', begin: asymptotic },
  { name: 'e-process 5 %, cumulative half', begin: referenceProcess(ALPHA) },
  { name: 'e-process 1 %, cumulative half', begin: referenceProcess(0.01) },
  { name: 'e-process 1 %, as in the product', begin: ourProcess(0.01) },
] as const satisfies readonly Rule[];
