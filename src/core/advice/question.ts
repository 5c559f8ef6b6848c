import type { Answers } from './factor.ts';

/** One thing that is asked before advice is given. */
export type Question = {
  /** Its flag on the command line, without dashes. */
  readonly flag: string;
  readonly asks: string;
  /** The words it can be answered with and what they mean; null: a quantity. */
  readonly options: Readonly<Record<string, string>> | null;
  /** Whether several words may be given, separated by commas. */
  readonly many: boolean;
  /** What is taken when nothing is said; null: it must be said. */
  readonly usual: string | null;
  readonly example: string;
};

const asked = { options: null, many: false, usual: null } as const;

/** Everything that is asked, in order. Flags, the dialogue and the guide are made from it. */
export const QUESTIONS = {
  goal: {
    ...asked,
    flag: 'goal',
    asks: 'What is the rollout for?',
    options: {
      release: 'the new version is meant to replace the old one, unless it does harm',
      compare: 'it is to be found out which version is better, and by how much',
      adapt: 'several versions stay, and traffic follows whichever does best',
    },
    usual: 'release',
    example: 'release',
  },
  risk: {
    ...asked,
    flag: 'risk',
    asks: 'How much may go wrong for users before it is noticed?',
    options: {
      low: 'next to nothing',
      medium: 'a few of them, for minutes',
      high: 'all of them, for minutes',
    },
    example: 'low',
  },
  unitsPerSecond: {
    ...asked,
    flag: 'traffic',
    asks: 'How much traffic has the endpoint?',
    example: '50rps',
  },
  monitoring: {
    ...asked,
    flag: 'monitoring',
    asks: 'What is at hand to watch it with?',
    options: {
      metrics: 'dashboards and alerts that somebody answers to',
      labels: 'the truth, which comes later',
      business: 'a business metric per user or request',
      none: 'only what Understudy counts itself',
    },
    many: true,
    example: 'metrics,labels',
  },
  labelDelayMs: {
    ...asked,
    flag: 'label-delay',
    asks: 'How long do labels or business metrics take to come?',
    example: '2d',
  },
  change: {
    ...asked,
    flag: 'change',
    asks: 'What has changed?',
    options: {
      model: 'another kind of model',
      features: 'what goes into it, or how that is computed',
      retrain: 'the same model, made from newer data',
      infrastructure: 'the same model, in another runtime or on other machines',
    },
    example: 'retrain',
  },
  budget: {
    ...asked,
    flag: 'budget',
    asks: 'How much may be running for the length of the rollout?',
    options: {
      single: 'what runs today and little more',
      double: 'twice of everything',
    },
    example: 'double',
  },
  reversible: {
    ...asked,
    flag: 'reversible',
    asks: 'Can what a wrong prediction causes be undone?',
    options: {
      yes: 'a wrong list of recommendations is forgotten with the next one',
      no: 'money is paid, treatment is given, mail is sent',
    },
    example: 'yes',
  },
} as const satisfies Record<keyof Answers, Question>;

/** Whether an answer is needed once `monitoring` is known. */
export const asksDelay = (monitoring: Answers['monitoring']): boolean =>
  monitoring.includes('labels') || monitoring.includes('business');
