import type { FeatureReference, Reference } from '../catalog/reference.ts';
import { featureBinWords } from '../catalog/reference.ts';
import { driftCause } from '../stats/bin-drift.ts';
import type { DriftCause } from '../stats/bin-drift.ts';
import { DEFAULT_DRIFT_ALPHA, stabilityTest } from '../stats/divergence.ts';
import type { StabilityTest } from '../stats/divergence.ts';
import { binWords, countsIn, facetsOf } from './facet.ts';
import { addFeatures } from './feature-counts.ts';
import type { FeatureCounts } from './feature-counts.ts';
import { addImportance } from './importance.ts';
import type { Importance } from './importance.ts';
import { PredictionCounts } from './predictions.ts';
import type { Predictions } from './predictions.ts';
import type { Window } from './window.ts';

/** What was asked and answered, of one arm over some time. */
export type Described = {
  readonly answers: Predictions | undefined;
  readonly features: FeatureCounts | undefined;
  /** What drove the answers, of rows that all arms answered. */
  readonly importance: Importance | undefined;
};

/** A candidate and the baseline over the same seconds. */
export type Beside = {
  readonly rollout: string;
  readonly arm: string;
  readonly version: number;
  readonly candidate: Described;
  readonly baseline: Described;
};

/** One feature, or one side of the answers, of one arm against something. */
export type Drift = StabilityTest & {
  /** `answers`, `importance` (of features), or the feature's name. */
  readonly what: string;
  readonly kind: 'feature' | 'answers' | 'importance';
  readonly arm: string;
  /** The arm it is held against; null: the reference of the version. */
  readonly against: string | null;
  /** Rows of the arm, and of what it is held against. */
  readonly rows: number;
  readonly otherRows: number;
  /** The bin that moved most, and its share in both. */
  readonly bin: string;
  readonly share: number;
  readonly otherShare: number;
};

/** What drifted, and who is to blame. */
export type DriftReport = {
  /** Null: there is nothing to hold anything against. */
  readonly cause: DriftCause | null;
  readonly drifts: readonly Drift[];
};

/** Adds up what windows say of one arm. */
class Sum {
  readonly #answers = new PredictionCounts();
  #features: FeatureCounts | undefined;
  #importance: Importance | undefined;

  add({ predictions, repeated, features, importance }: Window): void {
    if (predictions !== undefined) this.#answers.addAll(predictions);
    if (repeated !== undefined) this.#answers.addAll(repeated);
    this.#importance = addImportance(this.#importance, importance);
    if (features === undefined) return;
    // After a promotion other bins count: what was counted in those before is let go.
    const known = this.#features?.reference === features.reference ? this.#features : undefined;
    this.#features = addFeatures(known, features);
  }

  get described(): Described {
    const answers = this.#answers.sum() ?? undefined;
    return { answers, features: this.#features, importance: this.#importance };
  }
}

type Who = { readonly rollout: string; readonly arm: string; readonly version: number };
type Sums = { readonly who: Who; readonly candidate: Sum; readonly baseline: Sum };

/** Adds windows up, in the order of time: what it holds does not grow with their number. */
export class DriftTally {
  readonly #baselineArm: string;
  /** By version: after a promotion another one is the baseline. */
  readonly #baselines = new Map<number, Sum>();
  /** By rollout, version and arm: each is another comparison. */
  readonly #beside = new Map<string, Sums>();
  /** The windows of the newest start, of rollouts. */
  #newest: Window[] = [];

  constructor(baselineArm: string) {
    this.#baselineArm = baselineArm;
  }

  /** Adds a window, whichever gateway it is of; starts must not go back. */
  add(window: Window): void {
    const { arm, version, start, rollout } = window;
    if (arm === this.#baselineArm) {
      const known = this.#baselines.get(version) ?? new Sum();
      this.#baselines.set(version, known);
      known.add(window);
    }
    if (this.#newest[0]?.start !== start) this.#flush();
    if (rollout !== null) this.#newest.push(window);
  }

  /** What the baseline was asked and answered while this version was it. */
  baseline(version: number): Described {
    return this.#baselines.get(version)?.described ?? nothing;
  }

  /** Every candidate beside the baseline of its rollout. */
  beside(): readonly Beside[] {
    this.#flush();
    return [...this.#beside.values()].map(({ who, candidate, baseline }) => {
      return { ...who, candidate: candidate.described, baseline: baseline.described };
    });
  }

