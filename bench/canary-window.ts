import { instant } from '../src/core/lib/units.ts';
import type { Rollout } from '../src/core/rollout/rollout.ts';
import { perLoss, type Window } from '../src/core/telemetry/window.ts';
import { windowSample } from '../test/samples.ts';

/** How long a bucket of these canaries is. */
export const BUCKET_MS = 10_000;

/** What a canary at 5 % has in a bucket on average: a hundred units a second in all. */
export const UNITS = { baseline: 950, candidate: 50 } as const;

type Arm = keyof typeof UNITS;
type Sent = { readonly arm: Arm; readonly bucket: number; readonly units?: number };

/** When a bucket of a rollout begins. */
export const startOf = (rollout: Rollout, bucket: number) =>
  instant(rollout.createdAt + bucket * BUCKET_MS);

/**
 * What an arm of a canary sends at the end of a bucket; `lost` says of each kind of loss how much.
 */
export function canaryWindow(
  rollout: Rollout,
  { arm, bucket, units = UNITS[arm] }: Sent,
  lost: (units: number) => number,
): Window {
  return windowSample({
    endpoint: rollout.endpoint,
    rollout: rollout.id,
    revision: rollout.revision,
    arm,
    version: rollout[arm].version,
    start: startOf(rollout, bucket),
    requests: units,
    losses: perLoss(() => ({ units, sum: lost(units) })),
    latencyMs: [[116, units]],
  });
}
