import { rulesWhen } from './rule.ts';
import type { Rule } from './rule.ts';

/**
 * Why a strategy is better or worse in some circumstances. Points are added up; what they mean is
 * only their order. The laws the table keeps are in `advise.test.ts`: less tolerance of risk never
 * ranks `gradual` higher, more traffic never ranks an experiment lower, and so on.
 */
export const RULES: readonly Rule[] = [
  ...rulesWhen('goal', 'release', {
    'It is made for replacing a version.': {
      points: { canary: 3, 'blue-green': 2, phased: 1, gradual: 1 },
    },
    'It shows harm before anybody meets it.': { points: { shadow: 1 } },
    'It answers which version is better, which is not asked.': {
      points: { 'ab-test': -3, 'champion-challenger': -2, bandit: -4 },
    },
  }),
  ...rulesWhen('goal', 'compare', {
    'It answers which version is better, and by how much.': {
      points: { 'ab-test': 6, 'champion-challenger': 4 },
    },
    'It compares answers, not what comes of them.': { points: { shadow: 1 } },
    'It shows that a version does no harm, not that it is better.': {
      points: { phased: -1, canary: -1, 'blue-green': -3, gradual: -4 },
    },
    'It moves users while it measures: effects are known less well.': { points: { bandit: 1 } },
  }),
  ...rulesWhen('goal', 'adapt', {
    'It gives traffic to whatever does best, without end.': { points: { bandit: 7 } },
    'It goes on without end, and promotes what has shown itself better.': {
      points: { 'champion-challenger': 4 },
    },
    'It finds the better version once.': { points: { 'ab-test': 2 } },
    'It ends with one version, whatever comes later.': {
      points: { shadow: -1, phased: -1, canary: -1, 'blue-green': -3, gradual: -4 },
    },
  }),

  ...rulesWhen('risk', 'low', {
    'Next to nothing may go wrong, and no user gets its answers.': { points: { shadow: 4 } },
    'Next to nothing may go wrong, and few users meet it at first.': {
      points: { phased: 3, canary: 3 },
    },
    'Next to nothing may go wrong, and many users meet it for weeks.': {
      points: { 'ab-test': -1, bandit: -1 },
    },
    'Next to nothing may go wrong, and everybody meets it at once.': {
      points: { 'blue-green': -1, gradual: -6 },
    },
  }),
  ...rulesWhen('risk', 'medium', {
    'Something may go wrong, but not for everybody.': {
      points: { shadow: 1, phased: 1, canary: 3, gradual: -2 },
    },
  }),
  ...rulesWhen('risk', 'high', {
    'Much may go wrong for minutes, so the short way is open.': {
      points: { canary: 2, gradual: 3 },
    },
  }),

  ...rulesWhen('traffic', 'little', {
    'Evidence needs traffic, and there is little: its stages would take days.': {
      points: { canary: -2, shadow: -1, 'champion-challenger': -1 },
    },
    'With so little traffic the test would not end.': { points: { 'ab-test': -4, bandit: -4 } },
    'It does not wait for traffic to compare.': { points: { 'blue-green': 2, gradual: 2 } },
    'Its phases last days anyway.': { points: { phased: 1 } },
  }),
  ...rulesWhen('traffic', 'some', {
    'There is enough traffic for evidence within hours.': {
      points: { canary: 1, shadow: 1, 'champion-challenger': 1 },
    },
  }),
  ...rulesWhen('traffic', 'much', {
    'There is enough traffic for evidence within minutes.': {
      points: { canary: 2, 'champion-challenger': 2 },
    },
    'There is enough traffic to find small effects.': { points: { 'ab-test': 3, bandit: 3 } },
    'So many users would meet a mistake within minutes.': { points: { gradual: -1 } },
  }),

  ...rulesWhen('metrics', 'unwatched', {
    'It stands on somebody who watches, and nobody does.': {
      points: { gradual: -5, 'blue-green': -2 },
    },
    'It judges by what Understudy counts itself.': { points: { canary: 1 } },
    'It compares answers without anybody watching.': { points: { shadow: 1 } },
  }),
  ...rulesWhen('metrics', 'watched', {
    'Somebody watches, and is called when it matters.': { points: { gradual: 1 } },
  }),

  ...rulesWhen('outcome', 'none', {
    'There is nothing by which one version could be called better: no labels, no business metric.':
      { rulesOut: ['ab-test', 'champion-challenger', 'bandit'] },
  }),
  ...rulesWhen('outcome', 'labels', {
    'Labels tell which model is right more often.': {
      points: { 'champion-challenger': 2, 'ab-test': 1, bandit: 1 },
    },
  }),
  ...rulesWhen('outcome', 'business', {
    'A business metric is what it is decided by.': {
      points: { 'ab-test': 3, bandit: 3, 'champion-challenger': 2 },
    },
  }),
  ...rulesWhen('outcome', 'both', {
    'Labels and a business metric are there to decide by.': {
      points: { 'ab-test': 4, bandit: 4, 'champion-challenger': 3 },
    },
  }),

  ...rulesWhen('delay', 'late', {
    'Rewards come too late to follow: it would learn what was best weeks ago.': {
      rulesOut: ['bandit'],
    },
    'Labels come when its stages are long over.': { points: { canary: -1 } },
    'It lasts long enough for labels to come.': { points: { phased: 2, 'champion-challenger': 1 } },
    'The answers are compared without waiting for labels.': { points: { shadow: 1 } },
  }),
  ...rulesWhen('delay', 'days', {
    'Rewards come days late: it follows slowly.': { points: { bandit: -3 } },
    'It lasts long enough for labels to come.': { points: { phased: 1, 'champion-challenger': 1 } },
    'The answers are compared without waiting for labels.': { points: { shadow: 1 } },
  }),
  ...rulesWhen('delay', 'soon', {
    'Rewards come while they still matter.': { points: { bandit: 2 } },
    'Outcomes come within the test.': { points: { 'ab-test': 1, 'champion-challenger': 1 } },
  }),

  ...rulesWhen('change', 'model', {
    'Another model answers otherwise: that is seen side by side.': {
      points: {
        shadow: 2,
        canary: 2,
        phased: 1,
        'ab-test': 2,
        'champion-challenger': 1,
        bandit: 1,
      },
    },
    'Another model answers otherwise: everybody at once is too much.': {
      points: { 'blue-green': -1, gradual: -2 },
    },
  }),
  ...rulesWhen('change', 'features', {
    'What goes wrong with features shows on live requests only, and here it hurts nobody.': {
      points: { shadow: 3 },
    },
    'What goes wrong with features shows on live requests only, and here on few.': {
      points: { canary: 2, phased: 2, 'ab-test': 1 },
    },
    'What goes wrong with features shows on live requests only, and here on all.': {
      points: { 'blue-green': -1, gradual: -3 },
    },
  }),
  ...rulesWhen('change', 'retrain', {
    'Retraining comes again and again: this is its routine.': {
      points: { canary: 3, 'champion-challenger': 3 },
    },
    'The same model on newer data seldom surprises.': { points: { gradual: 1, shadow: 1 } },
    'The same model on newer data differs too little to be worth an experiment.': {
      points: { 'ab-test': -1 },
    },
  }),
  ...rulesWhen('change', 'infrastructure', {
    'Whole environments are exchanged, and the former one stays the way back.': {
      points: { 'blue-green': 4 },
    },
    'The same model must give the same answers, and that is what it shows.': {
      points: { shadow: 3 },
    },
    'Errors and latency are all that can change, and that is what it judges.': {
      points: { canary: 2 },
    },
    'Errors and latency are all that can change; they show at once.': { points: { gradual: 1 } },
    'The same model predicts the same: there is nothing to find out.': {
      points: { 'ab-test': -4, bandit: -4, 'champion-challenger': -3, phased: -1 },
    },
  }),

  ...rulesWhen('budget', 'single', {
    'Two complete environments are more than is to be had.': { rulesOut: ['blue-green'] },
    'Every copied request is computed twice.': { points: { shadow: -3 } },
    'Challengers run for ever.': { points: { 'champion-challenger': -1 } },
    'It needs next to nothing more.': { points: { gradual: 1 } },
  }),
  ...rulesWhen('budget', 'double', {
    'There is room for two complete environments.': { points: { 'blue-green': 2 } },
    'There is room to compute requests twice.': { points: { shadow: 1 } },
  }),

  ...rulesWhen('reversible', 'no', {
    'What is done cannot be undone, and here nothing is done.': { points: { shadow: 3 } },
    'What is done cannot be undone, and here little is done before it is known.': {
      points: { phased: 2, canary: 1 },
    },
    'What is done cannot be undone, and here it is done to a part of the users for long.': {
      points: { 'ab-test': -2, 'champion-challenger': -1, bandit: -3 },
    },
    'What is done cannot be undone, and here it is done to everybody.': {
      points: { 'blue-green': -2, gradual: -4 },
    },
  }),
  ...rulesWhen('reversible', 'yes', {
    'Mistakes can be undone.': { points: { gradual: 1 } },
  }),
];
