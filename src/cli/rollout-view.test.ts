import { expect, test } from 'vitest';
import type { CallAnswer } from '../protocol/admin/call.ts';
import { comparedOf, shownOf } from './rollout-view.ts';

type Verdict = CallAnswer<'rollout.read'>['verdicts'][number];

const counted: Verdict = {
  check: 'error_rate',
  arm: 'candidate',
  outcome: 'unsure',
  candidate: { units: 1_000, losses: 12 },
  baseline: { units: 0, losses: 0 },
  ratio: 1.2,
  interval: [0.4, null],
  evidence: { harm: 0, harmNeeded: 1, safety: 0, safetyNeeded: 1 },
  etaMs: null,
  sentence: 'So it is.',
};

const effect = {
  metric: 'label',
  better: 'higher',
  scale: 'part',
  candidate: 0.87,
  baseline: null,
  advantage: -0.08,
  interval: [-0.101, -0.059],
  margin: 0.02,
  minUnits: 500,
} as const;

const number = { ...effect, scale: 'number', candidate: 20.5, advantage: 3.25 } as const;

test.for([
  { name: 'losses', verdict: counted, shows: ['1.20%', '–'], compared: '1.20 [0.40, ∞]' },
  {
    name: 'no ratio',
    verdict: { ...counted, ratio: null },
    shows: ['1.20%', '–'],
    compared: '–',
  },
  {
    name: 'feedback that is a part',
    verdict: { ...counted, effect },
    shows: ['87.00%', '–'],
    compared: '-8 [-10.1, -5.9] points',
  },
  {
    name: 'feedback that is a number',
    verdict: { ...counted, effect: { ...number, interval: null } },
    shows: ['20.5', '–'],
    compared: '+3.25',
  },
  {
    name: 'feedback of which nothing came at once',
    verdict: { ...counted, effect: { ...effect, advantage: null } },
    shows: ['87.00%', '–'],
    compared: '–',
  },
])('$name', ({ verdict, shows, compared }) => {
  expect(shownOf(verdict, 'candidate')).toBe(`${shows[0]} of 1,000`);
  expect(shownOf(verdict, 'baseline')).toBe(`${shows[1]} of 0`);
  expect(comparedOf(verdict)).toBe(compared);
});
