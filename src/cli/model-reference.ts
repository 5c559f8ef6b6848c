import type { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import { makeReference } from '../core/catalog/make-reference.ts';
import type { Column } from '../core/catalog/make-reference.ts';
import type { Reference } from '../core/catalog/reference.ts';
import { referenceSchema } from '../protocol/admin/reference.ts';
import { Fault } from '../protocol/errors.ts';
import { several } from './command.ts';
import type { Runner } from './command.ts';
import { readCsv } from './csv.ts';
import { parseJson } from './reference.ts';
import { readText } from './session.ts';
import { count } from './wording.ts';

type Options = {
  readonly input?: string;
  readonly class?: string;
  readonly probability?: string;
  readonly value?: string;
  readonly without?: readonly string[];
  readonly lineage?: string;
};

const AFTER = `
Every column is a feature, but those of answers and those left out. With --input the features are
the columns of that one input, in their order; without it, each is an input of its own name.

Answers are what the model says to these rows, not what is true: let it predict them first.

  understudy model reference training.csv --input features --class predicted --lineage lineage.json
  understudy model push churn.onnx --name churn --lineage lineage.json`;

/** `model reference`. */
export function addModelReference(model: Command, runner: Runner): void {
  model
    .command('reference ROWS.csv')
    .description('describe training data in bins, for drift to be told from')
    .option('--input <name>', 'the input whose columns the features are')
    .option('--class <column>', 'the class the model answers')
    .option('--probability <column>', 'its probability of the second of two classes')
    .option('--value <column>', 'the number it answers')
    .option('--without <column>', 'a column that is neither; may be repeated', several)
    .option('--lineage <file>', 'put it into this lineage file, instead of printing it')
    .addHelpText('after', AFTER)
    .action(
      runner.does<Options>(async ({ out }, [file = ''], options) => {
        const { head, rows } = readCsv(readText(file), file);
        const reference = makeReference({ columns: columnsOf(head, options), rows });
        refuseUnusable(reference, file);
        const { lineage } = options;
        if (lineage === undefined) {
          out.result(reference, () => JSON.stringify(reference, null, 2));
          return;
        }
        const before = parseJson(readText(lineage), lineage) as object;
        writeFileSync(lineage, `${JSON.stringify({ ...before, reference }, null, 2)}\n`);
        const { features, answers } = reference;
        out.result(reference, () => {
          const said = answers === null ? 'no answers' : `${count(answers.answers)} answers`;
          return `${lineage}: ${features.length} features, ${said}, of ${count(rows.length)} rows`;
        });
      }),
    );
}

function columnsOf(head: readonly string[], options: Options): readonly Column[] {
  const { input, without = [] } = options;
  const answers = {
    class: options.class,
    probability: options.probability,
    value: options.value,
  } as const;
  for (const name of [...Object.values(answers), ...without]) {
    if (name === undefined || head.includes(name)) continue;
    throw new Fault('USAGE', `there is no column ${name}; there are ${head.join(', ')}`);
  }
  let next = 0;
  return head.map((name): Column => {
    const answer = (['class', 'probability', 'value'] as const).find((is) => answers[is] === name);
    if (answer !== undefined) return { is: answer };
    if (without.includes(name)) return { is: 'other' };
    if (input === undefined) return { is: 'feature', name, input: name, column: 0 };
    const column = next;
    next += 1;
    return { is: 'feature', name, input, column };
  });
}

/** What a push would refuse is said here, where it can be mended. */
function refuseUnusable(reference: Reference, file: string): void {
  const [issue] = referenceSchema.safeParse(reference).error?.issues ?? [];
  if (issue === undefined) return;
  throw new Fault('FILE_INVALID', `${file}: ${issue.path.map(String).join('.')} ${issue.message}`);
}
