import { UnderstudyError } from '../../sdk/error.ts';
import { Fault, faults } from '../protocol/errors.ts';
import type { FaultCode } from '../protocol/errors.ts';
import { EXIT, exitOfFault } from './exit.ts';
import type { Exit } from './exit.ts';
import type { Output } from './output.ts';

/** Why a command failed, in the parts a person needs. */
export type Failure = {
  readonly what: string;
  readonly code: string;
  /** What the code means; null for codes this program does not know. */
  readonly why: string | null;
  readonly fix: string | null;
  readonly path: string | null;
  readonly requestId: string | null;
  readonly exit: Exit;
};

/** Thrown when a person stopped the command. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
}

/** Any thrown thing as a failure. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Interruption) {
    return { ...nothingKnown, what: error.message, code: 'INTERRUPTED', exit: EXIT.interrupted };
  }
  if (error instanceof UnderstudyError || error instanceof Fault) {
    const { code, path, status, fix, message } = error;
    const requestId = error instanceof UnderstudyError ? error.requestId : null;
    const exit = exitOfFault(code, status);
    return { what: message, code, why: meaningOf(code), fix, path, requestId, exit };
  }
  const what = error instanceof Error ? error.message : String(error);
  return { ...nothingKnown, what, code: 'INTERNAL', fix: faults.INTERNAL.fix };
}

const nothingKnown = {
  why: null,
  fix: null,
  path: null,
  requestId: null,
  exit: EXIT.unexpected,
} as const;

const meaningOf = (code: string): string | null =>
  code in faults ? faults[code as FaultCode].meaning : null;

/** Says on stderr what failed, why, how to mend it, its code and request. */
export function sayFailure(failure: Failure, { json, paint, warn }: Output): void {
  const { what, code, why, fix, path, requestId, exit } = failure;
  if (json) {
    warn(JSON.stringify({ error: what, code, why, fix, path, requestId, exit }));
    return;
  }
  const lines: readonly (readonly [string, string | null])[] = [
    ['at', path],
    ['why', why],
    ['fix', fix],
    ['code', requestId === null ? code : `${code} (request ${requestId})`],
  ];
  warn(`${paint('bad', 'error')}: ${paint('plain', what)}`);
  for (const [name, text] of lines) {
    if (text !== null) warn(`  ${paint('dim', `${name.padEnd(4)} `)}${paint('plain', text)}`);
  }
}
