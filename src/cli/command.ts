import type { Command } from 'commander';
import type { Exit } from './exit.ts';
import type { Session } from './session.ts';

/** What a command does; no exit code means success. */
export type Work<Options> = (
  session: Session,
  args: readonly string[],
  options: Options,
) => Promise<Exit | void>;

/** Gives commands a session and takes their exit code. */
export type Runner = {
  /** Work of a command as its handler; `Options` are those it declares. */
  does<Options = Record<string, never>>(
    work: Work<Options>,
  ): (...given: unknown[]) => Promise<void>;
};

/** Adds a group's commands to the program. */
export type AddCommands = (program: Command, runner: Runner) => void;

/** Values of an option that may be given several times: `--tag a=b --tag c=d`. */
export const several = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];
