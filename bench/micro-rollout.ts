import { analyse } from '../src/core/analysis/analyse.ts';
import type { Check } from '../src/core/analysis/check.ts';
import { emptyEvidence, extendEvidence } from '../src/core/analysis/evidence.ts';
import type { Evidence } from '../src/core/analysis/evidence.ts';
import type { Verdict } from '../src/core/analysis/verdict.ts';
import { prng } from '../src/core/lib/prng.ts';
import { after } from '../src/core/lib/units.ts';
import type { Rollout } from '../src/core/rollout/rollout.ts';
import { sampleBinomial } from '../src/core/stats/samplers.ts';
import { defaultChecks } from '../src/core/strategy/presets.ts';
import type { Window } from '../src/core/telemetry/window.ts';
import { rolloutSample } from '../test/samples.ts';
import { BUCKET_MS, UNITS, canaryWindow, startOf } from './canary-window.ts';

const OBJECTIVE_MS = 50;
const LOSS_RATE = 0.01;
const RATIOS = [1, 1.1, 1.25, 1.5, 2] as const;

/** All four metrics at five ratios: twenty checks, no two the same. */
const checks: readonly Check[] = RATIOS.flatMap((ratio) =>
  defaultChecks(OBJECTIVE_MS).map((check) => ({
    ...check,
    name: `${check.name}-${ratio}`,
    ratio: check.ratio * ratio,
    tolerance: check.tolerance * ratio,
  })),
);

/** How many checks the rollout has. */
export const CHECKS = checks.length;

const sample = rolloutSample('endpoint', 'advancing', {
  thresholdsMs: { slow: 20, tail: 30, late: OBJECTIVE_MS },
});
const rollout: Rollout = { ...sample, spec: { ...sample.spec, checks } };

function windowsOf(bucket: number): readonly Window[] {
  const rng = prng(bucket);
  return (['baseline', 'candidate'] as const).map((arm) => {
    // As many come as chance has it, so that no two buckets are alike.
    const units = sampleBinomial(rng, 2 * UNITS[arm], 0.5);
    const lost = (of: number): number => sampleBinomial(rng, of, LOSS_RATE);
    return canaryWindow(rollout, { arm, bucket, units }, lost);
  });
}

/** A rollout some buckets old: its bucket table, its evidence, and what may be asked of it. */
export type Aged = {
  readonly buckets: number;
  /** Evidence from the whole bucket table. */
  readonly anew: () => Evidence;
  /** Evidence with one bucket more. */
  readonly extended: () => Evidence;
  /** The verdict of every check. */
  readonly judged: () => readonly Verdict[];
};

/** A healthy canary at 5 %, a hundred units a second, one loss of every kind in a hundred. */
export function rolloutAged(buckets: number): Aged {
  const windows = Array.from({ length: buckets }, (_, bucket) => windowsOf(bucket)).flat();
  const anew = (): Evidence => extendEvidence(emptyEvidence(rollout), rollout, windows);
  const evidence = anew();
  const next = windowsOf(buckets);
  const now = after(startOf(rollout, buckets), BUCKET_MS);
  return {
    buckets,
    anew,
    extended: () => extendEvidence(evidence, rollout, next),
    judged: () => analyse(rollout, evidence, now),
  };
}
