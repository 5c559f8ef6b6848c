import type { Bucket } from '../stats/rate-ratio.ts';
import type { LossName } from '../telemetry/window.ts';
import type { Stratum } from './stratum.ts';
import { countedOf } from './weighing.ts';
import type { Counted } from './weighing.ts';

/**
 * Some buckets as the checks of a rollout take them in: many at once are the same as one by one, at
 * less cost. What several checks ask for is worked out once.
 */
export type Intake = {
  /** One kind of loss, bucket by bucket. */
  readonly column: (loss: LossName) => Column;
  /**
   * What a state becomes. Whoever holds the same state before gets the same after, so what checks
   * have in common from the start stays one object, and is worked out once.
   */
  readonly once: <State extends object, Next>(state: State, fold: (state: State) => Next) => Next;
  /** The same buckets one by one. */
  readonly singles: () => readonly Intake[];
};

/** One kind of loss in some buckets. */
export type Column = {
  readonly counted: readonly Counted[];
  /** The same as it counts as evidence. */
  readonly harm: readonly Bucket[];
  readonly safety: readonly Bucket[];
  /** Whether there are units of both arms in each bucket, in none of them, or neither. */
  readonly has: 'both' | 'none' | 'some';
};

/** Makes buckets ready for the checks. */
export function intakeOf(strata: readonly Stratum[]): Intake {
  const columns = new Map<LossName, Column>();
  const after = new Map<object, unknown>();
  let singles: readonly Intake[] | null = null;
  return {
    column: (loss) => {
      const known = columns.get(loss) ?? columnOf(strata, loss);
      columns.set(loss, known);
      return known;
    },
    once: <State extends object, Next>(state: State, fold: (state: State) => Next): Next => {
      if (!after.has(state)) after.set(state, fold(state));
      return after.get(state) as Next;
    },
    singles: () => (singles ??= strata.map((stratum) => intakeOf([stratum]))),
  };
}

function columnOf(strata: readonly Stratum[], loss: LossName): Column {
  const counted: Counted[] = [];
  const harm: Bucket[] = [];
  const safety: Bucket[] = [];
  let [isPlain, isEmpty] = [true, true];
  for (const stratum of strata) {
    const one = countedOf(stratum, loss);
    const { candidateUnits, baselineUnits } = one.seen;
    counted.push(one);
    harm.push(one.harm);
    safety.push(one.safety);
    isPlain &&= candidateUnits > 0 && baselineUnits > 0;
    isEmpty &&= candidateUnits <= 0 && baselineUnits <= 0;
  }
  return { counted, harm, safety, has: isPlain ? 'both' : isEmpty ? 'none' : 'some' };
}

/** Buckets that checks may take in at once: in each of them both arms have units. */
export function stretchesOf(strata: readonly Stratum[]): readonly (readonly Stratum[])[] {
  const stretches: Stratum[][] = [];
  let isOpen = false;
  for (const stratum of strata) {
    const isPlain = !stratum.before && hasBoth(stratum);
    const last = stretches.at(-1);
    if (isPlain && isOpen && last !== undefined) last.push(stratum);
    else stretches.push([stratum]);
    isOpen = isPlain;
  }
  return stretches;
}

const hasBoth = ({ candidate, baseline }: Stratum): boolean =>
  candidate.error.units > 0 && baseline.error.units > 0;
