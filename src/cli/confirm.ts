import { createInterface } from 'node:readline/promises';
import { Fault } from '../protocol/errors.ts';
import type { Session } from './session.ts';

/**
 * Has a person type a word before an act that raises the risk. Without a terminal nobody is asked:
 * a script says what it means. Fault `NOT_CONFIRMED`.
 */
export async function confirm(session: Session, what: string, word: string): Promise<void> {
  const { parts, options, out } = session;
  if (!parts.isTty || options.yes === true) return;
  out.warn(out.paint('warn', what));
  const lines = createInterface({ input: parts.stdin, output: parts.stderr, terminal: false });
  try {
    const question = `Type ${out.paint('strong', word)} to go on: `;
    // A question at the end of input is never answered.
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    const asked = lines.question(question, { signal: session.interrupted });
    const typed = await Promise.race([asked, ended]);
    if (typed.trim() !== word) throw new Fault('NOT_CONFIRMED', `${word} was not typed`);
  } catch (error) {
    throw session.interrupted.aborted ? session.interrupted.reason : error;
  } finally {
    lines.close();
  }
}
