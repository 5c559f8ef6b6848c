import type { LossName } from '../telemetry/window.ts';
import type { Stratum } from './stratum.ts';
import { countedOf } from './weighing.ts';
import type { Counted } from './weighing.ts';

/** One bucket as the checks of a rollout take it in; what several ask for is worked out once. */
export type Intake = {
  readonly counted: (loss: LossName) => Counted;
  /**
   * The state after the bucket. Whoever holds the same state before gets the same one after, so
   * what checks have in common from the start stays one object, and is stepped once.
   */
  readonly once: <State extends object>(state: State, step: (state: State) => State) => State;
};

/** Makes a bucket ready for the checks. */
export function intakeOf(stratum: Stratum): Intake {
  const counts = new Map<LossName, Counted>();
  const after = new Map<object, object>();
  return {
    counted: (loss) => {
      const known = counts.get(loss) ?? countedOf(stratum, loss);
      counts.set(loss, known);
      return known;
    },
    once: (state, step) => {
      const known = after.get(state) as typeof state | undefined;
      if (known !== undefined) return known;
      const next = step(state);
      after.set(state, next);
      return next;
    },
  };
}
