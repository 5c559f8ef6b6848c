import { describe, expect, test } from 'vitest';
import { rolloutSample } from '../../../test/samples.ts';
import { after, bps, instant } from '../lib/units.ts';
import { requiredChecks } from '../rollout/guardrail.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { stageOf } from '../strategy/ladder.ts';
import { CHECK_DEFAULTS, canaryOf, presetStages } from '../strategy/presets.ts';
import { defaultMirror } from '../strategy/stage.ts';
import { perReason } from '../telemetry/copies.ts';
import { perOutcome } from '../telemetry/observation.ts';
import { perLoss, type Window } from '../telemetry/window.ts';
import { analyse } from './analyse.ts';
import { emptyEvidence, extendEvidence } from './evidence.ts';
import type { Check } from './check.ts';
import type { Verdict } from './verdict.ts';

const began = instant(1_800_000_000_000);
const { disagreement, error_rate } = CHECK_DEFAULTS;
const SAMPLE = bps(5_000);

const plain = rolloutSample('risk', 'advancing', { id: 'r-1', stage: 0 });
const shadowed = (checks: readonly Check[]): Rollout => ({
  ...plain,
  spec: {
    ...plain.spec,
    strategy: {
      kind: 'shadow',
      mirror: { ...defaultMirror, sample: SAMPLE },
      audience: null,
      leastMs: 0,
      cutOver: 'automatic',
    },
    followers: [canaryOf(presetStages('default', 0))],
    checks,
  },
});

/** Every bucket: what the baseline served, and of it what was copied and how that ended. */
type Row = {
  readonly baseline: number;
  readonly copied: number;
  readonly errors?: number;
  readonly differing?: number;
  readonly dropped?: number;
  readonly times?: number;
};

function windowsOf({ baseline, copied, errors = 0, differing = 0, dropped = 0 }: Row, i: number) {
  const made = (units: number): Omit<Window, 'arm' | 'version' | 'losses'> => ({
    endpoint: 'risk',
    rollout: 'r-1',
    revision: 4,
    start: after(began, i * 10_000),
    bucketMs: 10_000,
    requests: units,
    outcomes: perOutcome((outcome) => (outcome === 'ok' ? units : 0)),
    latencyMs: [],
    latencySumMs: 0,
    fallbacks: 0,
    unitsDropped: 0,
  });
  const sums = { error: errors, disagree: differing } as const;
  const candidate: Window = {
    ...made(copied),
    arm: 'candidate',
    version: 2,
    losses: perLoss((name) => ({ units: copied, sum: sums[name as keyof typeof sums] ?? 0 })),
    copies: {
      sampled: copied + dropped,
      dropped: perReason((reason) => (reason === 'rate' ? dropped : 0)),
    },
  };
  const served: Window = {
    ...made(baseline),
    arm: 'baseline',
    version: 1,
    losses: perLoss((name) => ({ units: name === 'disagree' ? 0 : baseline, sum: 0 })),
  };
  return copied + dropped === 0 ? [served] : [served, candidate];
}

function judge(check: Check, rows: readonly Row[]): Verdict {
  const rollout = shadowed([check]);
  const buckets = rows.flatMap((row) => Array.from({ length: row.times ?? 1 }, () => row));
  const evidence = extendEvidence(emptyEvidence(rollout), rollout, buckets.flatMap(windowsOf));
  const [verdict] = analyse(rollout, evidence, after(began, buckets.length * 10_000));
  if (verdict === undefined) throw new Error('one check has one verdict');
  return verdict;
}

describe('what copies say', () => {
  test.for<{
    readonly what: string;
    readonly check?: Check;
    readonly rows: readonly Row[];
    readonly outcome: Verdict['outcome'];
    readonly says: readonly string[];
  }>([
    {
      what: 'agreement, long enough',
      rows: [{ baseline: 400, copied: 200, differing: 1, times: 10 }],
      outcome: 'pass',
      says: [
        'were answered otherwise than the users were',
        'Shown to be below 2 %.',
        '100 % of 2,0',
      ],
    },
    {
      what: 'agreement of the few that were asked so far',
      rows: [{ baseline: 400, copied: 200, times: 2 }],
      outcome: 'unsure',
      says: ['Too early to judge: the candidate served 400 of the 500 units'],
    },
    {
      what: 'a disagreement that is neither too much nor little enough',
      rows: [{ baseline: 400, copied: 200, differing: 6, dropped: 50, times: 10 }],
      outcome: 'unsure',
      says: ['80 % of 2,500 sampled requests; dropped: 500 above the rate.'],
    },
    {
      what: 'too much disagreement',
      rows: [{ baseline: 400, copied: 200, differing: 40, times: 5 }],
      outcome: 'fail',
      says: ['That is above the limit of 5 %.'],
    },
    {
      what: 'errors of copies beside the users who had none',
      check: error_rate,
      rows: [{ baseline: 400, copied: 200, errors: 20, times: 3 }],
      outcome: 'fail',
      says: ['the hard trigger'],
    },
    {
      what: 'no errors in copies',
      check: error_rate,
      rows: [{ baseline: 400, copied: 200, times: 10 }],
      outcome: 'pass',
      says: ['Shown to be below 0.2 %.'],
    },
    {
      what: 'no copies though there are users',
      check: error_rate,
      rows: [{ baseline: 400, copied: 0, times: 12 }],
      outcome: 'starved',
      says: ['No requests reached the candidate'],
    },
    {
      what: 'a sample of too few users',
      check: error_rate,
      rows: [{ baseline: 6, copied: 0 }],
      outcome: 'unsure',
      says: ['Too early to judge'],
    },
  ])('$what: $outcome', ({ check = disagreement, rows, outcome, says }) => {
    const verdict = judge(check, rows);
    for (const words of says) expect(verdict.sentence).toContain(words);
    expect(verdict.outcome).toBe(outcome);
  });
});

test('the time until agreement is shown is that of what is copied, not of what is sampled', () => {
  const few = judge(disagreement, [{ baseline: 400, copied: 60, times: 10 }]);
  const many = judge(disagreement, [{ baseline: 400, copied: 60, differing: 1, times: 9 }]);
  expect(few.outcome).toBe('pass');
  expect(many.etaMs).toBeGreaterThan(0);
});

test.each([
  { stage: 0, required: ['error_rate', 'disagreement'] },
  { stage: 1, required: ['error_rate'] },
])('agreement is waited for where copies are made: stage $stage', ({ stage, required }) => {
  const rollout = { ...shadowed([error_rate, disagreement]), stage };
  const checks = rollout.spec.checks.map(({ name }) => ({ check: name }));
  expect(
    requiredChecks({ rollout, stage: stageOf(rollout) }, checks).map(({ check }) => check),
  ).toEqual(required);
});
