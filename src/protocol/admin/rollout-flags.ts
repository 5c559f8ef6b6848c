/** What the command line can say of a rollout without a file; all as typed by a person. */
export type RolloutFlags = {
  readonly endpoint: string;
  readonly candidate: string;
  readonly reason?: string;
  /** Kind of strategy. */
  readonly strategy?: string;
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
};

/**
 * The declaration that a command line stands for, in the shape of rollout.yaml and as unchecked.
 * Its triggers are the default ones: somebody who types a command wants the guardrails that are
 * written in its help, and other ones need a file.
 */
export function rolloutFromFlags(flags: RolloutFlags): unknown {
  const { strategy, preset, stages, least, ...rest } = flags;
  const long = {
    ...(strategy === undefined ? {} : { kind: strategy }),
    ...(preset === undefined ? {} : { preset }),
    ...(stages === undefined ? {} : { stages: stages.split(',').map(shareWord) }),
    ...(least === undefined ? {} : { least }),
  };
  return { ...rest, strategy: long, triggers: 'default' };
}

/** `5` and `5%` both mean five per cent. */
function shareWord(word: string): string {
  const text = word.trim();
  return text.endsWith('%') ? text : `${text}%`;
}
