import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { feedbackSample } from '../../../test/feedback-samples.ts';
import { instant } from '../lib/units.ts';
import { cohortKeyOf, emptyCohort, foldFeedback } from './cohort.ts';
import type { Cohort } from './cohort.ts';
import { reportOf } from './report.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const midnight = instant(Date.UTC(2026, 10, 21));

/** A cohort of an hour with so many labels that were found, and so many that were not. */
function cohort(hour: number, right: number, wrong: number): Cohort {
  const at = instant(midnight + hour * HOUR_MS);
  const stretch = { start: at, widthMs: HOUR_MS };
  const made = emptyCohort({ ...cohortKeyOf(feedbackSample(0)), stretch }, null);
  for (let n = 0; n < right + wrong; n += 1) {
    foldFeedback(made, feedbackSample(n, { at, value: n < right ? '1' : '0' }));
  }
  return made;
}

const declared = [
  { endpoint: 'risk', metric: 'label', maturityMs: 2 * HOUR_MS, positive: '1' },
].map((one) => ({ ...one, declaredBy: 'ada', declaredAt: instant(midnight) }));

const courseOf = (cohorts: readonly Cohort[], stepMs: number | null, hours = 1_000) =>
  reportOf({ cohorts, declared, now: instant(midnight + hours * HOUR_MS), stepMs })[0]?.versions[0];

// M1: accuracy over time.
describe('the course of a version', () => {
  test('is told step by step, oldest first, and skips steps of which nothing is known', () => {
    const cohorts = [cohort(73, 1, 3), cohort(0, 9, 1), cohort(1, 8, 2)];
    const accuracy = courseOf(cohorts, DAY_MS)?.course.map(({ start, events, measures }) => [
      Math.round((start - midnight) / DAY_MS),
      events,
      measures.find(({ name }) => name === 'accuracy')?.value,
    ]);
    expect(accuracy).toEqual([
      [0, 20, 0.85],
      [3, 4, 0.25],
    ]);
  });

  test('is provisional where any part of a step is', () => {
    const states = courseOf([cohort(0, 1, 0), cohort(1, 1, 0), cohort(2, 1, 0)], HOUR_MS, 3);
    expect(states?.course.map(({ state }) => state)).toEqual([
      'mature',
      'provisional',
      'provisional',
    ]);
  });

  test('is empty unless it is asked for', () => {
    expect(courseOf([cohort(0, 1, 0)], null)?.course).toEqual([]);
  });

  test('loses nothing, however wide the steps', () => {
    const hours = fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(hours, fc.integer({ min: 1, max: 100 }), (all, width) => {
        const report = courseOf(
          all.map((hour) => cohort(hour, hour % 3, 1)),
          width * HOUR_MS,
        );
        const sum = report?.course.reduce((events, step) => events + step.events, 0);
        expect(sum).toBe(report?.events);
      }),
    );
  });
});
