import { expect, test } from 'vitest';
import { banditSpec } from '../../../test/outcome-specs.ts';
import { instant } from '../lib/units.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { SegmentFigures, Window } from '../telemetry/window.ts';
import { refSample, rolloutSample, windowSample } from '../../../test/samples.ts';
import { CHECK_DEFAULTS } from '../strategy/presets.ts';
import { analyse } from './analyse.ts';
import { emptyEvidence, extendEvidence } from './evidence.ts';
import { strataOf } from './stratum.ts';

function rolloutOf(algorithm: 'linear-thompson' | 'thompson-beta'): Rollout {
  const plain = rolloutSample('risk', 'advancing');
  const checks = [CHECK_DEFAULTS.error_rate];
  const strategy = banditSpec({ algorithm, candidates: 1, stop: null });
  return { ...plain, spec: { ...plain.spec, checks, strategy } };
}

const figures = (segment: string, units: number, errors: number): SegmentFigures => {
  const { requests: _requests, ...window } = windowSample();
  const { outcomes, losses, latencyMs, latencySumMs, fallbacks, unitsDropped } = window;
  const error = { units, sum: errors };
  const rest = { outcomes, latencyMs, latencySumMs, fallbacks, unitsDropped };
  return { segment, requests: units, ...rest, losses: { ...losses, error } };
};

/** A bucket in which one segment fails a tenth of the time, whoever answers, and one never. */
function bucket(
  n: number,
  arm: 'baseline' | 'candidate',
  units: readonly [number, number],
): Window {
  const [good, bad] = units;
  const parts = [figures('bad', bad, bad / 10), figures('good', good, 0)];
  const version = arm === 'baseline' ? 1 : 2;
  const { losses } = windowSample();
  return {
    ...windowSample(),
    endpoint: 'risk',
    rollout: 'r-risk',
    arm,
    version: refSample(version).version,
    start: instant(1_790_000_000_000 + n * 10_000),
    losses: { ...losses, error: { units: good + bad, sum: bad / 10 } },
    segments: parts,
  };
}

/** The candidate gets nine tenths of those who fail, and a tenth of the others. */
const windows = Array.from({ length: 60 }, (_, n) => [
  bucket(n, 'baseline', [90, 10]),
  bucket(n, 'candidate', [10, 90]),
]).flat();

test('with shares by segment, arms are compared within a segment', () => {
  const strata = strataOf(rolloutOf('linear-thompson'), windows.slice(0, 2));
  const seen = strata.map(({ segment, candidate, baseline }) => {
    return [segment, candidate.error, baseline.error];
  });
  expect(seen).toEqual([
    ['bad', { units: 90, sum: 9 }, { units: 10, sum: 1 }],
    ['good', { units: 10, sum: 0 }, { units: 90, sum: 0 }],
  ]);
});

test('whichever gateway reported first, they are the same', () => {
  const rollout = rolloutOf('linear-thompson');
  const some = [...windows.slice(0, 4), ...windows.slice(0, 4)];
  expect(strataOf(rollout, some.toReversed())).toEqual(strataOf(rollout, some));
});

test.each([
  { algorithm: 'linear-thompson', outcome: 'not fail' },
  { algorithm: 'thompson-beta', outcome: 'fail' },
] as const)('$algorithm: who sends other people to an arm does $outcome it', (row) => {
  const rollout = rolloutOf(row.algorithm);
  const evidence = extendEvidence(emptyEvidence(rollout), rollout, windows);
  const [verdict] = analyse(rollout, evidence, instant(1_790_000_600_000));
  expect(verdict?.outcome === 'fail').toBe(row.outcome === 'fail');
  // Nobody who looks at the whole could tell.
  expect(verdict?.candidate.units).toBe(6_000);
});
