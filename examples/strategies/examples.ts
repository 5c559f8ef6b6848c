/** An example: its declaration is the YAML file of its name. */
export type Example = {
  readonly name: string;
  readonly story: string;
  /** What the endpoint needs to be told beforehand. */
  readonly endpoint: object;
};

/** Every strategy with a real rollout of a good and of a bad version. */
export const examples: readonly Example[] = [
  {
    name: 'canary',
    story: 'stages of rising share, each until the evidence suffices',
    endpoint: {},
  },
  {
    name: 'blue-green',
    story: 'green is proved unseen, then one switch; blue stays warm',
    endpoint: {},
  },
  {
    name: 'shadow',
    story: 'copies of requests are answered unseen until the answers are shown to agree',
    endpoint: {},
  },
  {
    name: 'gradual',
    story: 'everything at once, watched closely, out again at the first trigger',
    endpoint: {},
  },
  {
    name: 'phased',
    story: 'internal, alpha, beta, everybody',
    endpoint: {
      attributes: [{ name: 'group', type: 'text', source: { kind: 'header', header: 'x-group' } }],
    },
  },
];
