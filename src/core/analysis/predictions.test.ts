import { describe, expect, test } from 'vitest';
import { refSample, rolloutSample, windowSample } from '../../../test/samples.ts';
import { after, instant } from '../lib/units.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { CHECK_DEFAULTS } from '../strategy/presets.ts';
import type { Predictions } from '../telemetry/predictions.ts';
import { perLoss } from '../telemetry/window.ts';
import type { Window } from '../telemetry/window.ts';
import { analyse } from './analyse.ts';
import type { Check } from './check.ts';
import { emptyEvidence, extendEvidence } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import type { Verdict } from './verdict.ts';

const began = instant(1_800_000_000_000);
const BUCKET_MS = 10_000;
const { prediction_distribution: check, error_rate } = CHECK_DEFAULTS;

const checking = (...checks: readonly Check[]): Rollout => {
  const plain = rolloutSample('risk', 'advancing', { candidate: refSample(2) });
  return { ...plain, spec: { ...plain.spec, checks } };
};

const said = (no: number, yes: number): Predictions => ({
  answers: no + yes,
  classes: [
    ['no', no],
    ['yes', yes],
  ],
  otherClasses: 0,
  values: [],
  probabilities: [],
});

/** What both arms said in one bucket: [no, yes]. */
type Row = {
  readonly baseline: readonly [number, number] | null;
  readonly candidate: readonly [number, number] | null;
  readonly times?: number;
};

function windowsOf({ baseline, candidate }: Row, index: number): readonly Window[] {
  const start = after(began, index * BUCKET_MS);
  const arms = [
    ['baseline', 1, baseline, 180],
    ['candidate', 2, candidate, 20],
  ] as const;
  return arms.map(([arm, version, row, units]) => ({
    ...windowSample({ arm, version, start, losses: perLoss(() => ({ units, sum: 0 })) }),
    ...(row === null ? {} : { predictions: said(...row) }),
  }));
}

function folded(rollout: Rollout, rows: readonly Row[]): Evidence {
  const all = rows.flatMap((row) => Array.from({ length: row.times ?? 1 }, () => row));
  return all.reduce(
    (evidence, row, index) => extendEvidence(evidence, rollout, windowsOf(row, index)),
    emptyEvidence(rollout),
  );
}

const laterBy = (rows: readonly Row[]): number =>
  rows.reduce((sum, { times = 1 }) => sum + times, 0) * BUCKET_MS;

function verdictOf(rows: readonly Row[], over: Partial<Check> = {}): Verdict | undefined {
  const rollout = checking({ ...check, ...over });
  return analyse(rollout, folded(rollout, rows), after(began, laterBy(rows)))[0];
}

const alike: Row = { baseline: [144, 36], candidate: [16, 4] };
const moved: Row = { baseline: [144, 36], candidate: [10, 10] };

// R7: prediction distribution shift.
type Said = Pick<Verdict, 'outcome'> & { readonly sentence: RegExp };

describe('what is found', () => {
  test.each<{ name: string; rows: readonly Row[]; says: Said }>([
    {
      name: 'nobody came',
      rows: [],
      says: { outcome: 'starved', sentence: /No requests came in/ },
    },
    {
      name: 'answers that are neither a class nor a number',
      rows: [{ baseline: null, candidate: null, times: 5 }],
      says: { outcome: 'starved', sentence: /no distribution to compare/ },
    },
    {
      name: 'before the bins are fixed',
      rows: [{ baseline: [70, 20], candidate: [8, 2] }],
      says: { outcome: 'unsure', sentence: /once the baseline has given 100 answers; so far 90/ },
    },
    {
      name: 'before the candidate answered enough',
      rows: [{ ...alike, times: 8 }],
      says: { outcome: 'unsure', sentence: /answered 140 of the 200 units/ },
    },
    {
      name: 'too little to tell',
      rows: [{ baseline: [144, 36], candidate: [15, 5], times: 13 }],
      says: { outcome: 'unsure', sentence: /Neither .* it takes about .* more/ },
    },
    {
      name: 'both arms alike',
      rows: [{ ...alike, times: 60 }],
      says: { outcome: 'pass', sentence: /0 % fall elsewhere .* Shown to be below 10 %/ },
    },
    {
      name: 'a third of the answers moved',
      rows: [{ ...moved, times: 40 }],
      says: { outcome: 'fail', sentence: /50 % \(\d+ of \d+\) are class (no|yes); .* (80|20) %/ },
    },
  ])('$name', ({ rows, says }) => {
    const { outcome, sentence } = verdictOf(rows) ?? {};
    expect(outcome).toBe(says.outcome);
    expect(sentence).toMatch(says.sentence);
  });

  test('counts of either arm are those of the bin that moved most', () => {
    expect(verdictOf([{ ...moved, times: 40 }])).toMatchObject({
      candidate: { units: 780, losses: 390 },
      baseline: { units: 7_020, losses: 5_616 },
      evidence: { harmNeeded: Math.log(100) },
    });
  });
});

