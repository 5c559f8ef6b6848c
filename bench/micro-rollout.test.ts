import { expect, test } from 'vitest';
import { CHECKS, rolloutAged } from './micro-rollout.ts';

test('twenty checks are judged, and a healthy candidate fails none', () => {
  const outcomes = rolloutAged(45)
    .judged()
    .map(({ outcome }) => outcome);
  expect(outcomes).toHaveLength(CHECKS);
  expect(CHECKS).toBe(20);
  expect(outcomes).not.toContain('fail');
});

test('a bucket more is what the whole table gives: nothing is looked at twice', () => {
  expect(rolloutAged(20).extended()).toEqual(rolloutAged(21).anew());
});

test('evidence does not grow with the rollout', () => {
  const size = (buckets: number): number => JSON.stringify(rolloutAged(buckets).anew()).length;
  expect(size(180)).toBeLessThan(1.1 * size(45));
});
