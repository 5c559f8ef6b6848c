import type { Telling } from '../demo/traffic.ts';

/** An example: its declaration is the YAML file of its name. */
export type Example = {
  readonly name: string;
  /** The strategy, where it is not the name. */
  readonly kind?: string;
  readonly story: string;
  /** What the endpoint needs to be told beforehand. */
  readonly endpoint: object;
  /** What clients say of the answers they got. */
  readonly tells: Telling;
};

/** Every strategy with a real rollout of a good and of a bad version. */
export const examples: readonly Example[] = [
  {
    name: 'canary',
    story: 'stages of rising share, each until the evidence suffices',
    endpoint: {},
    tells: 'nothing',
  },
  {
    name: 'blue-green',
    story: 'green is proved unseen, then one switch; blue stays warm',
    endpoint: {},
    tells: 'nothing',
  },
  {
    name: 'shadow',
    story: 'copies of requests are answered unseen until the answers are shown to agree',
    endpoint: {},
    tells: 'nothing',
  },
  {
    name: 'gradual',
    story: 'everything at once, watched closely, out again at the first trigger',
    endpoint: {},
    tells: 'nothing',
  },
  {
    name: 'ab-test',
    story: 'users are split in half; the version whose answers were right more often wins',
    endpoint: {},
    tells: 'rewards',
  },
  {
    name: 'champion-challenger',
    story: 'a tenth of the users tries the challenger, until it is shown to be better',
    endpoint: {},
    tells: 'rewards',
  },
  {
    name: 'champion-challenger-paired',
    kind: 'champion-challenger',
    story: 'the challenger answers copies, unseen, until it is shown to be right more often',
    endpoint: {},
    tells: 'labels',
  },
  {
    name: 'bandit',
    story: 'shares follow what the answers earn',
    endpoint: {},
    tells: 'rewards',
  },
  {
    name: 'bandit-contextual',
    kind: 'bandit',
    story: 'the same, with shares of their own for power users',
    endpoint: {
      attributes: [{ name: 'group', type: 'text', source: { kind: 'header', header: 'x-group' } }],
    },
    tells: 'rewards',
  },
  {
    name: 'phased',
    story: 'internal, alpha, beta, everybody',
    endpoint: {
      attributes: [{ name: 'group', type: 'text', source: { kind: 'header', header: 'x-group' } }],
    },
    tells: 'nothing',
  },
];