describe('what is declared', () => {
  test('a wider limit lets a shift be', () => {
    const rows = [{ ...moved, times: 40 }];
    expect(verdictOf(rows, { limit: 0.5, tolerance: 0.5 })?.outcome).toBe('pass');
    expect(verdictOf(rows, { limit: null })?.outcome).toBe('unsure');
  });

  test('verdicts come in the order in which checks are declared', () => {
    const rollout = checking({ ...check, name: 'first' }, error_rate, { ...check, name: 'last' });
    const names = analyse(rollout, folded(rollout, [alike]), began).map((one) => one.check);
    expect(names).toEqual(['first', 'error_rate', 'last']);
  });

  test('where nobody asks, nothing is kept', () => {
    const rollout = checking(error_rate);
    expect(folded(rollout, [{ ...moved, times: 3 }]).predictions).toBeNull();
  });
});

// Blue-green and gradual: nobody serves beside the candidate.
describe('a candidate that serves alone', () => {
  const before: Row = { baseline: [144, 36], candidate: null, times: 10 };

  test('is held against what the baseline answered before', () => {
    const { outcome, sentence } =
      verdictOf([before, { baseline: null, candidate: [10, 10], times: 40 }]) ?? {};
    expect(outcome).toBe('fail');
    expect(sentence).toMatch(/class (no|yes); of the baseline's before (80|20) %/);
  });

  test('is not found out for being alike', () => {
    const rows = [before, { baseline: null, candidate: [16, 4], times: 400 } as const];
    expect(verdictOf(rows)?.outcome).not.toBe('fail');
  });
});

describe('laws', () => {
  test('a failure is not taken back, and speaks of what it rests on', () => {
    const failed = verdictOf([{ ...moved, times: 40 }]);
    const later = verdictOf([
      { ...moved, times: 40 },
      { ...alike, times: 400 },
    ]);
    expect([failed?.outcome, later?.outcome]).toEqual(['fail', 'fail']);
    expect(later?.sentence).toContain('are class');
  });

  test('bucket by bucket or all at once is the same, in any order of gateways', () => {
    const rollout = checking(check);
    const rows = [
      { ...alike, times: 3 },
      { ...moved, times: 5 },
    ];
    const each = rows.flatMap((row) => Array.from({ length: row.times }, () => row));
    const windows = each.flatMap(windowsOf);
    const whole = extendEvidence(emptyEvidence(rollout), rollout, windows.toReversed());
    expect(whole.predictions).toEqual(folded(rollout, rows).predictions);
  });

  test('bins are fixed on what the baseline answered before the rollout, if it did', () => {
    const rollout = checking(check);
    const before = windowSample({ rollout: null, start: after(began, -60_000) });
    const known = extendEvidence(emptyEvidence(rollout), rollout, [
      { ...before, predictions: said(900, 100) },
    ]);
    expect(known.predictions?.facets).toHaveLength(2);
    const next = extendEvidence(known, rollout, windowsOf(alike, 0));
    expect(next.predictions).toMatchObject({ candidateUnits: 20, baselineUnits: 180 });
  });
});
