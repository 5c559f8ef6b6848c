/**
 * What the default tolerance of errors lets through, and what it costs: whole rollouts at 50
 * requests a second.
 */
import { expect, test } from 'vitest';
import { CHECK_DEFAULTS } from '../../src/core/strategy/presets.ts';
import { usual } from '../histories/course.ts';
import { play } from '../histories/run.ts';
import { usualSpec } from '../samples.ts';
import type { Play } from '../histories/run.ts';

const { error_rate } = CHECK_DEFAULTS;
const { tolerance } = error_rate;
const THREE_HOURS = 1_080;

type Rates = { readonly baseline: number; readonly ratio: number; readonly tolerance: number };

function played(seed: number, { baseline, ratio, tolerance }: Rates): Play {
  const behaviour = (errors: number) => () => ({ ...usual, errors });
  const course = {
    seed: `tolerance/${baseline}/${ratio}/${seed}`,
    gateways: 1,
    unitsPerSecond: () => 50,
    baseline: behaviour(baseline),
    candidate: behaviour(baseline * ratio),
  };
  return play(course, { ...usualSpec, checks: [{ ...error_rate, tolerance }] }, THREE_HOURS);
}

const phases = (runs: number, rates: Rates) =>
  Array.from({ length: runs }, (_, seed) => played(seed, rates).end.phase);

const part = (all: readonly string[], phase: string): number =>
  all.filter((one) => one === phase).length / all.length;

test('twice the errors of a baseline with one in a thousand are not promoted', () => {
  expect(
    part(phases(60, { baseline: 0.001, ratio: 2, tolerance }), 'promoted'),
  ).toBeLessThanOrEqual(0.05);
});

test('negative control: a tolerance of one in a hundred promotes them', () => {
  expect(
    part(phases(30, { baseline: 0.001, ratio: 2, tolerance: 0.01 }), 'promoted'),
  ).toBeGreaterThan(0.9);
});

test('a baseline and a candidate that never fail are through in 20 minutes', () => {
  for (let seed = 0; seed < 5; seed += 1) {
    const { end, buckets } = played(seed, { baseline: 0, ratio: 1, tolerance });
    expect(end.phase).toBe('promoted');
    expect(buckets.length / 6).toBeLessThan(20);
  }
});

test('a candidate as good as a baseline with one in a thousand is promoted', () => {
  expect(part(phases(30, { baseline: 0.001, ratio: 1, tolerance }), 'promoted')).toBeGreaterThan(
    0.85,
  );
});
