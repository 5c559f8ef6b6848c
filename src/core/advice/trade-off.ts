/** Every strategy there is advice on, the more careful one first: that decides between equals. */
export const ADVISED = [
  'shadow',
  'phased',
  'canary',
  'blue-green',
  'ab-test',
  'champion-challenger',
  'bandit',
  'gradual',
] as const;

/** The name of a strategy there is advice on. */
export type Advised = (typeof ADVISED)[number];

/** How much of something. */
export type Level = 'low' | 'medium' | 'high';

/** A level and what it consists in. */
export type Grade = { readonly level: Level; readonly because: string };

/** The dimensions strategies are compared in, and their titles (S9). */
export const DIMENSIONS = {
  risk: 'risk',
  rollback: 'speed of rollback',
  cost: 'infrastructure cost',
  observability: 'observability needed',
  rigour: 'statistical rigour',
} as const;

/** The name of a dimension. */
export type Dimension = keyof typeof DIMENSIONS;

/** What a strategy costs and gives. */
export type TradeOff = { readonly [D in Dimension]: Grade } & {
  /** What kind of change it suits. */
  readonly suits: string;
};

const grade = (level: Level, because: string): Grade => ({ level, because });
const oneTable = grade('high', 'one routing table');

/** What every strategy costs and gives. */
export const TRADE_OFFS: Readonly<Record<Advised, TradeOff>> = {
  shadow: {
    risk: grade('low', 'no user gets its answers'),
    rollback: grade('high', 'nothing to take back'),
    cost: grade('high', 'every copied request is computed twice'),
    observability: grade('medium', 'both answers and their comparison'),
    rigour: grade('medium', 'paired, but blind to what users do'),
    suits: 'another model, new features, another runtime; anything whose answers can be compared',
  },
  phased: {
    risk: grade('low', 'those who agreed to it meet it first'),
    rollback: oneTable,
    cost: grade('low', 'one more runner'),
    observability: grade('medium', 'metrics by audience, over weeks'),
    rigour: grade('medium', 'an audience is not a sample of everybody'),
    suits: 'changes that people must see before they are trusted; labels that take days',
  },
  canary: {
    risk: grade('low', 'few users at first'),
    rollback: oneTable,
    cost: grade('low', 'one more runner'),
    observability: grade('low', 'errors, nulls and latency are counted anyway'),
    rigour: grade('high', 'both arms over the same seconds, valid at every look'),
    suits: 'routine changes: another model, other features, retraining',
  },
  'blue-green': {
    risk: grade('medium', 'everybody at once, after a proof'),
    rollback: grade('high', 'one routing table, and blue is still warm'),
    cost: grade('high', 'two complete environments'),
    observability: grade('low', 'guardrails after the switch'),
    rigour: grade('low', 'nothing to compare with after the switch'),
    suits: 'another runtime or other machines; versions that cannot serve side by side for long',
  },
  'ab-test': {
    risk: grade('medium', 'a fixed part of the users for weeks'),
    rollback: oneTable,
    cost: grade('medium', 'every version for the whole test'),
    observability: grade('high', 'a metric per user, declared before the start'),
    rigour: grade('high', 'planned effect, power and horizon'),
    suits: 'the question which version is better for the business, and by how much',
  },
  'champion-challenger': {
    risk: grade('low', 'a small share, without end'),
    rollback: oneTable,
    cost: grade('medium', 'the challengers never stop'),
    observability: grade('high', 'labels or a metric, all the time'),
    rigour: grade('high', 'evidence over a rolling window'),
    suits: 'models that are retrained again and again',
  },
  bandit: {
    risk: grade('medium', 'shares move by themselves'),
    rollback: oneTable,
    cost: grade('medium', 'every arm for as long as it lasts'),
    observability: grade('high', 'a reward for every request, soon'),
    rigour: grade('medium', 'little regret, wider intervals'),
    suits: 'many short-lived choices, where what is best changes',
  },
  gradual: {
    risk: grade('high', 'everybody at once'),
    rollback: grade('high', 'one routing table, once it was noticed'),
    cost: grade('low', 'nothing beside the version before'),
    observability: grade('high', 'guardrails that somebody watches for the whole window'),
    rigour: grade('low', 'before and after, not side by side'),
    suits: 'small changes of low stakes, and fixes that cannot wait',
  },
};
