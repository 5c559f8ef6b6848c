import { describe, expect, test } from 'vitest';
import { rolloutSpecSchema } from './rollout-spec.ts';

const declared = (trigger: unknown, over: object = {}) => {
  const triggers = ['error_rate', trigger];
  const whole = { endpoint: 'risk', candidate: 'tumour@2', triggers, ...over };
  return rolloutSpecSchema.safeParse(whole);
};

const checkIn = (trigger: unknown, over: object = {}) => {
  const parsed = declared(trigger, over);
  if (!parsed.success) throw parsed.error;
  const { checks, outcomeChecks = [] } = parsed.data.spec;
  expect(checks.map(({ metric }) => metric)).toEqual(['error_rate']);
  return outcomeChecks;
};

const plain = {
  name: 'accuracy',
  of: { name: 'label', kind: 'ratio', better: 'higher' },
  onFail: 'soft',
  margin: 0.02,
  limit: null,
  alpha: 0.01,
  minUnits: 500,
  onMissing: 'hold',
};

describe('a trigger on feedback', () => {
  test.for([
    { name: 'by one word', trigger: 'accuracy', gives: plain },
    { name: 'by its metric', trigger: { metric: 'accuracy' }, gives: plain },
    {
      name: 'with everything said',
      trigger: {
        metric: 'accuracy',
        name: 'right',
        onFail: 'hard',
        margin: '3%',
        limit: '90%',
        alpha: '0.5%',
        minUnits: 2_000,
        onMissing: 'continue',
      },
      gives: {
        ...plain,
        name: 'right',
        onFail: 'hard',
        margin: 0.03,
        limit: 0.9,
        alpha: 0.005,
        minUnits: 2_000,
        onMissing: 'continue',
      },
    },
    {
      name: 'of a metric of one’s own',
      trigger: { metric: 'feedback', feedback: 'cost', kind: 'mean', better: 'lower', margin: 4 },
      gives: {
        ...plain,
        name: 'cost',
        of: { name: 'cost', kind: 'mean', better: 'lower' },
        margin: 4,
      },
    },
  ])('$name', ({ trigger, gives }) => {
    expect(checkIn(trigger)).toEqual([gives]);
  });

  test('spends what a wrong revert may, unless it says something else', () => {
    const [check] = checkIn('accuracy', { risk: { wrongRevert: '2%' } });
    expect(check?.alpha).toBe(0.02);
  });

  test('is absent where there is none, so that old declarations read as before', () => {
    const parsed = declared('null_rate');
    expect(parsed.success && 'outcomeChecks' in parsed.data.spec).toBe(false);
  });

  test.for([
    {
      name: 'a slip in the metric',
      trigger: { metric: 'acuracy' },
      says: /metric: known metrics: error_rate.* accuracy, feedback/,
    },
    { name: 'no metric', trigger: { name: 'x' }, says: /metric: known metrics/ },
    {
      name: 'no margin of a metric of one’s own',
      trigger: { metric: 'feedback', feedback: 'cost' },
      says: /margin: write a number, or a percentage/,
    },
    {
      name: 'a key that belongs to others',
      trigger: { metric: 'accuracy', tolerance: '1%' },
      says: /tolerance: unknown: tolerance; known here: metric, margin/,
    },
    { name: 'a word that needs more', trigger: 'feedback', says: /known triggers: .*accuracy/ },
  ])('$name is refused where it stands', ({ trigger, says }) => {
    const parsed = declared(trigger);
    const told = parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    expect(told?.join('\n')).toMatch(says);
  });
});
