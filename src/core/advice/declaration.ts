import { assertNever } from '../lib/invariant.ts';
import { defaultMirror } from '../strategy/stage.ts';
import { circumstancesOf } from './factor.ts';
import type { Answers, Circumstances } from './factor.ts';
import type { Advised } from './trade-off.ts';

/** A value as it stands in rollout.yaml. */
export type Declared = string | readonly Declared[] | { readonly [key: string]: Declared };

/** What is declared under `strategy`, and what must be known to use it. */
export type StrategyWish = {
  /** Null: this version does not have the strategy. */
  readonly strategy: Declared | null;
  readonly notes: readonly string[];
};

/** How a strategy would be declared for these answers, in the shape of rollout.yaml. */
export function wishFor(strategy: Advised, answers: Answers): StrategyWish {
  const circumstances = circumstancesOf(answers);
  const plain = (declared: Declared): StrategyWish => ({ strategy: declared, notes: [] });
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
      return { strategy: PHASED, notes: PHASED_NOTES };
    case 'ab-test':
    case 'champion-challenger':
    case 'bandit':
      return { strategy: null, notes: [MISSING] };
    default:
      return assertNever(strategy, 'wishFor');
  }
}

const MISSING = 'This version of Understudy cannot run it yet.';

/** Little may go wrong, or it cannot be undone. */
const isCareful = ({ risk, reversible }: Circumstances): boolean =>
  risk === 'low' || reversible === 'no';

/** With little traffic a stage of 1 % or 5 % would not end. */
function canary(circumstances: Circumstances): Declared {
  const kind = 'canary';
  if (circumstances.traffic === 'little') return { kind, stages: ['20%', '50%', '100%'] };
  return { kind, preset: isCareful(circumstances) ? 'cautious' : 'default' };
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
    notes: ['When the copies have shown no harm, a canary follows: `then`.'],
  };
}

const PHASED: Declared = {
  kind: 'phased',
  phases: [
    { name: 'internal', audience: 'group in [dev, qa]', least: '2d' },
    { name: 'alpha', audience: 'tier == power', share: '5%', least: '7d' },
    { name: 'beta', audience: 'region in [north]', share: '25%', least: '7d' },
    { name: 'everybody', least: '1d' },
  ],
};

const PHASED_NOTES = [
  'The audiences are examples: put in yours. The endpoint must declare their attributes ' +
    '(here `group`, `tier` and `region`).',
];
