import { createInterface } from 'node:readline/promises';
import { Fault } from '../protocol/errors.ts';
import type { Session } from './session.ts';

/** Asks one question after the other on one terminal. */
export type Asker = {
  /** What was typed, without spaces around it. Fault `USAGE` when nobody answers any more. */
  readonly ask: (question: string) => Promise<string>;
};

/** Talks with a person for as long as `talk` takes; ^C ends it. */
export async function dialogue<T>(
  { parts, interrupted }: Session,
  talk: (asker: Asker) => Promise<T>,
): Promise<T> {
  const lines = createInterface({ input: parts.stdin, output: parts.stderr, terminal: false });
  // Lines that come before they are asked for are answers too.
  const typed = lines[Symbol.asyncIterator]();
  const stop = (): void => lines.close();
  interrupted.addEventListener('abort', stop, { once: true });
  try {
    return await talk({
      ask: async (question) => {
        parts.stderr.write(question);
        const { value, done } = await typed.next();
        interrupted.throwIfAborted();
        if (done === true) throw new Fault('USAGE', 'nobody answers; give the answers as flags');
        return value.trim();
      },
    });
  } finally {
    interrupted.removeEventListener('abort', stop);
    lines.close();
  }
}
