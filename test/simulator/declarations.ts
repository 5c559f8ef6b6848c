import type { Chance } from './chance.ts';

/** A declaration as people write it, with short stages: a world lasts minutes. */
export function drawDeclaration(chance: Chance, drawVersion: () => string): object {
  const metrics = ['error_rate', 'null_rate', 'latency'] as const;
  // One of them at least must be able to take the candidate out.
  const hard = chance.pick(metrics);
  const triggers = metrics.map((metric) => ({
    metric,
    onFail: metric === hard ? 'hard' : chance.pick(['hard', 'soft', 'soft']),
    ...(metric === 'error_rate' ? { tolerance: '5%' } : {}),
  }));
  const kind = chance.happens(0.35) ? null : chance.pick(kinds);
  // Where users get answers of both, what they say of them counts as well.
  const asked = kind === null || kind === 'phased' ? [onReward(hard === 'latency')] : [];
  const isOfSeveral = (kind === 'ab-test' || kind === 'bandit') && chance.happens(0.6);
  return {
    strategy: kind === null ? drawCanary(chance) : strategies[kind](chance),
    ...(isOfSeveral
      ? { candidates: [drawVersion(), drawVersion()] }
      : { candidate: drawVersion() }),
    triggers: chance.happens(0.5) ? 'default' : [...triggers, ...asked],
    bucket: chance.pick(['1s', '1s', '2s']),
    horizon: '1h',
    fallback: chance.happens(0.8) ? 'baseline' : 'none',
  };
}

const drawCanary = (chance: Chance): object => ({
  kind: 'canary',
  preset: chance.pick(['default', 'stepped', 'cautious']),
  least: chance.pick(['2s', '4s']),
  advance: chance.pick(['evidence', 'evidence', 'evidence', 'schedule', 'manual']),
});

/** What clients send when they know what came of an answer. */
const reward = { name: 'reward', kind: 'ratio' } as const;

/** A test that leaves room for others, whatever else is declared. */
export const drawSlice = (chance: Chance): object => ({
  strategy: strategies['ab-test'](chance),
  slice: chance.pick(['20%', '30%', '50%', '60%']),
});

/** A trigger on that; nothing waits for it while nobody says anything. */
const onReward = (isHarm: boolean): object => ({
  metric: 'feedback',
  feedback: 'reward',
  kind: 'ratio',
  // Candidates get more of it.
  better: isHarm ? 'lower' : 'higher',
  margin: 0.02,
  minUnits: 100,
  onMissing: 'continue',
  onFail: 'hard',
});

/** One way to draw each of the others, and one sequence. */
const strategies = {
  'blue-green': (chance: Chance) => ({
    kind: 'blue-green',
    proveFor: chance.pick(['0s', '2s']),
    keepWarm: chance.pick(['3s', '10s']),
    cutOver: chance.pick(['automatic', 'automatic', 'manual']),
  }),
  gradual: (chance: Chance) => ({ kind: 'gradual', watch: chance.pick(['5s', '15s']) }),
  shadow: (chance: Chance) => ({
    kind: 'shadow',
    sample: chance.pick(['100%', '25%']),
    least: '3s',
    cutOver: chance.pick(['automatic', 'manual']),
  }),
  phased: () => ({
    kind: 'phased',
    phases: [
      { name: 'alpha', share: '10%', least: '2s' },
      { name: 'beta', share: '50%', least: '2s' },
      { name: 'general', least: '2s' },
    ],
    bake: '3s',
  }),
  sequence: (chance: Chance) => ({
    kind: 'canary',
    stages: ['40%'],
    least: '2s',
    advance: 'schedule',
    then: chance.pick([
      { kind: 'gradual', watch: '5s' },
      { kind: 'blue-green', keepWarm: '4s' },
    ]),
  }),
  'ab-test': (chance: Chance) => ({
    kind: 'ab-test',
    primary: { ...reward, expected: 0.6, mde: 0.1, sd: 0.4 },
    cycle: '5s',
    winner: chance.pick(['automatic', 'manual']),
  }),
  'champion-challenger': (chance: Chance) => ({
    kind: 'champion-challenger',
    metric: reward,
    split: ['40%'],
    alpha: '40%',
    minUnits: 30,
    gate: chance.pick(['automatic', 'automatic', 'approval']),
  }),
  bandit: () => ({
    kind: 'bandit',
    reward,
    update: '2s',
    floor: '10%',
    burnIn: { units: 20, responses: 20 },
    stop: { best: '99%', loss: 0.01 },
  }),
} as const;

const kinds = [
  'blue-green',
  'gradual',
  'shadow',
  'phased',
  'sequence',
  'ab-test',
  'champion-challenger',
  'bandit',
] as const satisfies readonly (keyof typeof strategies)[];
