import { agreementReport } from '../stats/agreement.ts';
import { addCopies, droppedOf, noCopies } from './copies.ts';
import type { Copies } from './copies.ts';
import type { Loss, Window } from './window.ts';

/** How far a mirrored arm agreed with what users got, in one segment. */
export type SegmentAgreement = {
  readonly arm: string;
  readonly segment: string;
  /** Units whose answers were compared, counted anew in every bucket. */
  readonly units: number;
  /** Part of them in which the answers were the same; null: none was compared. */
  readonly agreement: number | null;
  /**
   * Exact lower bound of it (Clopper & Pearson) for somebody who looks once: all segments together
   * lie above theirs with 95 %.
   */
  readonly lowerBound: number | null;
  /** Requests that were to be copied, and the part of them that was copied and answered. */
  readonly sampled: number;
  readonly coverage: number | null;
};

/** Chance that any bound is wrong, shared equally by the segments (Bonferroni). */
const ALPHA = 0.05;

type Sums = { readonly disagree: Loss; readonly copies: Copies };

/** Adds windows up: what it holds grows with arms and segments only. */
export class AgreementTally {
  readonly #sums = new Map<string, ReadonlyMap<string, Sums>>();

  /** Adds a window; where nothing was copied, or segments are not told apart, it says nothing. */
  add({ arm, segments = [] }: Window): void {
    for (const { segment, losses, copies } of segments) {
      if (copies === undefined) continue;
      const own = this.#sums.get(arm) ?? new Map<string, Sums>();
      const before = own.get(segment) ?? { disagree: { units: 0, sum: 0 }, copies: noCopies };
      const disagree = {
        units: before.disagree.units + losses.disagree.units,
        sum: before.disagree.sum + losses.disagree.sum,
      };
      const sums = { disagree, copies: addCopies(before.copies, copies) };
      this.#sums.set(arm, new Map([...own, [segment, sums]]));
    }
  }

  /** What came together, arm by arm, the segments by rising name. */
  rows(): readonly SegmentAgreement[] {
    const all = [...this.#sums].flatMap(([arm, own]) =>
      [...own].map(([segment, sums]) => ({ arm, segment, sums })),
    );
    return all
      .sort((a, b) => (a.arm === b.arm ? order(a.segment, b.segment) : order(a.arm, b.arm)))
      .map(({ arm, segment, sums }) => ({ arm, segment, ...figuresOf(sums, ALPHA / all.length) }));
  }
}

const order = (a: string, b: string): number => (a < b ? -1 : 1);

function figuresOf(
  { disagree, copies }: Sums,
  alpha: number,
): Omit<SegmentAgreement, 'arm' | 'segment'> {
  const { units, sum } = disagree;
  const { sampled } = copies;
  const coverage = sampled === 0 ? null : 1 - droppedOf(copies) / sampled;
  const told = { units, sampled, coverage };
  if (units === 0) return { ...told, agreement: null, lowerBound: null };
  const { rate, lowerBound } = agreementReport({ disagreements: sum, units }, { alpha });
  return { ...told, agreement: rate, lowerBound };
}
