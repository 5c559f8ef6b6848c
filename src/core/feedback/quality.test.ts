import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { feedbackSample } from '../../../test/feedback-samples.ts';
import { addCohort, cohortKeyOf, emptyCohort, foldFeedback, PAIRS_MAX } from './cohort.ts';
import type { Cohort } from './cohort.ts';
import type { FeedbackRow } from './feedback.ts';
import type { ScoreKind } from './predicted.ts';
import type { Measure, MeasureName } from './measure.ts';
import { measuresOf } from './quality.ts';

type Gold = {
  readonly cases: readonly {
    readonly name: string;
    readonly positive: string | null;
    readonly rows: readonly (readonly [string | null, number, string | number])[];
    readonly measures: Readonly<Record<string, number>>;
  }[];
};

const gold = JSON.parse(
  readFileSync(new URL('../../../test/vectors/feedback/quality.json', import.meta.url), 'utf8'),
) as Gold;

function folded(rows: readonly FeedbackRow[], metric = 'label'): Cohort {
  const cohort = emptyCohort(cohortKeyOf(feedbackSample(0, { metric })), null);
  for (const row of rows) foldFeedback(cohort, row);
  return cohort;
}

const measure = (measures: readonly Measure[], name: string): Measure | undefined =>
  measures.find((one) => one.name === (name as MeasureName));

/** Bins of ranks are a tenth wide in log-odds; everything else is summed exactly. */
const toleranceOf = (name: string): number => (name === 'auc' ? 2e-3 : 1e-9);

const kindOf = (name: string): ScoreKind =>
  name === 'numbers' ? 'value' : name === 'five classes' ? 'top' : 'positive';

describe('the measures of scikit-learn', () => {
  test.for(gold.cases)('$name', ({ name, rows, positive, measures }) => {
    const kind = kindOf(name);
    const cohort = folded(
      rows.map(([label, value, truth], n) =>
        feedbackSample(n, { value: truth, predicted: { label, score: { kind, value } } }),
      ),
    );
    const found = measuresOf(cohort, positive);
    expect(found.map((one) => one.name).sort()).toEqual(Object.keys(measures).sort());
    const off = found.filter(
      ({ name: key, value }) => !(Math.abs(value - (measures[key] ?? 0)) < toleranceOf(key)),
    );
    expect(off).toEqual([]);
    const outside = found.filter(
      ({ value, interval }) =>
        interval !== null && !(interval.lower <= value && value <= interval.upper),
    );
    expect(outside).toEqual([]);
  });
});

const row = fc
  .record({
    label: fc.option(fc.constantFrom('0', '1', '__proto__', 'constructor', 'toString')),
    value: fc.constantFrom('0', '1', '__proto__', 'valueOf'),
    score: fc.option(
      fc.record({
        kind: fc.constantFrom<ScoreKind>('value', 'positive', 'top'),
        // Sixteenths add up exactly, in any order.
        value: fc.integer({ min: -16, max: 32 }).map((n) => n / 16),
      }),
    ),
  })
  .map(({ label, value, score }) => feedbackSample(0, { value, predicted: { label, score } }));

// M2: measures from constant sums.
describe('a cohort', () => {
  test('sums up the same in any order and in any parts', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), fc.nat(60), (rows, at) => {
        const whole = folded(rows);
        const parts = folded(rows.slice(at).toReversed());
        addCohort(parts, folded(rows.slice(0, at)));
        const figures = (cohort: Cohort) =>
          measuresOf(cohort, '1').map(({ name, value, n }) => [name, n, value.toFixed(9)]);
        expect(figures(parts)).toEqual(figures(whole));
        expect(parts.events).toBe(rows.length);
        expect(measuresOf(JSON.parse(JSON.stringify(whole)) as Cohort, '1')).toEqual(
          measuresOf(whole, '1'),
        );
      }),
    );
  });

  test('does not grow with its labels, nor without end with their classes', () => {
    const rows = Array.from({ length: 3 * PAIRS_MAX }, (_none, n) =>
      feedbackSample(n, {
        value: `t${n % 70}`,
        predicted: { label: `n${n}`, score: { kind: 'positive', value: (n % 997) / 997 } },
      }),
    );
    const cohort = folded(rows);
    expect(Object.keys(cohort.classes?.pairs ?? {})).toHaveLength(PAIRS_MAX);
    expect(cohort.classes).toMatchObject({ n: 3 * PAIRS_MAX, dropped: 2 * PAIRS_MAX });
    expect(Object.keys(cohort.scores)).toHaveLength(16);
    const size = JSON.stringify(cohort).length;
    for (const again of rows) foldFeedback(cohort, again);
    expect(JSON.stringify(cohort).length).toBeLessThan(size * 1.2);
  });

  test('a business metric has a mean with its interval, and a sum', () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9];
    const rows = values.map((value, n) => feedbackSample(n, { metric: 'sales', value }));
    const [mean, sum, ...others] = measuresOf(folded(rows, 'sales'), null);
    expect(others).toEqual([]);
    expect(sum).toMatchObject({ name: 'sum', value: 40, n: 8 });
    expect(mean).toMatchObject({ name: 'mean', value: 5, n: 8 });
    // 5 ± 1.959964 · √(32/7) / √8
    expect(mean?.interval?.lower).toBeCloseTo(3.51843, 4);
    expect(mean?.interval?.upper).toBeCloseTo(6.48157, 4);
  });

  test('a lone number is a probability when a positive class is declared, else a number', () => {
    const rows = ['0', '1', '1'].map((value, n) =>
      feedbackSample(n, {
        value,
        predicted: { label: null, score: { kind: 'value', value: 0.2 + n * 0.3 } },
      }),
    );
    const names = (positive: string | null) =>
      measuresOf(folded(rows), positive).map(({ name }) => name);
    expect(names(null)).toEqual(['mae', 'rmse', 'bias']);
    expect(names('1')).toEqual(['auc', 'log_loss', 'brier', 'calibration_error']);
  });

  test('labels of predictions that say nothing have no measures, and are counted', () => {
    const rows = [feedbackSample(1, { predicted: { label: null, score: null } })];
    expect(measuresOf(folded(rows), null)).toEqual([]);
    expect(folded(rows)).toMatchObject({ events: 1, numbers: 0 });
  });

  test('an impossible certainty is a large loss, not an endless one', () => {
    const rows = [0, 1].map((value, n) =>
      feedbackSample(n, {
        value: '1',
        predicted: { label: '1', score: { kind: 'positive', value } },
      }),
    );
    const loss = measure(measuresOf(folded(rows), null), 'log_loss');
    expect(loss?.value).toBeCloseTo((52 * Math.LN2) / 2, 9);
  });
});
