/** An example: its declaration is the YAML file of its name. */
export type Example = {
  readonly name: string;
  readonly story: string;
  /** What the endpoint needs to be told beforehand. */
  readonly endpoint: object;
  /** Whether clients say which answers were right. */
  readonly tells: boolean;
};

/** Every strategy with a real rollout of a good and of a bad version. */
export const examples: readonly Example[] = [
  {
    name: 'canary',
    story: 'stages of rising share, each until the evidence suffices',
    endpoint: {},
    tells: false,
  },
  {
    name: 'blue-green',
    story: 'green is proved unseen, then one switch; blue stays warm',
    endpoint: {},
    tells: false,
  },
  {
    name: 'shadow',
    story: 'copies of requests are answered unseen until the answers are shown to agree',
    endpoint: {},
    tells: false,
  },
  {
    name: 'gradual',
    story: 'everything at once, watched closely, out again at the first trigger',
    endpoint: {},
    tells: false,
  },
  {
    name: 'ab-test',
    story: 'users are split in half; the version whose answers were right more often wins',
    endpoint: {},
    tells: true,
  },
  {
    name: 'champion-challenger',
    story: 'a tenth of the users tries the challenger, until it is shown to be better',
    endpoint: {},
    tells: true,
  },
  {
    name: 'bandit',
    story: 'shares follow what the answers earn',
    endpoint: {},
    tells: true,
  },
  {
    name: 'phased',
    story: 'internal, alpha, beta, everybody',
    endpoint: {
      attributes: [{ name: 'group', type: 'text', source: { kind: 'header', header: 'x-group' } }],
    },
    tells: false,
  },
];
