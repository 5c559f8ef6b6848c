import { instant } from '../../src/core/lib/units.ts';
import { emptyChange } from '../../src/ports/store.ts';
import { feedbackSample } from '../feedback-samples.ts';
import type { Town } from './town.ts';

const SECOND_MS = 1_000;
let number = 0;

/** What came back of each arm, in the order of versions: a value of one metric for every unit. */
export type CameBack = {
  readonly metric: string;
  readonly values: Readonly<Record<string, readonly (string | number)[]>>;
};

/** Folds in what came back about the last second, each piece of a unit nobody had seen. */
export async function comeBack(
  town: Town,
  rollout: string,
  { metric, values }: CameBack,
): Promise<void> {
  const at = instant(town.desk.clock.now());
  const stretch = { start: instant(at - SECOND_MS), widthMs: SECOND_MS };
  const { revision } = town.route;
  const feedback = Object.entries(values).flatMap(([arm, list], index) =>
    list.map((value) => {
      number += 1;
      return feedbackSample(number, {
        rollout,
        arm,
        version: index + 1,
        revision,
        at,
        receivedAt: at,
        cohort: stretch,
        unitStretch: stretch,
        unit: number,
        metric,
        value,
      });
    }),
  );
  const exposures = feedback.map(({ arm, unit }) => ({ rollout, arm, unit: unit ?? 0, stretch }));
  await town.desk.store.commit({ ...emptyChange, feedback, exposures });
  town.desk.context.outcomes.touch([rollout]);
}
