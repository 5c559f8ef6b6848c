import { expect, test } from 'vitest';
import { plan, planFrom } from '../core/plan/plan.ts';
import type { PlanRequest } from '../core/plan/play.ts';
import { rolloutSpecSchema } from '../protocol/admin/rollout-spec.ts';
import { playAll } from './plan-crew.ts';

const { spec } = rolloutSpecSchema.parse({
  endpoint: 'scores',
  candidate: 'churn@2',
  triggers: 'default',
  horizon: '2m',
});

/** Enough to be shared out over threads, and portions that are not all of one size. */
const request: PlanRequest = {
  spec,
  unitsPerSecond: 500,
  dayShape: null,
  usual: { errorRate: 0.02, nullRate: 0, medianMs: 20, sigma: 0.5 },
  rollouts: 60,
  seed: 1,
};

test('many threads give the plan that one does', async () => {
  const outcomes = await playAll(request, new AbortController().signal);
  expect(planFrom(request, outcomes)).toEqual(plan(request));
});

test('whoever interrupts it need not wait', async () => {
  await expect(playAll(request, AbortSignal.abort())).rejects.toThrow('aborted');
});
