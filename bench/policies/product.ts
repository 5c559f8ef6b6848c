import { bps } from '../../src/core/lib/units.ts';
import { simulatorOf } from '../../src/core/plan/simulate.ts';
import type { Outcome } from '../../src/core/plan/simulate.ts';
import type { RolloutSpec } from '../../src/core/rollout/spec.ts';
import { CHECK_DEFAULTS, canaryOf } from '../../src/core/strategy/presets.ts';
import { usualSpec } from '../../test/samples.ts';
import { harmAfterwards } from './thresholds.ts';
import type { Policy } from './thresholds.ts';

const MS_PER_MINUTE = 60_000;
const UNITS_PER_SECOND = 50;
const LEAST_MS = 2 * MS_PER_MINUTE;
const usual = { nullRate: 0, medianMs: 20, sigma: 0.5 } as const;

/** The ladder of the reference: margins alone decide, nothing is tolerated, errors only. */
const asReference: RolloutSpec = {
  ...usualSpec,
  strategy: canaryOf([
    { share: bps(100), margin: 4, leastMs: LEAST_MS },
    { share: bps(500), margin: 3, leastMs: LEAST_MS },
    { share: bps(2_500), margin: 2, leastMs: LEAST_MS },
    { share: bps(5_000), margin: 1.5, leastMs: LEAST_MS },
  ]),
  checks: [{ ...CHECK_DEFAULTS.error_rate, tolerance: 0 }],
};

const ends = {
  promoted: 'promoted',
  reverted: 'rolled back',
  held: 'neither',
  kept: 'neither',
  undecided: 'neither',
} as const satisfies Record<Outcome['end'], string>;

/** The product's own evidence, verdicts and decisions on drawn traffic. */
const decidedBy = (name: string, spec: RolloutSpec): Policy => ({
  name,
  against: (service) => {
    const setting = {
      spec,
      unitsPerSecond: UNITS_PER_SECOND,
      dayShape: null,
      usual: { ...usual, errorRate: service.rate },
    };
    const play = simulatorOf(setting, { kind: 'errors', factor: service.ratio });
    return (rng) => {
      const outcome = play(rng);
      const end = ends[outcome.end];
      const afterwards = end === 'promoted' ? harmAfterwards(service) : 0;
      return {
        end,
        minutes: outcome.ms / MS_PER_MINUTE,
        harmed: outcome.harmedRequests + afterwards,
      };
    };
  },
});

/** Errors only, 1, 5, 25 and 50 %, margins of 4, 3, 2 and 1.5. */
export const byMargins: Policy = decidedBy('Understudy, errors by margins', asReference);

/** As it comes: three checks, 5, 25, 50 and 100 %, one error in five hundred tolerated. */
export const asItComes: Policy = decidedBy('Understudy, defaults', usualSpec);
