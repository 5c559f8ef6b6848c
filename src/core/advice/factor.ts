/** What advice depends on, and the values each factor can have. */
export const FACTORS = {
  goal: ['release', 'compare', 'adapt'],
  risk: ['low', 'medium', 'high'],
  traffic: ['little', 'some', 'much'],
  metrics: ['unwatched', 'watched'],
  outcome: ['none', 'labels', 'business', 'both'],
  delay: ['none', 'late', 'days', 'soon'],
  change: ['model', 'features', 'retrain', 'infrastructure'],
  budget: ['single', 'double'],
  reversible: ['no', 'yes'],
} as const satisfies Record<string, readonly string[]>;

/** The name of a factor. */
export type Factor = keyof typeof FACTORS;

/** One value of every factor: all that the rules look at. */
export type Circumstances = { readonly [F in Factor]: (typeof FACTORS)[F][number] };

/** What somebody can look at. `none` is the absence of all. */
export const MONITORS = ['metrics', 'labels', 'business'] as const;

/** See `MONITORS`. */
export type Monitor = (typeof MONITORS)[number];

/** What was answered, before it is put into classes. */
export type Answers = Pick<Circumstances, 'goal' | 'risk' | 'change' | 'budget' | 'reversible'> & {
  readonly unitsPerSecond: number;
  readonly monitoring: readonly Monitor[];
  /** How long labels or business metrics take; null where there are none. */
  readonly labelDelayMs: number | null;
};

/**
 * Below it the first stage of the default canary outlasts its horizon of four hours: 5 % of the
 * traffic need some 15,000 requests without a failure.
 */
export const TRAFFIC_SOME_PER_SECOND = 1;
/** From it on the same stage takes a quarter of an hour at the most. */
export const TRAFFIC_MUCH_PER_SECOND = 20;
/** Labels that come within an hour come within a stage. */
export const DELAY_SOON_MS = 3_600_000;
/** Labels that take longer than a week outlast most rollouts. */
export const DELAY_DAYS_MS = 7 * 86_400_000;

/** The classes that answers fall into. */
export function circumstancesOf(answers: Answers): Circumstances {
  const { goal, risk, change, budget, reversible, monitoring, unitsPerSecond } = answers;
  const outcome = outcomeOf(monitoring);
  return {
    goal,
    risk,
    traffic: trafficOf(unitsPerSecond),
    metrics: monitoring.includes('metrics') ? 'watched' : 'unwatched',
    outcome,
    delay: outcome === 'none' ? 'none' : delayOf(answers.labelDelayMs ?? Infinity),
    change,
    budget,
    reversible,
  };
}

function trafficOf(unitsPerSecond: number): Circumstances['traffic'] {
  if (unitsPerSecond < TRAFFIC_SOME_PER_SECOND) return 'little';
  return unitsPerSecond < TRAFFIC_MUCH_PER_SECOND ? 'some' : 'much';
}

function outcomeOf(monitoring: readonly Monitor[]): Circumstances['outcome'] {
  const labels = monitoring.includes('labels');
  if (monitoring.includes('business')) return labels ? 'both' : 'business';
  return labels ? 'labels' : 'none';
}

function delayOf(delayMs: number): Circumstances['delay'] {
  if (delayMs <= DELAY_SOON_MS) return 'soon';
  return delayMs <= DELAY_DAYS_MS ? 'days' : 'late';
}
