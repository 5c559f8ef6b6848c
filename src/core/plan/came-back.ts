import { isMature } from '../feedback/maturity.ts';
import { addUnits, noUnits } from '../feedback/outcome.ts';
import type { ArmOutcome, EpochSums, MetricOutcome, UnitCohort } from '../feedback/outcome.ts';
import type { Prng } from '../lib/prng.ts';
import type { Instant } from '../lib/units.ts';
import { WHOLE_BPS, instant } from '../lib/units.ts';
import { BASELINE_ARM } from '../rollout/arm.ts';
import { contendersOf } from '../rollout/contenders.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { toldApart } from '../strategy/told-apart.ts';
import { drawUnits } from './feedback.ts';
import type { Expected, Feedback } from './feedback.ts';

/** Units of all arms first seen in one stretch, with all that will come back about them. */
export type Served = {
  readonly start: Instant;
  readonly spanMs: number;
  readonly revision: number;
  /** Of baseline, candidate and others. */
  readonly shares: readonly number[];
  readonly units: readonly number[];
};

/** What will come back about the units of one stretch, by metric and arm. */
type Batch = Served & { readonly sums: readonly (readonly UnitCohort[])[] };

/** Keeps what comes back in one simulated rollout, and tells as much of it as is known by then. */
export type CameBack = {
  readonly add: (rng: Prng, served: Served) => void;
  readonly outcomes: (rollout: Rollout, now: Instant) => readonly MetricOutcome[];
};

/**
 * What comes back, drawn when it is served and told when it is complete. `candidate`: what is
 * expected of the first candidate; all others are like the version in production.
 */
export function cameBack(feedback: Feedback, candidate: readonly Expected[]): CameBack {
  const { metrics, maturityMs, labelled } = feedback;
  const batches: Batch[] = [];
  return {
    add: (rng, served) => {
      const stretch = { start: served.start, widthMs: served.spanMs };
      const sums = metrics.map((usual, metric) =>
        served.units.map((units, arm) => {
          const expected = arm === 1 ? (candidate[metric] ?? usual) : usual;
          return { stretch, ...drawUnits(rng, expected, { units, labelled }) };
        }),
      );
      batches.push({ ...served, sums });
    },
    outcomes: (rollout, now) =>
      metrics.map(({ of }, metric) => {
        const arms = [
          { arm: BASELINE_ARM, version: rollout.baseline },
          ...contendersOf(rollout),
        ].map(({ arm, version }, place): ArmOutcome => ({
          arm,
          version: version.version,
          ...armOf(batches, { metric, place, now, maturityMs }),
        }));
        const outcome = { metric: of.name, asOf: now, maturityMs, arms };
        // Nobody can know how users will spread over segments: they are planned as being in one.
        const apart = toldApart(rollout);
        const segment =
          apart?.metrics.includes(of.name) === true ? apart.segments.at(-1) : undefined;
        return segment === undefined ? outcome : { ...outcome, segments: [{ segment, arms }] };
      }),
  };
}

type Asked = {
  readonly metric: number;
  /** The arm's place among the arms. */
  readonly place: number;
  readonly now: Instant;
  readonly maturityMs: number;
};

function armOf(
  batches: readonly Batch[],
  { metric, place, now, maturityMs }: Asked,
): Omit<ArmOutcome, 'arm' | 'version'> {
  const cohorts: UnitCohort[] = [];
  const epochs = new Map<number, EpochSums>();
  let [mature, provisional] = [noUnits, noUnits];
  for (const { sums, revision, shares } of batches) {
    const cohort = sums[metric]?.[place];
    if (cohort === undefined || cohort.units === 0) continue;
    const isComplete = isMature(cohort.stretch, maturityMs, now);
    if (isComplete) {
      cohorts.push(cohort);
      mature = addUnits(mature, cohort);
    } else {
      provisional = addUnits(provisional, cohort);
    }
    const shareBps = (shares[place] ?? 0) * WHOLE_BPS;
    epochs.set(
      revision,
      withEvents(epochs.get(revision), { cohort, revision, shareBps, isComplete }),
    );
  }
  const provisionalUnits = provisional.units;
  return { ...mature, provisionalUnits, provisional, epochs: [...epochs.values()], cohorts };
}

type Events = {
  readonly cohort: UnitCohort;
  readonly revision: number;
  readonly shareBps: number;
  readonly isComplete: boolean;
};

function withEvents(
  epoch: EpochSums | undefined,
  { cohort, revision, shareBps, isComplete }: Events,
): EpochSums {
  const { stretch, events, sum, sumSquares } = cohort;
  const before = epoch?.mature ?? { events: 0, sum: 0 };
  return {
    revision,
    shareBps,
    since: epoch?.since ?? stretch.start,
    until: instant(stretch.start + stretch.widthMs),
    isMature: (epoch?.isMature ?? true) && isComplete,
    events: (epoch?.events ?? 0) + events,
    sum: (epoch?.sum ?? 0) + sum,
    sumSquares: (epoch?.sumSquares ?? 0) + sumSquares,
    mature: isComplete ? { events: before.events + events, sum: before.sum + sum } : before,
  };
}
