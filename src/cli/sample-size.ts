import { sampleSizeFor } from '../protocol/stats/sample-size.ts';
import type { SampleSize } from '../protocol/stats/sample-size.ts';
import type { AddCommands } from './command.ts';
import type { Output } from './output.ts';
import { renderFacts, renderTable } from './table.ts';
import { count, duration, percent } from './wording.ts';

type Options = Readonly<Record<string, string | boolean | undefined>>;

const asked = ['metric', 'baseline', 'mde', 'relative', 'sd', 'alpha', 'power'] as const;
const alsoAsked = ['arms', 'sides', 'traffic'] as const;

/** `samplesize`. */
export const addSampleSizeCommand: AddCommands = (program, runner) => {
  program
    .command('samplesize')
    .description('how many units a comparison with a fixed sample needs, and what it would find')
    .option('--metric <metric>', 'mean or proportion', 'proportion')
    .requiredOption('--baseline <value>', "the baseline's mean or rate: 12.5, 5%")
    .requiredOption('--mde <value>', 'smallest effect that must be found, absolute: 0.5%')
    .option('--relative', 'the effect is relative to the baseline: --mde 10%')
    .option('--sd <value>', 'standard deviation of one unit; needed for a mean')
    .option('--alpha <chance>', 'chance of a false finding, over all comparisons', '5%')
    .option('--power <chance>', 'chance to find the effect', '80%')
    .option('--arms <n>', 'arms with the baseline; each is compared with it', '2')
    .option('--sides <n>', '1 or 2', '2')
    .option('--traffic <rate>', 'units over time, to tell how long it takes: 50rps')
    .action(
      runner.does<Options>(async ({ out }, _args, options) => {
        const words = [...asked, ...alsoAsked].flatMap((name) =>
          options[name] === undefined ? [] : [[name, options[name]] as const],
        );
        const size = sampleSizeFor(Object.fromEntries(words));
        out.result(size, () => told(size, out));
      }),
    );
};

function told(size: SampleSize, { surface }: Output): string {
  const { metric, baseline, effect, alpha, power, arms, perArm, total, seconds } = size;
  const value = (number: number): string =>
    metric === 'mean' ? String(Number(number.toPrecision(6))) : `${rounded(number * 100)}%`;
  const facts = renderFacts(
    [
      ['units per arm', { text: count(perArm), style: 'strong' }],
      ['units in all', `${count(total)} in ${arms} arms`],
      ...(seconds === null ? [] : [['time', duration(seconds * 1_000)] as const]),
      ['to find', `${value(baseline)} becoming ${value(baseline + effect)}`],
      ['alpha', `${rounded(alpha * 100)}% for each comparison`],
      ['power', percent(power)],
    ],
    surface,
  );
  const curve = renderTable(
    [{ title: 'EFFECT', right: true }, { title: 'POWER', right: true }, { title: '' }],
    size.powerCurve.map((row) => [
      value(row.effect),
      percent(row.power),
      '▇'.repeat(Math.round(row.power * BAR_COLUMNS)),
    ]),
    surface,
  );
  return `${facts}\n\n${curve}`;
}

const BAR_COLUMNS = 40;

const rounded = (number: number): string => String(Number(number.toPrecision(4)));
