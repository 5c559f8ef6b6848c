import { MONITORS } from '../core/advice/factor.ts';
import { QUESTIONS, asksDelay } from '../core/advice/question.ts';
import type { Question } from '../core/advice/question.ts';
import { answerSchemas } from '../protocol/admin/advice.ts';
import { Fault } from '../protocol/errors.ts';
import { dialogue } from './ask.ts';
import type { Asker } from './ask.ts';
import type { Session } from './session.ts';

type Flag = keyof typeof answerSchemas;
type Said = Readonly<Record<string, string>>;

/**
 * What was said, and on a terminal the answers to what was not. Fault `USAGE` that names what is
 * missing where nobody can be asked.
 */
export async function askMissing(session: Session, said: Said): Promise<Said> {
  const { parts, out } = session;
  if (parts.isTty && !out.json) return askAll(session, said);
  const missing = Object.values<Question>(QUESTIONS).find(
    ({ flag, usual }) => usual === null && flag !== DELAY && said[flag] === undefined,
  );
  if (missing === undefined) return said;
  const words =
    missing.options === null ? missing.example : Object.keys(missing.options).join(', ');
  throw new Fault('USAGE', `--${missing.flag} is not said (${words})`, `--${missing.flag}`);
}

const DELAY = QUESTIONS.labelDelayMs.flag;

async function askAll(session: Session, said: Said): Promise<Said> {
  const open = Object.values<Question>(QUESTIONS).filter(({ flag }) => said[flag] === undefined);
  if (open.length === 0 || (open.length === 1 && !needsDelay(said))) return said;
  return dialogue(session, async (asker) => {
    let answers = said;
    for (const question of open) {
      if (question.flag === DELAY && !needsDelay(answers)) continue;
      const answer = await askUntilRight(session, asker, question);
      answers = { ...answers, [question.flag]: answer };
    }
    return answers;
  });
}

/** Whether labels or a business metric were named, rightly or not. */
function needsDelay({ [QUESTIONS.monitoring.flag]: words = '' }: Said): boolean {
  const named = words.split(',').map((one) => one.trim());
  return asksDelay(MONITORS.filter((one) => named.includes(one)));
}

async function askUntilRight(
  { out }: Session,
  { ask }: Asker,
  question: Question,
): Promise<string> {
  const { asks, options, usual, flag, many, example } = question;
  out.warn(out.paint('strong', asks));
  const width = Math.max(0, ...Object.keys(options ?? {}).map(({ length }) => length));
  for (const [word, meaning] of Object.entries(options ?? {})) {
    out.warn(`  ${word.padEnd(width)}  ${meaning}`);
  }
  const hint =
    usual === null ? (options === null || many ? ` (like ${example})` : '') : ` [${usual}]`;
  for (;;) {
    const typed = await ask(`${flag}${hint}: `);
    const answer = typed === '' && usual !== null ? usual : typed;
    const parsed = answerSchemas[flag as Flag].safeParse(answer);
    if (parsed.success) return answer;
    out.warn(out.paint('warn', parsed.error.issues[0]?.message ?? 'that cannot be read'));
  }
}
