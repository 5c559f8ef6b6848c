/** What the command line can say of a rollout without a file; all as typed by a person. */
export type RolloutFlags = {
  readonly endpoint: string;
  readonly candidate: string;
  readonly reason?: string;
  /** Kind of strategy, or the name of a preset. */
  readonly strategy?: string;
  readonly advance?: string;
  readonly audience?: string;
  /** Blue-green and shadow: whether the cut-over waits for a person. */
  readonly cutOver?: string;
  /** Blue-green: how long blue stays the instant way back. */
  readonly keepWarm?: string;
  /** Shadow: part of the units whose requests are copied. */
  readonly sample?: string;
  /** Gradual: how long it is watched. */
  readonly watch?: string;
  readonly preset?: string;
  /** Shares separated by commas: `5%,25%,100%`. */
  readonly stages?: string;
  /** What a stage lasts at least. */
  readonly least?: string;
  /** The p99 that is promised. */
  readonly objective?: string;
  readonly bucket?: string;
  readonly horizon?: string;
  readonly fallback?: string;
  /** While another rollout of the endpoint goes on: refuse, queue or supersede. */
  readonly onBusy?: string;
  /** What it must find in production and goes back to. */
  readonly baseline?: string;
};

/**
 * The declaration that a command line stands for, in the shape of rollout.yaml and as unchecked.
 * Its triggers are the default ones: somebody who types a command wants the guardrails that are
 * written in its help, and other ones need a file.
 */
export function rolloutFromFlags(flags: RolloutFlags): unknown {
  const { endpoint, candidate, reason, objective, bucket, horizon, fallback, ...others } = flags;
  const { onBusy, baseline, ...own } = others;
  const whole = { endpoint, candidate, reason, objective, bucket, horizon, fallback };
  return {
    ...said({ ...whole, onBusy, baseline }),
    strategy: strategyOf(own),
    triggers: 'default',
  };
}

type StrategyFlags = Omit<
  RolloutFlags,
  | 'endpoint'
  | 'candidate'
  | 'reason'
  | 'objective'
  | 'bucket'
  | 'horizon'
  | 'fallback'
  | 'onBusy'
  | 'baseline'
>;

/** A word alone stays a word: it may be a preset's name. */
function strategyOf({ strategy, stages, ...own }: StrategyFlags): unknown {
  const long = said({ ...own, stages: stages?.split(',').map(shareWord) });
  if (strategy === undefined) return long;
  return Object.keys(long).length === 0 ? strategy : { kind: strategy, ...long };
}

const said = (flags: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));

/** `5` and `5%` both mean five per cent. */
function shareWord(word: string): string {
  const text = word.trim();
  return text.endsWith('%') ? text : `${text}%`;
}
