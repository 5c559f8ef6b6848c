import { describe, expect, test } from 'vitest';
import { predictionsSample as said, windowSample } from '../../../test/samples.ts';
import type { FeatureReference, Reference } from '../catalog/reference.ts';
import { instant } from '../lib/units.ts';
import { DriftTally, driftOf } from './drift.ts';
import { importanceOf } from './importance.ts';
import type { DriftReport } from './drift.ts';
import type { FeatureCounts } from './feature-counts.ts';
import type { Window } from './window.ts';

const DIGEST = 'sha256:a';

const age: FeatureReference = {
  name: 'age',
  input: 'x',
  column: 0,
  kind: 'number',
  cuts: [40],
  counts: [600, 400, 0],
};

const asked = (young: number, old: number, missing = 0): FeatureCounts => ({
  reference: DIGEST,
  rows: young + old + missing,
  counts: [[young, old, missing]],
});

const reference: Reference = { rows: 1_000, features: [age], answers: said(800, 200) };

const usual = { predictions: said(800, 200), features: asked(600, 400) };
const baseline = (over: Partial<Window> = {}): Window => windowSample({ ...usual, ...over });
const candidate = (over: Partial<Window> = {}): Window =>
  windowSample({ arm: 'candidate', version: 2, ...usual, ...over });

function reportOf(windows: readonly Window[], known: Reference | null = reference): DriftReport {
  const tally = new DriftTally('baseline');
  for (const window of windows) tally.add(window);
  const beside = tally.beside();
  const told = { baselineArm: 'baseline', reference: known, beside };
  return driftOf({ ...told, baseline: tally.baseline(1) });
}

// M2: distribution and drift, and who is to blame.
describe('who is to blame', () => {
  test.each([
    { name: 'nobody', windows: [baseline(), candidate()], cause: 'none' },
    {
      name: 'the model, which answers otherwise',
      windows: [baseline(), candidate({ predictions: said(500, 500) })],
      cause: 'model',
    },
    {
      name: 'the world: others ask',
      windows: [baseline({ features: asked(200, 800) }), candidate({ features: asked(200, 800) })],
      cause: 'world',
    },
    {
      name: 'the world: others are answered',
      windows: [
        baseline({ predictions: said(400, 600) }),
        candidate({ predictions: said(400, 600) }),
      ],
      cause: 'world',
    },
    {
      name: 'both',
      windows: [
        baseline({ predictions: said(400, 600) }),
        candidate({ predictions: said(900, 100) }),
      ],
      cause: 'model-and-world',
    },
    {
      name: 'the infrastructure: a feature does not reach one arm',
      windows: [
        baseline(),
        candidate({ features: asked(0, 0, 1_000), predictions: said(500, 500) }),
      ],
      cause: 'infrastructure',
    },
    { name: 'the world, without any candidate', windows: [baseline(usual)], cause: 'none' },
  ])('$name', ({ windows, cause }) => {
    expect(reportOf(windows).cause).toBe(cause);
  });

  test('a model that other features drive is to blame, though it answers alike', () => {
    const driven = (byAge: number) => ({
      importance: importanceOf(
        ['age', 'income'],
        [byAge, 1 - byAge].map((effect) => Array.from({ length: 400 }, () => effect)),
      ),
    });
    const { cause, drifts } = reportOf([baseline(driven(0.25)), candidate(driven(0.75))]);
    expect(cause).toBe('model');
    expect(drifts.find(({ kind }) => kind === 'importance')).toMatchObject({
      what: 'importance',
      rows: 400,
      otherRows: 400,
      level: 'act',
      share: 0.75,
      otherShare: 0.25,
    });
  });

  test('nobody can tell without a reference and a candidate', () => {
    expect(reportOf([baseline()], null)).toEqual({ cause: null, drifts: [] });
    expect(reportOf([baseline(), candidate()], null).cause).toBe('none');
  });
});

test('figures say what moved, from what to what', () => {
  const { drifts } = reportOf([baseline({ features: asked(100, 800, 100) })]);
  expect(drifts).toMatchObject([
    {
      what: 'age',
      against: null,
      rows: 1_000,
      otherRows: 1_000,
      level: 'act',
      bin: 'up to 40',
      share: 0.1,
      otherShare: 0.6,
    },
    { what: 'answers', kind: 'answers', against: null, level: 'none' },
  ]);
});

test('a few rows prove nothing', () => {
  const few = baseline({ predictions: said(6, 4), features: asked(4, 6) });
  expect(reportOf([few]).cause).toBe('none');
});

test('arms are compared over the same seconds only', () => {
  const morning = { start: instant(1_000_000), predictions: said(100, 900) };
  const windows = [baseline(morning), baseline({ start: instant(2_000_000) }), candidate()].map(
    (window, at) => (at === 2 ? { ...window, start: instant(2_000_000) } : window),
  );
  const between = reportOf(windows).drifts.filter(({ against }) => against === 'baseline');
  expect(between.map(({ what, otherRows }) => [what, otherRows])).toEqual([
    ['age', 1_000],
    ['answers', 1_000],
  ]);
});

test('what another rollout compared, or this one before a swap, is another comparison', () => {
  const tally = new DriftTally('baseline');
  const odd = { predictions: said(1, 999) };
  const later = { start: instant(windowSample().start + 10_000) };
  tally.add(baseline({ rollout: 'r-before' }));
  tally.add(candidate({ rollout: 'r-before', ...odd }));
  tally.add(baseline({ version: 9, ...later }));
  tally.add(candidate({ version: 8, ...odd, ...later }));
  tally.add(candidate(later));
  const beside = tally.beside();
  expect(beside.map(({ rollout, version }) => [rollout, version])).toEqual([
    ['r-before', 2],
    ['r-risk', 8],
    ['r-risk', 2],
  ]);
  expect(beside.map(({ candidate: { answers } }) => answers)).toEqual([
    odd.predictions,
    odd.predictions,
    usual.predictions,
  ]);
});

test('a version that took over is held against its own reference', () => {
  const tally = new DriftTally('baseline');
  tally.add(baseline({ version: 1, predictions: said(1, 999) }));
  tally.add(baseline({ version: 2 }));
  expect(tally.baseline(2).answers).toEqual(usual.predictions);
  expect(tally.baseline(3).answers).toBeUndefined();
});
