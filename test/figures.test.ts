import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { count } from '../src/core/lib/wording.ts';
import { oneSampleEvidence, oneSampleStart, oneSampleStep } from '../src/core/stats/one-sample.ts';
import { promotionLogE, promotionStart, promotionStep } from '../src/core/stats/promotion.ts';
import { rateRatioEvidence, rateRatioStart, rateRatioStep } from '../src/core/stats/rate-ratio.ts';

// The figures of docs/concepts/deciding.md are what the code gives for average data.

const page = readFileSync(join(import.meta.dirname, '../docs/concepts/deciding.md'), 'utf8');
/** Four hours of ten seconds. */
const HORIZON_BUCKETS = 1_440;
const PASS = Math.log(1 / 0.05);
const HARD_CHECKS = 3;
const HARM = Math.log(HARD_CHECKS / 0.01);

const tables = page
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

/** The cells of the row that begins like this. */
function rowOf(...head: readonly string[]): readonly string[] {
  const found = tables.find((cells) => head.every((word, at) => cells[at + 1] === word));
  return found?.slice(head.length + 1, -1) ?? [];
}

const UNITS = 10;

function unitsToPass(tolerance: number, rate: number): number {
  let state = oneSampleStart({
    rate0: tolerance,
    direction: 'safety',
    horizonBuckets: HORIZON_BUCKETS,
  });
  let units = 0;
  while (oneSampleEvidence(state).logECumulative < PASS) {
    state = oneSampleStep(state, { loss: rate * UNITS, units: UNITS });
    units += UNITS;
  }
  return units;
}

describe('units to pass by tolerance', () => {
  test.for([
    { check: 'errors', shown: '0.2 %', tolerance: 0.002, rates: [0, 0.0005, 0.001] },
    {
      check: 'null predictions',
      shown: '0.5 %',
      tolerance: 0.005,
      rates: [0, 0.0005, 0.001, 0.002],
    },
  ])('$check', ({ check, shown, tolerance, rates }) => {
    const figures = rates.map((rate) => count(unitsToPass(tolerance, rate)));
    expect(rowOf(check, shown).slice(0, rates.length)).toEqual(figures);
  });
});

test.for([
  { margin: 4, share: 0.01 },
  { margin: 3, share: 0.05 },
  { margin: 2, share: 0.25 },
  { margin: 1.5, share: 0.5 },
])('failures to exclude a margin of $margin', ({ margin, share }) => {
  let state = promotionStart({ margin });
  let losses = 0;
  const loss = 0.1;
  const baselineUnits = (UNITS * (1 - share)) / share;
  while (promotionLogE(state) < PASS) {
    const baselineLoss = (loss / UNITS) * baselineUnits;
    const bucket = { candidateLoss: loss, candidateUnits: UNITS, baselineLoss, baselineUnits };
    state = promotionStep(state, bucket);
    losses += loss;
  }
  expect(rowOf(String(margin), `${share * 100} %`)).toEqual([String(Math.round(losses))]);
});

test.for([
  { baseline: 0, candidate: 0.05, share: 0.05, shown: ['never', '5 %', '5 %'] },
  { baseline: 0.01, candidate: 0.05, share: 0.05, shown: ['1 %', '5 %', '5 %'] },
  { baseline: 0.001, candidate: 0.005, share: 0.25, shown: ['0.1 %', '0.5 %', '25 %'] },
  { baseline: 0.01, candidate: 0.02, share: 0.25, shown: ['1 %', '2 %', '25 %'] },
  { baseline: 0.01, candidate: 0.02, share: 0.05, shown: ['1 %', '2 %', '5 %'] },
])('requests until harm is shown: $shown', ({ baseline, candidate, share, shown }) => {
  let state = rateRatioStart({ horizonBuckets: HORIZON_BUCKETS });
  const perBucket = 1_000;
  const bucket = {
    candidateLoss: perBucket * share * candidate,
    candidateUnits: perBucket * share,
    baselineLoss: perBucket * (1 - share) * baseline,
    baselineUnits: perBucket * (1 - share),
  };
  let requests = 0;
  while (rateRatioEvidence(state).logE < HARM) {
    state = rateRatioStep(state, bucket);
    requests += perBucket;
  }
  const losses = Math.round(requests * share * candidate);
  expect(rowOf(...shown)).toEqual([count(requests), String(losses)]);
});
