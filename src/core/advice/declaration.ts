import { assertNever } from '../lib/invariant.ts';
import { defaultMirror } from '../strategy/stage.ts';
import { circumstancesOf } from './factor.ts';
import type { Answers, Circumstances } from './factor.ts';
import type { Advised } from './trade-off.ts';

/** A value as it stands in rollout.yaml. */
export type Declared = string | number | readonly Declared[] | { readonly [key: string]: Declared };

/** What is declared under `strategy`, and what must be known to use it. */
export type StrategyWish = {
  readonly strategy: Declared;
  /** How long it is expected to last; null: as long as its stages need. */
  readonly horizon: string | null;
  readonly notes: readonly string[];
};

/** How a strategy would be declared for these answers, in the shape of rollout.yaml. */
export function wishFor(strategy: Advised, answers: Answers): StrategyWish {
  const circumstances = circumstancesOf(answers);
  const plain = (declared: Declared): StrategyWish => {
    return { strategy: declared, horizon: null, notes: [] };
  };
  switch (strategy) {
    case 'canary':
      return plain(canary(circumstances));
    case 'shadow':
      return shadow(answers, circumstances);
    case 'blue-green':
      return plain(blueGreen(circumstances));
    case 'gradual':
      return plain({ kind: 'gradual', watch: isCareful(circumstances) ? '4h' : '1h' });
    case 'phased':
      return { strategy: PHASED, horizon: null, notes: PHASED_NOTES };
    case 'ab-test':
      return abTest(circumstances);
    case 'champion-challenger':
      return championChallenger(circumstances);
    case 'bandit':
      return bandit(circumstances);
    default:
      return assertNever(strategy, 'wishFor');
  }
}

/** Little may go wrong, or it cannot be undone. */
const isCareful = ({ risk, reversible }: Circumstances): boolean =>
  risk === 'low' || reversible === 'no';

/** With little traffic a stage of 1 % or 5 % would not end. */
function canary(circumstances: Circumstances): Declared {
  const kind = 'canary';
  if (circumstances.traffic === 'little') return { kind, stages: ['20%', '50%', '100%'] };
  if (!isCareful(circumstances)) return { kind, preset: 'default' };
  return { kind, preset: 'cautious', bake: '30m' };
}

function blueGreen(circumstances: Circumstances): Declared {
  const careful = isCareful(circumstances);
  return {
    kind: 'blue-green',
    prove: { sample: circumstances.traffic === 'much' ? '10%' : '100%' },
    proveFor: '10m',
    keepWarm: careful ? '2h' : '30m',
    cutOver: careful ? 'manual' : 'automatic',
  };
}

/** Half of the copies that may be made is left for bursts. */
const COPIES_PER_SECOND = defaultMirror.perSecondMax / 2;
const SAMPLES_PERCENT = [100, 50, 20, 10, 5, 2, 1] as const;

function shadow({ unitsPerSecond }: Answers, circumstances: Circumstances): StrategyWish {
  const fits = (percent: number): boolean => unitsPerSecond * (percent / 100) <= COPIES_PER_SECOND;
  const sample = SAMPLES_PERCENT.find(fits) ?? 1;
  return {
    strategy: {
      kind: 'shadow',
      sample: `${sample}%`,
      least: isCareful(circumstances) ? '1h' : '10m',
      then: canary(circumstances),
    },
    horizon: null,
    notes: ['When the copies have shown no harm, a canary follows: `then`.'],
  };
}

/** Half of a small audience keeps the version in production, to be compared with. */
const PHASED: Declared = {
  kind: 'phased',
  phases: [
    { name: 'internal', audience: 'group in [dev, qa]', share: '50%', margin: 10, least: '2d' },
    { name: 'alpha', audience: 'tier == power', share: '5%', least: '7d' },
    { name: 'beta', audience: 'region in [north]', share: '25%', least: '7d' },
    { name: 'everybody', share: '100%', least: '1d' },
  ],
};

const PHASED_NOTES = [
  'The audiences are examples: put in yours. The endpoint must declare their attributes ' +
    '(here `group`, `tier` and `region`).',
];

/** What comes back, as feedback names it. */
const metricOf = ({ outcome }: Circumstances): string =>
  outcome === 'business' || outcome === 'both' ? 'conversion' : 'reward';

const metricNote = (circumstances: Circumstances): string => {
  const metric = metricOf(circumstances);
  return metric === 'reward'
    ? '`reward` is 1 or 0 for a prediction that was right or wrong; send it as feedback.'
    : `\`${metric}\` is an example: put in your metric, which the endpoint must declare.`;
};

/** Two cycles: the planned one, and one more where traffic is short. */
const AB_TEST_HORIZON = '14d';
/** What goes on without end is looked at by the month. */
const ENDLESS_HORIZON = '30d';

function abTest(circumstances: Circumstances): StrategyWish {
  const name = metricOf(circumstances);
  return {
    strategy: {
      kind: 'ab-test',
      primary: { name, kind: 'proportion', expected: '10%', mde: '1%' },
      cycle: '7d',
      winner: 'manual',
    },
    horizon: AB_TEST_HORIZON,
    notes: [
      metricNote(circumstances),
      '`expected` and `mde` are examples: what the baseline reaches, and the smallest difference ' +
        'worth finding. `understudy samplesize` tells how many units they need.',
    ],
  };
}

function championChallenger(circumstances: Circumstances): StrategyWish {
  return {
    strategy: {
      kind: 'champion-challenger',
      metric: { name: metricOf(circumstances), kind: 'proportion' },
      split: ['10%'],
      window: circumstances.delay === 'late' ? '90d' : '28d',
      gate: isCareful(circumstances) ? 'approval' : 'automatic',
    },
    horizon: ENDLESS_HORIZON,
    notes: [metricNote(circumstances)],
  };
}

/** Shares that move before rewards come would follow nothing. */
function bandit(circumstances: Circumstances): StrategyWish {
  const { delay, goal } = circumstances;
  const endless: Declared = {
    kind: 'bandit',
    reward: { name: metricOf(circumstances), kind: 'proportion' },
    update: delay === 'soon' ? '1h' : '1d',
    floor: '5%',
  };
  return {
    strategy: goal === 'adapt' ? endless : { ...endless, stop: { best: '95%', loss: '0.5%' } },
    horizon: ENDLESS_HORIZON,
    notes: [metricNote(circumstances)],
  };
}
