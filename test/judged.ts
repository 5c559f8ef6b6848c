import { expect } from 'vitest';
import { analyse, analyseInSilence } from '../src/core/analysis/analyse.ts';
import type { Check } from '../src/core/analysis/check.ts';
import { emptyEvidence, extendEvidence } from '../src/core/analysis/evidence.ts';
import type { Verdict } from '../src/core/analysis/verdict.ts';
import { after, instant } from '../src/core/lib/units.ts';
import type { Phase, Rollout } from '../src/core/rollout/rollout.ts';
import { noThresholds } from '../src/core/routing/table.ts';
import { canaryOf, presetStages } from '../src/core/strategy/presets.ts';
import { OUTCOMES } from '../src/core/telemetry/observation.ts';
import type { LossName, Window } from '../src/core/telemetry/window.ts';
import { rolloutSample } from './samples.ts';

/** When the first bucket of a scene begins. */
export const began = instant(1_800_000_000_000);
const outcomes = Object.fromEntries(OUTCOMES.map((name) => [name, 0])) as Window['outcomes'];

/** One bucket of both arms: units and losses of each, for one kind of loss. */
export type Row = {
  readonly candidate: readonly [units: number, losses: number];
  readonly baseline: readonly [units: number, losses: number];
  readonly times?: number;
};

/** What is judged by which check: buckets one after the other, and where the rollout is. */
export type Scene = {
  readonly check: Check;
  readonly loss: readonly LossName[];
  readonly rows: readonly Row[];
  readonly stage?: number;
  readonly phase?: Phase;
  readonly frozen?: boolean;
};

/** The verdict on a scene, some milliseconds after its last bucket. */
export function judge(scene: Scene, later = 0): Verdict {
  const { check, loss, rows, stage = 0, phase = 'advancing', frozen = true } = scene;
  const plain = rolloutSample('risk', phase, { id: 'r-1', stage });
  const rollout: Rollout = {
    ...plain,
    thresholdsMs: frozen ? { slow: 10, tail: 20, late: 50 } : noThresholds,
    spec: {
      ...plain.spec,
      strategy: canaryOf(presetStages('default', 60_000)),
      checks: [check],
    },
  };
  const buckets = rows.flatMap((row) => Array.from({ length: row.times ?? 1 }, () => row));
  const windows = buckets.flatMap(({ candidate, baseline }, i) =>
    (
      [
        ['candidate', 2, candidate],
        ['baseline', 1, baseline],
      ] as const
    ).flatMap(([arm, version, [units, sum]]) =>
      units === 0 ? [] : [windowOf({ arm, version, i, units, sum, loss })],
    ),
  );
  const evidence = extendEvidence(emptyEvidence(rollout), rollout, windows);
  const now = after(began, buckets.length * 10_000 + later);
  const [verdict] = analyse(rollout, evidence, now);
  if (verdict === undefined) throw new Error('one check has one verdict');
  // Who reads nothing decides the same.
  const untold = { ratio: null, interval: null, etaMs: null, sentence: '' };
  expect(analyseInSilence(rollout, evidence, now)).toEqual([{ ...verdict, ...untold }]);
  return verdict;
}

function windowOf(made: {
  readonly arm: string;
  readonly version: number;
  readonly i: number;
  readonly units: number;
  readonly sum: number;
  readonly loss: readonly LossName[];
}): Window {
  const { arm, version, i, units, sum, loss } = made;
  const of = (name: LossName) =>
    loss.includes(name) ? { units, sum } : { units: name === 'error' ? units : 0, sum: 0 };
  return {
    endpoint: 'risk',
    rollout: 'r-1',
    revision: 4,
    arm,
    version,
    start: after(began, i * 10_000),
    bucketMs: 10_000,
    requests: units,
    outcomes,
    losses: {
      error: of('error'),
      null: of('null'),
      slow: of('slow'),
      tail: of('tail'),
      late: of('late'),
      disagree: of('disagree'),
    },
    latencyMs: [[100, units]],
    latencySumMs: units,
    fallbacks: 0,
    unitsDropped: 0,
  };
}
