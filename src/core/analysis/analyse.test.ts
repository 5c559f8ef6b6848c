import { describe, expect, test } from 'vitest';
import { began, judge } from '../../../test/judged.ts';
import type { Row, Scene } from '../../../test/judged.ts';
import { rolloutSample } from '../../../test/samples.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { CHECK_DEFAULTS, defaultChecks } from '../strategy/presets.ts';
import type { LossName } from '../telemetry/window.ts';
import { analyse } from './analyse.ts';
import { emptyEvidence } from './evidence.ts';
import type { Verdict } from './verdict.ts';

const { error_rate, null_rate, latency, latency_objective } = CHECK_DEFAULTS;
const error: readonly LossName[] = ['error'];
const nulls: readonly LossName[] = ['null'];
const slow: readonly LossName[] = ['slow', 'tail'];

describe('what a check says', () => {
  test.for<
    Scene & {
      readonly what: string;
      readonly outcome: Verdict['outcome'];
      readonly says: string;
    }
  >([
    {
      what: 'no traffic at all',
      check: error_rate,
      loss: error,
      rows: [],
      outcome: 'starved',
      says: 'No requests came in in the last 2 min: nothing to judge by.',
    },
    {
      what: 'a silent candidate',
      check: error_rate,
      loss: error,
      rows: [{ candidate: [0, 0], baseline: [900, 4], times: 12 }],
      outcome: 'starved',
      says: 'No requests reached the candidate',
    },
    {
      what: 'too little traffic to expect anything',
      check: error_rate,
      loss: error,
      rows: [{ candidate: [0, 0], baseline: [5, 0], times: 12 }],
      outcome: 'unsure',
      says: 'Too early to judge: the candidate served 0 of the 50 units',
    },
    {
      what: 'a few units',
      check: error_rate,
      loss: error,
      rows: [{ candidate: [40, 3], baseline: [760, 4] }],
      outcome: 'unsure',
      says: 'Too early to judge: the candidate served 40 of the 50 units',
    },
    {
      what: 'five errors of five, though it is early',
      check: error_rate,
      loss: error,
      rows: [{ candidate: [8, 8], baseline: [760, 4] }],
      outcome: 'fail',
      says: 'the hard trigger, which waits for nothing',
    },
    {
      what: 'twice the errors for long',
      check: error_rate,
      loss: error,
      rows: [{ candidate: [500, 10], baseline: [9_500, 95], times: 8 }],
      outcome: 'fail',
      says: "That is 2 times the baseline's rate; no more than that is allowed.",
    },
    {
      what: 'an incident in both arms',
      check: error_rate,
      loss: error,
      rows: [{ candidate: [500, 100], baseline: [9_500, 1_900], times: 3 }],
      outcome: 'pass',
      says: "Shown to be below 3 times the baseline's rate.",
    },
    {
      what: 'as good as the baseline, for a while',
      check: error_rate,
      loss: error,
      rows: [{ candidate: [100, 1], baseline: [1_900, 19] }],
      outcome: 'unsure',
      says: 'Neither harm nor safety is shown yet; at this traffic it takes about',
    },
    {
      what: 'no errors anywhere, long enough for the tolerance',
      check: error_rate,
      loss: error,
      rows: [{ candidate: [200, 0], baseline: [3_800, 0], times: 10 }],
      outcome: 'pass',
      says: 'Shown to be below 0.2 %.',
    },
    {
      what: 'nulls above the limit in the candidate only',
      check: { ...null_rate, ratio: 20 },
      loss: nulls,
      rows: [{ candidate: [100, 4], baseline: [1_900, 19], times: 12 }],
      outcome: 'fail',
      says: 'above the limit of 1 %, and above what the baseline had over the same seconds.',
    },
    {
      what: 'nulls above the limit in both arms',
      check: null_rate,
      loss: nulls,
      rows: [{ candidate: [100, 4], baseline: [1_900, 76], times: 60 }],
      outcome: 'pass',
      says: "Shown to be below 3 times the baseline's rate.",
    },
    {
      what: 'nulls in both arms after an hour without any',
      check: null_rate,
      loss: nulls,
      rows: [
        { candidate: [100, 0], baseline: [1_900, 0], times: 360 },
        { candidate: [100, 8], baseline: [1_900, 152], times: 12 },
      ],
      outcome: 'pass',
      says: 'Shown to be below',
    },
    {
      what: 'an objective that neither version keeps',
      check: { ...latency_objective, objectiveMs: 50 },
      loss: ['late'],
      rows: [{ candidate: [100, 6], baseline: [1_900, 114], times: 30 }],
      outcome: 'unsure',
      says: 'Neither harm nor safety is shown yet, and at this traffic it cannot be said when.',
    },
    {
      what: 'nulls above the limit once the baseline has no traffic',
      check: null_rate,
      loss: nulls,
      rows: [
        { candidate: [100, 0], baseline: [400, 0] },
        { candidate: [2_000, 80], baseline: [0, 0], times: 3 },
      ],
      stage: 3,
      outcome: 'fail',
      says: 'That is above the limit of 1 %.',
    },
    {
      what: 'latency before it is known what slow is',
      check: latency,
      loss: [],
      rows: [{ candidate: [100, 0], baseline: [900, 0] }],
      frozen: false,
      outcome: 'unsure',
      says: 'once the baseline has given 2,000 answers; so far 900',
    },
    {
      what: 'four times as many slow answers',
      check: latency,
      loss: slow,
      rows: [{ candidate: [100, 20], baseline: [1_900, 95], times: 14 }],
      outcome: 'fail',
      says: '20 % (of 1,400, averaged over time) were slower than 10 ms; of the baseline 5 % (of',
    },
    {
      what: 'latency as before',
      check: latency,
      loss: slow,
      rows: [{ candidate: [100, 0], baseline: [1_900, 0], times: 20 }],
      outcome: 'pass',
      says: 'below 10 % (p90) and below 1 % (p99)',
    },
    {
      what: 'a broken objective',
      check: { ...latency_objective, objectiveMs: 50 },
      loss: ['late'],
      rows: [{ candidate: [100, 6], baseline: [1_900, 0], times: 12 }],
      outcome: 'fail',
      says: 'were slower than the objective of 50 ms',
    },
    {
      what: 'a kept objective',
      check: { ...latency_objective, objectiveMs: 50 },
      loss: ['late'],
      rows: [{ candidate: [100, 0], baseline: [1_900, 100], times: 20 }],
      outcome: 'pass',
      says: 'Shown to be below 1 %.',
    },
  ])('$what: $outcome', ({ outcome, says, ...scene }) => {
    const verdict = judge(scene);
    expect(verdict.sentence).toContain(says);
    expect(verdict.outcome).toBe(outcome);
  });
});

