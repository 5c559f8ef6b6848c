import { stringify } from 'yaml';
import { advise } from '../core/advice/advise.ts';
import type { Ranked } from '../core/advice/advise.ts';
import { circumstancesOf } from '../core/advice/factor.ts';
import type { Answers } from '../core/advice/factor.ts';
import { QUESTIONS } from '../core/advice/question.ts';
import { DIMENSIONS } from '../core/advice/trade-off.ts';
import type { Dimension } from '../core/advice/trade-off.ts';
import { invariant } from '../core/lib/invariant.ts';
import { answersFrom, proposalFor } from '../protocol/admin/advice.ts';
import type { Proposal } from '../protocol/admin/advice.ts';
import { askMissing } from './advise-dialogue.ts';
import type { AddCommands } from './command.ts';
import type { Output } from './output.ts';
import type { Style } from './paint.ts';
import { renderTable } from './table.ts';

type Options = Readonly<Record<string, string | undefined>>;

const questions = Object.values(QUESTIONS);
const dimensions = Object.keys(DIMENSIONS) as readonly Dimension[];

/** `advise`. */
export const addAdviseCommand: AddCommands = (program, runner) => {
  const command = program
    .command('advise')
    .description('which strategy suits a rollout, why, and how it would be declared');
  for (const { flag, asks, options, example } of questions) {
    const words = options === null ? example : Object.keys(options).join(', ');
    command.option(`--${flag} <answer>`, `${asks} (${words})`);
  }
  command
    .option('--endpoint <name>', 'the endpoint the declaration is for', 'my-endpoint')
    .option('--candidate <version>', 'the version it is for', 'my-model@2')
    .addHelpText('after', AFTER)
    .action(
      runner.does<Options>(async (session, _args, given) => {
        const said = Object.fromEntries(
          questions.flatMap(({ flag }) => {
            const word = given[camel(flag)];
            return word === undefined ? [] : [[flag, word] as const];
          }),
        );
        const { endpoint = '', candidate = '' } = given;
        const answers = answersFrom(await askMissing(session, said));
        const advice = adviceFor(answers, { endpoint, candidate });
        session.out.result(advice, () => told(advice, session.out));
      }),
    );
};

const AFTER = `
On a terminal, what no flag says is asked. The declaration alone, to a file:

  understudy advise … --json | jq -r .yaml > rollout.yaml`;

const camel = (flag: string): string =>
  flag.replaceAll(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase());

type Subject = { readonly endpoint: string; readonly candidate: string };
type Advised = Ranked & Proposal & { readonly rank: number };
type Advice = ReturnType<typeof adviceFor>;

function adviceFor(answers: Answers, subject: Subject) {
  const ranking = advise(answers).map((ranked, index): Advised => ({
    rank: index + 1,
    ...ranked,
    ...proposalFor(ranked.strategy, answers, subject),
  }));
  const [proposed] = ranking;
  invariant(proposed !== undefined, 'there are strategies');
  const { strategy, declaration, notes } = proposed;
  const head = [`Proposed by \`understudy advise\`: ${strategy}.`, ...notes];
  const yaml = head.map((line) => `# ${line}\n`).join('') + stringify(declaration);
  return { answers, circumstances: circumstancesOf(answers), ranking, proposed: strategy, yaml };
}

function told(advice: Advice, out: Output): string {
  const { ranking, proposed, yaml } = advice;
  const [best] = ranking;
  const others = ranking.slice(1, 1 + OTHERS_EXPLAINED);
  const explained = [...(best === undefined ? [] : [best]), ...others].map((one) => why(one, out));
  const next = out.paint('dim', nextSteps(proposed));
  const title = out.paint('strong', `rollout.yaml for ${proposed}`);
  return [rankingTable(advice, out), ...explained, `${title}\n${yaml.trimEnd()}`, next].join(
    '\n\n',
  );
}

/** Strategies whose rollouts `plan` plays: those that move requests, not copies or feedback. */
const PLAYED: readonly string[] = ['canary', 'phased', 'gradual'];

const nextSteps = (strategy: string): string =>
  'Next: write it to a file. `understudy rollout start -f FILE --dry-run` shows every default' +
  (PLAYED.includes(strategy) ? '; `understudy plan -f FILE`, what it would cost and catch.' : '.');

/** The others are in the table, and with --json. */
const OTHERS_EXPLAINED = 2;

const FITS = {
  fits: { text: 'fits', style: 'good' },
  fits_badly: { text: 'fits badly', style: 'warn' },
  ruled_out: { text: 'ruled out', style: 'bad' },
} as const satisfies Record<Ranked['fit'], { text: string; style: Style }>;

function rankingTable({ ranking }: Advice, { surface }: Output): string {
  return renderTable(
    [
      { title: '', right: true },
      { title: 'STRATEGY' },
      { title: 'FIT' },
      { title: 'POINTS', right: true },
      ...dimensions.map((one) => ({ title: one.toUpperCase() })),
    ],
    ranking.map(({ rank, strategy, fit, points, tradeOff }) => [
      String(rank),
      { text: strategy, style: 'strong' },
      FITS[fit],
      fit === 'ruled_out' ? '–' : signed(points),
      ...dimensions.map((one) => tradeOff[one].level),
    ]),
    surface,
  );
}

function why({ strategy, tradeOff, reasons, notes }: Advised, { paint }: Output): string {
  const lines = reasons.map((reason) => {
    const mark = reason.type === 'points' ? signed(reason.points) : 'out';
    const isAgainst = reason.type !== 'points' || reason.points < 0;
    const painted = paint(isAgainst ? 'warn' : 'good', mark.padStart(MARK_COLUMNS));
    return `  ${painted}  ${reason.because}`;
  });
  const told = notes.map((note) => `  ${' '.repeat(MARK_COLUMNS)}  ${note}`);
  const title = `${paint('strong', strategy)}, for ${tradeOff.suits}`;
  return [title, ...lines, ...told].join('\n');
}

const MARK_COLUMNS = 3;

const signed = (points: number): string => (points > 0 ? `+${points}` : String(points));
