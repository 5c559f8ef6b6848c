import { describe, expect, test } from 'vitest';
import { endpointSample, refSample, rolloutSample, windowSample } from '../../../test/samples.ts';
import { after, instant } from '../lib/units.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { project, emptyTable } from '../routing/project.ts';
import { CHECK_DEFAULTS } from '../strategy/presets.ts';
import { importanceOf } from '../telemetry/importance.ts';
import type { Importance } from '../telemetry/importance.ts';
import { perLoss } from '../telemetry/window.ts';
import type { Window } from '../telemetry/window.ts';
import { analyse } from './analyse.ts';
import type { Check } from './check.ts';
import { emptyEvidence, extendEvidence } from './evidence.ts';
import type { Verdict } from './verdict.ts';

const began = instant(1_800_000_000_000);
const BUCKET_MS = 10_000;
const ROWS = 32;
const { feature_importance: check, error_rate } = CHECK_DEFAULTS;

const checking = (...checks: readonly Check[]): Rollout => {
  const plain = rolloutSample('risk', 'advancing', { candidate: refSample(2) });
  return { ...plain, spec: { ...plain.spec, checks } };
};

/** Rows of which each answer comes of age by this part, of income by the rest. */
const driven = (byAge: number): Importance =>
  importanceOf(
    ['income', 'age', 'city'],
    [1 - byAge, byAge, 0].map((effect) => Array.from({ length: ROWS }, () => effect)),
  );

type Row = { readonly baseline: number | null; readonly candidate: number | null };

function windowsOf({ baseline, candidate }: Row, index: number): readonly Window[] {
  const start = after(began, index * BUCKET_MS);
  const losses = perLoss(() => ({ units: 50, sum: 0 }));
  const arms = [
    ['baseline', 1, baseline],
    ['candidate', 2, candidate],
  ] as const;
  return arms.map(([arm, version, byAge]) => ({
    ...windowSample({ arm, version, start, losses }),
    ...(byAge === null ? {} : { importance: driven(byAge) }),
  }));
}

function verdictOf(row: Row, times: number, over: Partial<Check> = {}): Verdict | undefined {
  const rollout = checking({ ...check, ...over });
  const evidence = Array.from({ length: times }, () => row).reduce(
    (known, one, index) => extendEvidence(known, rollout, windowsOf(one, index)),
    emptyEvidence(rollout),
  );
  return analyse(rollout, evidence, after(began, times * BUCKET_MS))[0];
}

// R7: anomalous feature importance.
describe('what is found', () => {
  test.each([
    {
      name: 'no row was looked at',
      row: { baseline: null, candidate: null },
      times: 5,
      says: ['unsure', /no rows have been looked at/],
    },
    {
      name: 'too few rows',
      row: { baseline: 0.3, candidate: 0.3 },
      times: 4,
      says: ['unsure', /answered 96 of the 200 rows/],
    },
    {
      name: 'the same features drive both',
      row: { baseline: 0.3, candidate: 0.32 },
      times: 40,
      says: ['pass', /Shown to be below 25 %/],
    },
    {
      name: 'another feature drives the candidate',
      row: { baseline: 0.1, candidate: 0.9 },
      times: 40,
      says: ['fail', /is (income|age), of the baseline's .* In all 80 % .* over 1,248 rows/],
    },
  ] as const)('$name', ({ row, times, says: [outcome, sentence] }) => {
    const verdict = verdictOf(row, times);
    expect(verdict?.outcome).toBe(outcome);
    expect(verdict?.sentence).toMatch(sentence);
  });

  test('a feature is named, though all that are not told apart moved more together', () => {
    const names = Array.from({ length: 40 }, (_, at) => `f${at}`);
    const rollout = checking(check);
    const rows = (effectOf: (at: number) => number): Importance =>
      importanceOf(
        names,
        names.map((_, at) => Array.from({ length: ROWS }, () => effectOf(at))),
      );
    // The first 15 of 40 gain a little each, all others lose a little.
    const arms = { baseline: rows(() => 1), candidate: rows((at) => (at < 15 ? 2.6 : 0.04)) };
    let evidence = emptyEvidence(rollout);
    for (let index = 0; index < 40; index += 1) {
      const windows = windowsOf({ baseline: 0, candidate: 0 }, index).map((window) => ({
        ...window,
        importance: window.arm === 'baseline' ? arms.baseline : arms.candidate,
      }));
      evidence = extendEvidence(evidence, rollout, windows);
    }
    const [verdict] = analyse(rollout, evidence, after(began, 40 * BUCKET_MS));
    expect(verdict?.outcome).toBe('fail');
    expect(verdict?.sentence).toMatch(/Of what drives the candidate's answers .* % is f\d+, of/);
  });

  test('counts are rows, and the part of them that the feature drives', () => {
    const { candidate, baseline } = verdictOf({ baseline: 0.25, candidate: 0.75 }, 11) ?? {};
    expect(candidate?.units).toBeCloseTo(320, 6);
    const parts = [candidate, baseline].map((arm) => (arm?.losses ?? 0) / (arm?.units ?? 1));
    expect(Math.abs((parts[0] ?? 0) - (parts[1] ?? 0))).toBeCloseTo(0.5, 4);
  });
});

test('a gateway is told to look only where a check asks, and while something is compared', () => {
  const asked = (rollout: Rollout) => {
    const told = { endpoints: [endpointSample('risk')], rollouts: [rollout], models: [] };
    return project({ ...told, previous: emptyTable }).routes[0]?.importance;
  };
  expect(asked(checking(check))).toBe(true);
  expect(asked(checking(error_rate))).toBeUndefined();
  expect(asked({ ...checking(check), phase: 'reverting' })).toBeUndefined();
});
