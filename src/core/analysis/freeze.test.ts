import { expect, test } from 'vitest';
import { Sketch } from '../lib/sketch.ts';
import { noThresholds } from '../routing/table.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { CHECK_DEFAULTS } from '../strategy/presets.ts';
import { rolloutSample } from '../../../test/samples.ts';
import { emptyEvidence } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { BASELINE_ANSWERS_MIN, LATENCY_SLACK_MS, frozenThresholds } from './freeze.ts';

const plain = rolloutSample('risk', 'preparing');
const rollout: Rollout = {
  ...plain,
  thresholdsMs: { ...noThresholds, late: 250 },
  spec: { ...plain.spec, checks: [CHECK_DEFAULTS.latency] },
};

/** A baseline that answered in 1, 2, … `count` times `stepMs`. */
function known(count: number, stepMs: number): Evidence {
  const sketch = new Sketch();
  for (let i = 1; i <= count; i += 1) sketch.add(i * stepMs);
  return {
    ...emptyEvidence(rollout),
    baselineLatencyMs: sketch.toCounts(),
    baselineAnswers: count,
  };
}

test('slow is what exceeds the p90 and p99 of the baseline by a quarter', () => {
  const frozen = frozenThresholds(rollout, known(2_000, 0.1));
  expect(frozen?.slow).toBeGreaterThan(180 * 1.25 * 0.98);
  expect(frozen?.slow).toBeLessThan(180 * 1.25 * 1.02);
  expect(frozen?.tail).toBeGreaterThan(198 * 1.25 * 0.98);
  expect(frozen?.tail).toBeLessThan(198 * 1.25 * 1.02);
  expect(frozen?.late).toBe(250);
});

test('a fast baseline leaves room that nobody notices', () => {
  const frozen = frozenThresholds(rollout, known(2_000, 0.0005));
  expect(frozen?.slow).toBeGreaterThan(0.9 * 0.98 + LATENCY_SLACK_MS);
  expect(frozen?.slow).toBeLessThan(0.9 * 1.02 + LATENCY_SLACK_MS);
});

test.for<{ readonly when: string; readonly over: Partial<Rollout>; readonly answers: number }>([
  { when: 'too few answers', over: {}, answers: BASELINE_ANSWERS_MIN - 1 },
  {
    when: 'it is fixed already',
    over: { thresholdsMs: { slow: 10, tail: 20, late: null } },
    answers: BASELINE_ANSWERS_MIN,
  },
  { when: 'nothing looks at latency', over: { spec: plain.spec }, answers: BASELINE_ANSWERS_MIN },
])('nothing is fixed when $when', ({ over, answers }) => {
  expect(frozenThresholds({ ...rollout, ...over }, known(answers, 1))).toBe(null);
});
