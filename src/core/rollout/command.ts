/** What people and CI may ask of a rollout. Starting one is not a command: it makes the rollout. */
export const COMMANDS = ['pause', 'resume', 'advance', 'promote', 'rollback', 'cancel'] as const;

/** The kind of a command. */
export type CommandKind = (typeof COMMANDS)[number];

/** A command with who gave it and why. */
export type Command = {
  readonly kind: CommandKind;
  readonly actor: string;
  readonly reason: string;
  /** `promote`, `advance`: which of several candidates; absent: the proposed one. */
  readonly arm?: string | null | undefined;
};
