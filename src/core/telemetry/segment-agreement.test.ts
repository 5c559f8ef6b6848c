import { describe, expect, test } from 'vitest';
import { clopperPearsonLower } from '../stats/proportion.ts';
import { instant } from '../lib/units.ts';
import { noThresholds } from '../routing/table.ts';
import { closeBucket, fold, foldCopy, openBucket, splitBucket } from './fold.ts';
import { AgreementTally } from './segment-agreement.ts';
import type { Window } from './window.ts';

const names = ['us', 'eu'];

type Copied = {
  readonly segment: 0 | 1;
  readonly count: number;
  /** Of ten rows that were compared. */
  readonly differing?: number;
  readonly dropped?: 'rate' | 'deadline';
};

let unit = 0;
function windowOf(arm: string, copies: readonly Copied[], start = 0): Window {
  const key = { endpoint: 'risk', rollout: 'r-1', revision: 1, arm, version: 2 };
  const moment = { start: instant(start), bucketMs: 10_000 };
  const bucket = openBucket({ ...key, ...moment }, noThresholds, 10_000);
  splitBucket(bucket, names, 10_000);
  for (const { segment, count, differing = 0, dropped = null } of copies) {
    for (let n = 0; n < count; n += 1) {
      unit += 1;
      foldCopy(bucket, dropped, segment);
      if (dropped !== null) continue;
      const compared = { rows: 10, differing };
      const answered = { outcome: 'ok', latencyMs: 1, fallback: false } as const;
      fold(bucket, { unit, segment, ...answered, compared });
    }
  }
  return closeBucket(bucket);
}

// S3: the shadow comparison per segment, with coverage.
describe('agreement by segment', () => {
  test('is told with a bound for all of them, and what it rests on', () => {
    const tally = new AgreementTally();
    tally.add(windowOf('candidate', [{ segment: 0, count: 300 }]));
    tally.add(windowOf('candidate', [{ segment: 0, count: 100, dropped: 'rate' }], 10_000));
    tally.add(
      windowOf('candidate', [
        { segment: 1, count: 80, differing: 5 },
        { segment: 1, count: 20, dropped: 'deadline' },
      ]),
    );
    const [eu, us] = tally.rows();
    expect(eu).toMatchObject({ arm: 'candidate', segment: 'eu', units: 80, agreement: 0.5 });
    expect(eu).toMatchObject({ sampled: 100, coverage: 0.8 });
    expect(us).toMatchObject({ segment: 'us', units: 300, agreement: 1, sampled: 400 });
    expect(us?.coverage).toBe(0.75);
    // Two segments share the chance of error.
    expect(us?.lowerBound).toBe(clopperPearsonLower({ hits: 300, trials: 300 }, 0.025));
    expect(us?.lowerBound).toBeCloseTo(0.025 ** (1 / 300), 9);
  });

  test('of several arms, each by itself', () => {
    const tally = new AgreementTally();
    tally.add(windowOf('candidate-2', [{ segment: 0, count: 10, differing: 10 }]));
    tally.add(windowOf('candidate', [{ segment: 0, count: 10 }]));
    const told = tally.rows().map(({ arm, agreement }) => [arm, agreement]);
    expect(told).toEqual([
      ['candidate', 1],
      ['candidate-2', 0],
    ]);
  });

  test('where nothing was compared nothing is said, and dropped copies are counted', () => {
    const tally = new AgreementTally();
    tally.add(windowOf('candidate', [{ segment: 1, count: 5, dropped: 'rate' }]));
    expect(tally.rows()).toEqual([
      {
        arm: 'candidate',
        segment: 'eu',
        units: 0,
        agreement: null,
        lowerBound: null,
        sampled: 5,
        coverage: 0,
      },
    ]);
    const nobody = new AgreementTally();
    nobody.add(windowOf('baseline', []));
    expect(nobody.rows()).toEqual([]);
  });
});
