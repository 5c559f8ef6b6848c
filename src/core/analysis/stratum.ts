import type { SketchCounts } from '../lib/sketch.ts';
import type { Instant } from '../lib/units.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { isContextual } from '../strategy/outcome-spec.ts';
import { addCopies } from '../telemetry/copies.ts';
import type { Copies } from '../telemetry/copies.ts';
import { LOSS_NAMES, perLoss } from '../telemetry/window.ts';
import type { Loss, LossName, Window } from '../telemetry/window.ts';

/**
 * Both arms over the same seconds under the same route, all gateways together: the piece of data in
 * which they may be compared, because whatever happened then happened to both.
 */
export type Stratum = {
  readonly start: Instant;
  readonly bucketMs: number;
  readonly revision: number;
  /** The segment it is of, where segments have shares of their own; absent: of all. */
  readonly segment?: string;
  /** From before the rollout: tells what the baseline does, and is compared with nothing. */
  readonly before: boolean;
  readonly candidate: Losses;
  readonly baseline: Losses;
  readonly baselineLatencyMs: readonly SketchCounts[];
  /** Of the candidate; null where nothing was to be copied. */
  readonly copies: Copies | null;
};

/** The losses of one arm. */
export type Losses = Readonly<Record<LossName, Loss>>;

const NO_LOSSES: Losses = perLoss(() => ({ units: 0, sum: 0 }));

/** The windows that bear on a rollout, put together by bucket, in the order of time. */
export function strataOf(rollout: Rollout, windows: readonly Window[]): readonly Stratum[] {
  // By start first: a number is a cheaper key than a sentence of three.
  const byStart = new Map<Instant, Window[]>();
  for (const window of windows) {
    const same = byStart.get(window.start);
    if (same === undefined) byStart.set(window.start, [window]);
    else same.push(window);
  }
  const strata = [...byStart.values()].flatMap((same) => strataAt(rollout, same));
  return strata.sort(
    (a, b) =>
      a.start - b.start ||
      a.revision - b.revision ||
      (a.segment === b.segment ? 0 : (a.segment ?? '') < (b.segment ?? '') ? -1 : 1),
  );
}

/** A window, or what it says of one segment. */
type Part = Window & { readonly segment?: string };

/**
 * Where segments have shares of their own, arms are compared within a segment only: who sends other
 * people to an arm would take them for the arm.
 */
function partsOf(rollout: Rollout, windows: readonly Window[]): readonly Part[] {
  if (!sharesBySegment(rollout)) return windows;
  return windows.flatMap((window): readonly Part[] => {
    if (window.rollout === null || window.segments === undefined) return [window];
    return window.segments.map((figures) => ({ ...window, ...figures }));
  });
}

const sharesBySegment = ({ spec }: Rollout): boolean =>
  spec.strategy.kind === 'bandit' && isContextual(spec.strategy);

/** The same of windows that start together. */
function strataAt(rollout: Rollout, windows: readonly Window[]): readonly Stratum[] {
  const strata: Stratum[] = [];
  for (const window of inFixedOrder(partsOf(rollout, windows))) {
    const arm = armOf(rollout, window);
    if (arm === null) continue;
    const { revision, segment } = window;
    const before = window.rollout === null;
    const at = strata.findIndex(
      (one) => one.before === before && one.revision === revision && one.segment === segment,
    );
    const found = at < 0 ? emptyStratum(window, before) : strata[at];
    if (found === undefined) continue;
    strata[at < 0 ? strata.length : at] = withWindow(found, arm, window);
  }
  return strata;
}

const emptyStratum = ({ start, bucketMs, revision, segment }: Part, before: boolean): Stratum => ({
  start,
  bucketMs,
  revision,
  ...(segment === undefined ? {} : { segment }),
  before,
  candidate: NO_LOSSES,
  baseline: NO_LOSSES,
  baselineLatencyMs: [],
  copies: null,
});

function withWindow(
  found: Stratum,
  arm: 'candidate' | 'baseline',
  { losses, latencyMs, copies }: Window,
): Stratum {
  if (arm === 'candidate') {
    const candidate = added(found.candidate, losses);
    return { ...found, candidate, copies: bothCopies(found.copies, copies) };
  }
  const baselineLatencyMs = [...found.baselineLatencyMs, latencyMs];
  return { ...found, baseline: added(found.baseline, losses), baselineLatencyMs };
}

const bothCopies = (a: Copies | null, b: Copies | undefined): Copies | null =>
  a === null || b === undefined ? (a ?? b ?? null) : addCopies(a, b);

/** Whose window it is; null: it says nothing about this rollout. */
export function armOf(rollout: Rollout, window: Window): 'candidate' | 'baseline' | null {
  if (window.endpoint !== rollout.endpoint) return null;
  const { version } = window;
  if (window.rollout === null) return version === rollout.baseline.version ? 'baseline' : null;
  if (window.rollout !== rollout.id || window.start < rollout.evidenceFrom) return null;
  if (version === rollout.candidate.version) return 'candidate';
  return version === rollout.baseline.version ? 'baseline' : null;
}

/**
 * Sums of fractions depend on their order in the last bit; a verdict must not depend on which
 * gateway reported first.
 */
function inFixedOrder(windows: readonly Part[]): readonly Part[] {
  return windows.toSorted((a, b) => {
    for (const name of LOSS_NAMES) {
      const difference = a.losses[name].sum - b.losses[name].sum;
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

function added(a: Losses, b: Losses): Losses {
  if (a === NO_LOSSES) return b;
  const plus = (name: LossName): Loss => ({
    units: a[name].units + b[name].units,
    sum: a[name].sum + b[name].sum,
  });
  return {
    error: plus('error'),
    null: plus('null'),
    slow: plus('slow'),
    tail: plus('tail'),
    late: plus('late'),
    disagree: plus('disagree'),
  };
}
