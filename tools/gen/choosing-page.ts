import { stringify } from 'yaml';
import {
  DELAY_DAYS_MS,
  DELAY_SOON_MS,
  FACTORS,
  TRAFFIC_MUCH_PER_SECOND,
  TRAFFIC_SOME_PER_SECOND,
} from '../../src/core/advice/factor.ts';
import type { Answers, Factor } from '../../src/core/advice/factor.ts';
import { QUESTIONS } from '../../src/core/advice/question.ts';
import type { Question } from '../../src/core/advice/question.ts';
import { effectOn } from '../../src/core/advice/rule.ts';
import { RULES } from '../../src/core/advice/rules.ts';
import { ADVISED, DIMENSIONS, TRADE_OFFS } from '../../src/core/advice/trade-off.ts';
import type { Advised, Dimension } from '../../src/core/advice/trade-off.ts';
import { duration } from '../../src/core/lib/wording.ts';
import { proposalFor } from '../../src/protocol/admin/advice.ts';
import { MADE, code, page, table } from './markdown.ts';

const dimensions = Object.keys(DIMENSIONS) as readonly Dimension[];

/** The guide that helps to choose a strategy: the tables that `understudy advise` goes by. */
export const choosingPage = (): string =>
  page([
    '# Choose a strategy',
    MADE,
    '`understudy advise` asks what matters, ranks every strategy, says why, and writes a ' +
      '`rollout.yaml` to begin with. It needs no server:',
    [
      '```sh',
      'npx understudy advise --risk low --traffic 50rps --monitoring metrics,labels \\',
      '  --label-delay 2d --change model --budget double --reversible yes',
      '```',
    ].join('\n'),
    'On a terminal it asks what no flag says. With `--json` the whole answer is one object. This ' +
      'page shows the tables it goes by, so that you can disagree with them.',
    '## What each strategy costs and gives',
    tradeOffTable(),
    'It suits:',
    ADVISED.map((strategy) => `- **${strategy}**: ${TRADE_OFFS[strategy].suits}.`).join('\n'),
    '## What is asked',
    questionTable(),
    `Traffic is \`little\` below ${TRAFFIC_SOME_PER_SECOND} a second: there the first stage of ` +
      'the default canary outlasts its horizon of four hours. It is `much` from ' +
      `${TRAFFIC_MUCH_PER_SECOND} a second on: there that stage takes a quarter of an hour at ` +
      `the most. Labels come \`soon\` within ${duration(DELAY_SOON_MS)}, in \`days\` within ` +
      `${duration(DELAY_DAYS_MS)}, and \`late\` after that.`,
    '## How answers are weighed',
    'Every answer gives points. They are added up; only their order means something, and between ' +
      'equals the more careful strategy comes first. What is ruled out comes last, whatever else ' +
      'speaks for it. The table is tested: over every combination of answers something fits, ' +
      'less tolerance of risk never ranks `gradual` higher, more traffic never ranks an ' +
      'experiment lower, and a longer delay of labels never ranks a bandit higher.',
    ...factors.flatMap(([factor, title]) => [`### ${title}`, pointTable(factor), reasons(factor)]),
    '## How each would be declared',
    'At 50 requests a second, where next to nothing may go wrong. The horizon follows from the ' +
      'traffic. Of each of them `understudy plan` says what it would ' +
      'cost and catch ([planning](plan.md)); [rollout.yaml](rollout-yaml.md) explains every key.',
    ...ADVISED.flatMap(example),
  ]);

const factors: readonly (readonly [factor: Factor, title: string])[] = [
  ['goal', 'What it is for'],
  ['risk', 'Risk that is tolerated'],
  ['traffic', 'Traffic'],
  ['metrics', 'Somebody who watches metrics'],
  ['outcome', 'Labels and business metrics'],
  ['delay', 'Their delay'],
  ['change', 'What has changed'],
  ['budget', 'Budget'],
  ['reversible', 'Whether mistakes can be undone'],
];

const tradeOffTable = (): string =>
  table(
    ['strategy', ...dimensions.map((one) => DIMENSIONS[one])],
    ADVISED.map((strategy) => [
      strategy,
      ...dimensions.map((one) => {
        const { level, because } = TRADE_OFFS[strategy][one];
        return `**${level}**: ${because}`;
      }),
    ]),
  );

const questionTable = (): string =>
  table(
    ['flag', 'question', 'answers'],
    Object.values<Question>(QUESTIONS).map(({ flag, asks, options, example, usual }) => {
      const words = Object.entries(options ?? {}).map(
        ([word, meaning]) => `${code(word)}${word === usual ? ' (default)' : ''}: ${meaning}`,
      );
      return [
        code(`--${flag}`),
        asks,
        options === null ? `like ${code(example)}` : words.join('; '),
      ];
    }),
  );

function pointTable(factor: Factor): string {
  const values = FACTORS[factor].filter((value) => ruleOf(factor, value).length > 0);
  return table(
    ['strategy', ...values.map(code)],
    ADVISED.map((strategy) => [
      strategy,
      ...values.map((value) => pointsOf(strategy, factor, value)),
    ]),
  );
}

const ruleOf = (factor: Factor, value: string) =>
  RULES.filter((rule) => rule.factor === factor && rule.is === value);

function pointsOf(strategy: Advised, factor: Factor, value: string): string {
  const [effect] = ruleOf(factor, value).flatMap((rule) => effectOn(strategy, rule) ?? []);
  if (effect === undefined) return '';
  if (effect.type === 'ruled_out') return 'ruled out';
  return effect.points > 0 ? `+${effect.points}` : `−${Math.abs(effect.points)}`;
}

const reasons = (factor: Factor): string =>
  RULES.filter((rule) => rule.factor === factor)
    .map((rule) => {
      const whom = ADVISED.filter((strategy) => effectOn(strategy, rule) !== null);
      return `- ${code(rule.is)}, ${whom.join(', ')}: ${rule.because}`;
    })
    .join('\n');

const EXAMPLE: Answers = {
  goal: 'release',
  risk: 'low',
  unitsPerSecond: 50,
  monitoring: ['metrics', 'labels'],
  labelDelayMs: 2 * 86_400_000,
  change: 'model',
  budget: 'double',
  reversible: 'yes',
};

function example(strategy: Advised): readonly string[] {
  const subject = { endpoint: 'churn', candidate: 'churn@7' };
  const { declaration, notes } = proposalFor(strategy, EXAMPLE, subject);
  return [`### ${strategy}`, `\`\`\`yaml\n${stringify(declaration)}\`\`\``, notes.join(' ')];
}