describe('a failure names the figures it rests on', () => {
  const healthy: Row = { candidate: [500, 5], baseline: [9_500, 95], times: 360 };

  test('a minute of harm after an hour of health: those of the minute', () => {
    const bad: Row = { candidate: [500, 20], baseline: [9_500, 95], times: 6 };
    const verdict = judge({ check: error_rate, loss: error, rows: [healthy, bad] });
    expect(verdict.outcome).toBe('fail');
    expect(verdict.ratio).toBeLessThan(1.1);
    expect(verdict.sentence).toContain(
      'Of the candidate 120 of 3,000 (4 %) failed; of the baseline 570 of 57,000 (1 %), ' +
        "within 1 min. That is 4 times the baseline's rate; no more than that is allowed.",
    );
  });

  test('the same when it has calmed down again', () => {
    const bad: Row = { candidate: [500, 20], baseline: [9_500, 95], times: 6 };
    const rows = [healthy, bad, healthy];
    const { sentence, outcome } = judge({ check: error_rate, loss: error, rows });
    expect(outcome).toBe('fail');
    expect(sentence).toContain('That is 4 times');
  });

  test('slow answers: the mean over time, in which a busy second weighs like another', () => {
    const rows: readonly Row[] = [
      { candidate: [1_000, 30], baseline: [9_000, 270], times: 6 },
      { candidate: [100, 12], baseline: [900, 27], times: 70 },
      { candidate: [1_000, 120], baseline: [9_000, 270], times: 5 },
    ];
    const { sentence, ratio } = judge({ check: latency, loss: slow, rows });
    expect(ratio).toBeLessThan(4);
    expect(sentence).toContain(
      'Of the candidate 12 % (of 12,000, averaged over time) were slower than 10 ms; ' +
        'of the baseline 3 % (of 108,000, averaged over time), within 13 min. ' +
        "That is 4 times the baseline's rate; up to 1.5 times it is allowed.",
    );
  });

  test('a spike: those of the spike', () => {
    const rows: readonly Row[] = [healthy, { candidate: [500, 50], baseline: [9_500, 95] }];
    const { sentence } = judge({ check: error_rate, loss: error, rows });
    expect(sentence).toContain(
      'Of the candidate 50 of 500 (10 %) failed; of the baseline 95 of 9,500 (1 %), within 10 s. ' +
        'At least 5 and 5 times what the baseline had over the same seconds: the hard trigger',
    );
  });
});