  /** Whatever happened within a bucket happened to both: only such answers are held together. */
  #flush(): void {
    const windows = this.#newest;
    this.#newest = [];
    for (const [rollout, own] of Map.groupBy(windows, (window) => window.rollout ?? '')) {
      const baseline = own.filter(({ arm }) => arm === this.#baselineArm);
      if (baseline.length === 0) continue;
      const others = own.filter(({ arm }) => arm !== this.#baselineArm);
      const arms = Map.groupBy(others, ({ arm, version }) => `${version} ${arm}`);
      for (const [key, candidate] of arms) {
        const known = this.#besideOf(`${rollout} ${key}`, candidate[0]);
        for (const window of baseline) known?.baseline.add(window);
        for (const window of candidate) known?.candidate.add(window);
      }
    }
  }

  #besideOf(key: string, window: Window | undefined): Sums | null {
    const known = this.#beside.get(key);
    if (known !== undefined || window === undefined) return known ?? null;
    const { rollout, arm, version } = window;
    const who = { rollout: rollout ?? '', arm, version };
    const sums = { who, candidate: new Sum(), baseline: new Sum() };
    this.#beside.set(key, sums);
    return sums;
  }
}

const nothing: Described = { answers: undefined, features: undefined, importance: undefined };

/** What is compared: the baseline's arm, with the reference of its version, and the candidates. */
export type DriftCase = {
  readonly baselineArm: string;
  readonly baseline: Described;
  readonly reference: Reference | null;
  readonly beside: readonly Beside[];
};

type Compared = Omit<Drift, keyof StabilityTest> & {
  readonly current: readonly number[];
  readonly before: readonly number[];
};

/**
 * Holds every candidate against the concurrent baseline first, then the baseline against what its
 * training data looked like. Each is tested by PSI with its χ² null, α shared by all of them; what
 * counts as moved must be larger than chance explains, and than 0.1.
 */
export function driftOf({ baselineArm, baseline, reference, beside }: DriftCase): DriftReport {
  const features = reference?.features ?? [];
  const between = beside.flatMap((both) => {
    return comparedArms({ arm: both.arm, against: baselineArm, features }, both);
  });
  const since = reference === null ? [] : comparedPast(baselineArm, baseline, reference);
  const all = [...between, ...since];
  if (all.length === 0) return { cause: null, drifts: [] };
  const drifts = all.map((one) => tested(one, DEFAULT_DRIFT_ALPHA / all.length));
  const moved = drifts.filter(({ level }) => level === 'warn' || level === 'act');
  const isBetween = (kind: Drift['kind']): boolean =>
    moved.some((one) => one.kind === kind && one.against !== null);
  const cause = driftCause({
    inputsBetweenArms: isBetween('feature'),
    answersBetweenArms: isBetween('answers') || isBetween('importance'),
    baselineFromReference: moved.some(({ against }) => against === null),
  });
  return { cause, drifts };
}

type Arms = {
  readonly arm: string;
  readonly against: string;
  readonly features: readonly FeatureReference[];
};

function comparedArms(arms: Arms, { candidate, baseline }: Beside): readonly Compared[] {
  const { arm, against, features } = arms;
  const place = { arm, against } as const;
  const [ours, theirs] = [candidate.features, baseline.features];
  const inputs =
    ours === undefined || theirs === undefined || ours.reference !== theirs.reference
      ? []
      : features.map((feature, at) =>
          ofFeature(feature, place, [ours.counts[at] ?? [], theirs.counts[at] ?? []]),
        );
  return [
    ...inputs,
    ...ofAnswers(place, candidate.answers, baseline.answers),
    ...ofImportance(place, candidate.importance, baseline.importance),
  ];
}

function comparedPast(
  arm: string,
  { answers, features }: Described,
  reference: Reference,
): readonly Compared[] {
  const place = { arm, against: null } as const;
  const inputs =
    features === undefined
      ? []
      : reference.features.map((feature, at) =>
          ofFeature(feature, place, [features.counts[at] ?? [], feature.counts]),
        );
  return [...inputs, ...ofAnswers(place, answers, reference.answers ?? undefined)];
}

type Place = Pick<Drift, 'arm' | 'against'>;
type Both = readonly [current: readonly number[], before: readonly number[]];

const ofFeature = (feature: FeatureReference, place: Place, [current, before]: Both): Compared => ({
  ...place,
  what: feature.name,
  kind: 'feature',
  ...worstOf([current, before], (bin) => featureBinWords(feature, bin)),
});

function ofAnswers(
  place: Place,
  current: Predictions | undefined,
  before: Predictions | undefined,
): readonly Compared[] {
  if (current === undefined || before === undefined) return [];
  return facetsOf(before).map((facet) => ({
    ...place,
    what: 'answers',
    kind: 'answers',
    ...worstOf([countsIn(facet, current), countsIn(facet, before)], (bin) => binWords(facet, bin)),
  }));
}

/** What drives the answers; both versions answered the same rows, so each counts half. */
function ofImportance(
  place: Place,
  current: Importance | undefined,
  before: Importance | undefined,
): readonly Compared[] {
  if (current === undefined || before === undefined) return [];
  const halves = ({ shares }: Importance): readonly number[] => shares.map((share) => share / 2);
  const both: Both = [halves(current), halves(before)];
  const worst = worstOf(both, (bin) => current.features[bin] ?? '');
  const rows = { rows: current.rows, otherRows: before.rows };
  return [{ ...place, what: 'importance', kind: 'importance', ...worst, ...rows }];
}

/** The bin whose share differs most, with both shares. */
function worstOf(
  [current, before]: Both,
  words: (bin: number) => string,
): Omit<Compared, 'what' | 'kind' | 'arm' | 'against'> {
  const [rows, otherRows] = [total(current), total(before)];
  const share = (bin: number): number => (current[bin] ?? 0) / Math.max(1, rows);
  const other = (bin: number): number => (before[bin] ?? 0) / Math.max(1, otherRows);
  const apart = (bin: number): number => Math.abs(share(bin) - other(bin));
  const worst = before.reduce((a, _, bin) => (apart(bin) > apart(a) ? bin : a), 0);
  const shares = { bin: words(worst), share: share(worst), otherShare: other(worst) };
  return { current, before, rows, otherRows, ...shares };
}

const total = (counts: readonly number[]): number => counts.reduce((sum, one) => sum + one, 0);

/** Bins that are empty in both say nothing, and would make chance look larger than it is. */
function tested({ current, before, ...rest }: Compared, alpha: number): Drift {
  const filled = before.flatMap((count, bin) => (count + (current[bin] ?? 0) > 0 ? [bin] : []));
  const of = (counts: readonly number[]): readonly number[] =>
    filled.map((bin) => counts[bin] ?? 0);
  if (filled.length < 2) return { ...rest, psi: 0, critical: 0, pValue: 1, level: 'none' };
  return { ...rest, ...stabilityTest(of(current), of(before), alpha) };
}

/** Who is to blame, in a sentence; null: nobody can tell. */
export const causeWords: Readonly<Record<DriftCause, string>> = {
  none: 'Nothing moved by more than chance explains.',
  infrastructure:
    'The arms are asked different things, though who gets which is drawn at random: look at ' +
    'routing, and at how features reach them. Of the models it says nothing.',
  model: 'The candidate answers otherwise than the baseline over the same time: it is the model.',
  world: 'What is asked or answered is not what training data looked like: the world moved.',
  'model-and-world':
    'The candidate answers otherwise than the baseline, and the baseline is not asked or ' +
    'answering what training data looked like: both moved.',
};
