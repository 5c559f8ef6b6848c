import { describe, expect, test } from 'vitest';
import { wishFor } from '../../core/advice/declaration.ts';
import { FACTORS } from '../../core/advice/factor.ts';
import type { Answers } from '../../core/advice/factor.ts';
import { USUAL } from '../../core/advice/horizon.ts';
import { QUESTIONS } from '../../core/advice/question.ts';
import { ADVISED } from '../../core/advice/trade-off.ts';
import { adviceOn } from '../../core/plan/advice.ts';
import { groundOf } from '../../core/plan/plan.ts';
import { specProblems } from '../../core/rollout/spec-problems.ts';
import { planFlags } from '../stats/plan-flags.ts';
import { answerSchemas, answersFrom, proposalFor } from './advice.ts';
import { rolloutSpecSchema } from './rollout-spec.ts';
import { declarations } from './strategy/strategy.ts';

const subject = { endpoint: 'churn', candidate: 'churn@7' };
const words = {
  risk: 'low',
  traffic: '50rps',
  monitoring: 'metrics,labels',
  'label-delay': '2d',
  change: 'retrain',
  budget: 'double',
  reversible: 'yes',
};
const answers = answersFrom(words);

describe('what is proposed', () => {
  // What a declaration depends on; the other answers only change the order.
  const careful = FACTORS.risk.flatMap((risk) =>
    FACTORS.reversible.map((reversible) => ({ risk, reversible })),
  );
  const traffics = [0.001, 0.1, 1, 5, 50, 1_000, 100_000];
  const outcomes: readonly Partial<Answers>[] = [
    { monitoring: [], labelDelayMs: null },
    { monitoring: ['labels'], labelDelayMs: 86_400_000 },
    { monitoring: ['business'], labelDelayMs: 1_000, goal: 'adapt' },
    { monitoring: ['business', 'labels'], labelDelayMs: 60 * 86_400_000, goal: 'compare' },
  ];
  const all = careful.flatMap((said) =>
    outcomes.flatMap((one) =>
      traffics.map((unitsPerSecond): Answers => ({ ...answers, ...said, ...one, unitsPerSecond })),
    ),
  );

  test.for(ADVISED)('%s can be declared so, whatever was answered', (strategy) => {
    const parsed = all.map((one) =>
      rolloutSpecSchema.parse(proposalFor(strategy, one, subject).declaration),
    );
    expect(parsed.flatMap(({ spec }) => specProblems(spec))).toEqual([]);
    expect(parsed.filter(({ spec }) => spec.strategy.kind !== strategy)).toEqual([]);
  });

  test('there is advice on every strategy that can be declared', () => {
    expect(Object.keys(declarations).toSorted()).toEqual(ADVISED.toSorted());
  });

  test.for([
    { strategy: 'canary', unitsPerSecond: 50, horizon: '4h' },
    { strategy: 'canary', unitsPerSecond: 2, horizon: '2d' },
    { strategy: 'canary', unitsPerSecond: 0.5, horizon: '2d' },
    { strategy: 'phased', unitsPerSecond: 50, horizon: '60d' },
  ] as const)('$strategy at $unitsPerSecond a second has $horizon', (one) => {
    const { strategy, unitsPerSecond, horizon } = one;
    const { declaration } = proposalFor(strategy, { ...answers, unitsPerSecond }, subject);
    expect(declaration).toMatchObject({ horizon });
    const { spec } = rolloutSpecSchema.parse(declaration);
    expect(adviceOn(groundOf({ spec, usual: USUAL, unitsPerSecond }))).toEqual([]);
  });

  test('a stage that would never end is told', () => {
    const proposal = proposalFor('canary', { ...answers, unitsPerSecond: 0.0001 }, subject);
    expect(proposal.declaration).not.toHaveProperty('horizon');
    expect(proposal.notes.join()).toContain('outlast every horizon');
  });

  test('copies stay below what a shadow may make', () => {
    const wish = wishFor('shadow', { ...answers, unitsPerSecond: 1_000 });
    expect(wish.strategy).toMatchObject({ kind: 'shadow', sample: '10%' });
  });

  test('a version in production is taken for what `plan` takes it for', () => {
    expect(planFlags({ traffic: '1rps' }).usual).toEqual(USUAL);
  });
});

describe('answers', () => {
  test('every question has its flag', () => {
    const flags = Object.values(QUESTIONS).map(({ flag }) => flag);
    expect(Object.keys(answerSchemas)).toEqual(flags);
  });

  test('the words of a question are those that are understood', () => {
    const wrong = Object.values(QUESTIONS).filter(({ flag, options, example }) => {
      const schema = answerSchemas[flag];
      const tried = [...Object.keys(options ?? {}), example];
      return tried.some((word) => !schema.safeParse(word).success);
    });
    expect(wrong).toEqual([]);
  });

  test('are read', () => {
    expect(answers).toEqual({
      goal: 'release',
      risk: 'low',
      unitsPerSecond: 50,
      monitoring: ['metrics', 'labels'],
      labelDelayMs: 2 * 86_400_000,
      change: 'retrain',
      budget: 'double',
      reversible: 'yes',
    });
  });

  test.for([
    { said: { risk: 'tiny' }, path: 'risk', message: 'low, medium, high' },
    { said: { traffic: '50' }, path: 'traffic', message: '50rps' },
    { said: { monitoring: 'metrics,lables' }, path: 'monitoring', message: 'metrics,lables' },
    { said: { monitoring: 'none,labels' }, path: 'monitoring', message: 'none,labels' },
    { said: { monitoring: '' }, path: 'monitoring', message: 'write some of' },
    { said: { 'label-delay': '2' }, path: 'label-delay', message: '10s' },
    { said: { 'label-delay': undefined }, path: 'label-delay', message: 'say how long' },
    { said: { monitoring: 'metrics' }, path: 'label-delay', message: 'belongs to' },
    { said: { colour: 'red' }, path: 'colour', message: 'unknown: colour' },
  ])('$said is refused', ({ said, path, message }) => {
    const refused = expect.objectContaining({
      code: 'INPUT_INVALID',
      path,
      message: expect.stringContaining(message),
    });
    expect(() => answersFrom({ ...words, ...said })).toThrow(refused);
  });
});