describe('a stage that leaves the baseline no traffic', () => {
  const shown: Row = { candidate: [5_000, 25], baseline: [5_000, 25], times: 12 };
  const before: Scene = {
    check: { ...error_rate, tolerance: 0 },
    loss: error,
    rows: [shown],
    stage: 2,
  };

  test('keeps what was shown in the stage before', () => {
    expect(judge(before).outcome).toBe('pass');
    const rows = [shown, { candidate: [10_000, 50], baseline: [0, 0], times: 12 } as const];
    expect(judge({ ...before, rows, stage: 3 }).outcome).toBe('pass');
  });

  test('is not blind: five times the errors of before fail', () => {
    const rows = [shown, { candidate: [10_000, 500], baseline: [0, 0], times: 1 } as const];
    const verdict = judge({ ...before, rows, stage: 3 });
    expect(verdict.outcome).toBe('fail');
    expect(verdict.sentence).toContain('Since all traffic goes to it');
  });

  test('compares with nothing when the baseline is hardly known', () => {
    const rows: readonly Row[] = [
      { candidate: [400, 2], baseline: [400, 2] },
      { candidate: [900, 90], baseline: [0, 0], times: 3 },
    ];
    expect(judge({ ...before, rows, stage: 3 }).outcome).toBe('unsure');
  });
});

describe('numbers', () => {
  const rows = [{ candidate: [500, 10], baseline: [9_500, 95], times: 8 }] as const;
  const verdict = judge({ check: error_rate, loss: error, rows });

  test('the ratio is that of the arms over the same seconds, inside its interval', () => {
    expect(verdict.ratio).toBeCloseTo(2, 6);
    const [low = 0, high = null] = verdict.interval ?? [];
    expect(low).toBeGreaterThan(1);
    expect(low).toBeLessThan(2);
    expect(high ?? Infinity).toBeGreaterThan(2);
    expect(verdict).toMatchObject({
      candidate: { units: 4_000, losses: 80 },
      baseline: { units: 76_000, losses: 760 },
    });
  });

  test('a verdict survives JSON: nothing in it is infinite', () => {
    for (const one of [verdict, judge({ check: error_rate, loss: error, rows: [] })]) {
      expect(JSON.parse(JSON.stringify(one))).toEqual(one);
    }
  });

  test('a failure is not taken back when the evidence recedes', () => {
    const calm: Row = { candidate: [500, 0], baseline: [9_500, 95], times: 40 };
    expect(judge({ check: error_rate, loss: error, rows: [...rows, calm] }).outcome).toBe('fail');
  });

  test('hard checks share the chance of a false alarm', () => {
    const plain = rolloutSample('risk', 'advancing', { id: 'r-1' });
    const rollout: Rollout = { ...plain, spec: { ...plain.spec, checks: defaultChecks(50) } };
    const verdicts = analyse(rollout, emptyEvidence(rollout), began);
    const chances = verdicts.map(({ evidence }) => Math.exp(-evidence.harmNeeded));
    expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(0.01, 12);
  });

  test('the estimate shrinks as evidence comes in', () => {
    const healthy = (times: number) =>
      judge({
        check: error_rate,
        loss: error,
        rows: [{ candidate: [50, 0.5], baseline: [950, 9.5], times }],
      });
    const [early, late] = [healthy(2), healthy(4)];
    expect(early.etaMs).toBeGreaterThan(late.etaMs ?? Infinity);
    expect(late.etaMs).toBeGreaterThan(0);
  });

  test('traffic that stops is told from traffic that is there', () => {
    const scene: Scene = {
      check: error_rate,
      loss: error,
      rows: [{ candidate: [50, 0], baseline: [950, 9] }],
    };
    expect(judge(scene).outcome).toBe('unsure');
    expect(judge(scene, 600_000).outcome).toBe('starved');
  });
});
