import { expect, test } from 'vitest';
import { rollout } from '../../test/cli/samples.ts';
import { tell } from '../../test/cli/tell.ts';
import type { ExplanationBody } from '../protocol/admin/explanation.ts';

const since = '2026-11-21T10:00:00.000Z';
const overlap = { since, versionSeconds: 7_200, byteSeconds: 3_600 * 1.5 * 2 ** 30 };
const green = rollout({ strategy: 'blue-green', overlap });

const explanation: ExplanationBody = {
  rollout: green,
  wants: ['Green is loaded and warm on every gateway; users do not see it.'],
  asOf: since,
  checks: [],
  budget: {
    wrongRevert: 0.01,
    hardChecks: 1,
    candidates: 1,
    each: 0.01,
    wrongPromote: 0.05,
    feedback: [],
  },
  thresholdsMs: { slow: null, tail: null, late: null },
  gateways: {
    published: 4,
    since: 4,
    confirmed: ['g1'],
    others: [],
    proofs: [
      { gateway: 'g1', arm: 'candidate', values: 32, tookMs: 1.25, agoMs: 3_000, difference: null },
      {
        gateway: 'g2',
        arm: 'candidate',
        values: 0,
        tookMs: 9,
        agoMs: 100,
        difference: '3 of 32 differ',
      },
    ],
  },
  history: [],
};

test('show counts what two environments cost', async () => {
  const { stdout } = await tell(['rollout', 'show', 'r-1'], { 'rollout.read': () => green });
  expect(stdout).toContain(
    'beside one version: 2 h of another loaded, 1.5 GiB × h of memory, counted since 2026-11-21',
  );
});

test('show says nothing of it where nothing is known', async () => {
  const { stdout } = await tell(['rollout', 'show', 'r-1'], { 'rollout.read': () => rollout() });
  expect(stdout).not.toContain('beside one version');
});

test('explain shows how golden rows were answered on each gateway', async () => {
  const { stdout } = await tell(['rollout', 'explain', 'r-1'], {
    'rollout.read': () => green,
    'rollout.explain': () => explanation,
  });
  expect(stdout).toContain(
    'golden rows of candidate on g1: 32 values as expected in 1.25 ms, 3 s before it was judged',
  );
  expect(stdout).toContain('golden rows of candidate on g2: 3 of 32 differ');
  expect(stdout).toContain('1.5 GiB × h of memory');
});
