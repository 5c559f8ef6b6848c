import type { AddCommands } from './command.ts';
import { parseJson } from './reference.ts';
import { readAll, readText } from './session.ts';
import type { Session } from './session.ts';
import { duration } from './wording.ts';

type Options = {
  readonly features: string;
  readonly version?: string;
  readonly unit?: string;
};

/** `predict`. */
export const addPredictCommand: AddCommands = (program, runner) => {
  program
    .command('predict ENDPOINT')
    .description('ask an endpoint for a prediction')
    .requiredOption('--features <json>', 'a row, rows, or values by name; @FILE, or - for stdin')
    .option('--version <version>', 'a version by number or label, instead of the routed one')
    .option('--unit <id>', 'who it is for: the same unit gets the same version')
    .action(
      runner.does<Options>(async (session, [endpoint = ''], options) => {
        const { version, unit } = options;
        const features = await featuresOf(session, options.features);
        const startedMs = performance.now();
        const answer = await (
          await session.predictor()
        ).predict(features, {
          endpoint,
          ...(version === undefined ? {} : { version }),
          ...(unit === undefined ? {} : { unit }),
        });
        const ms = performance.now() - startedMs;
        const { prediction, arm, predictionId } = answer;
        const made = answer.version;
        session.out.result({ endpoint, prediction, arm, version: made, predictionId, ms }, () =>
          JSON.stringify(prediction),
        );
        if (session.out.json) return;
        const by = `version ${made ?? '?'}, ${arm ?? 'unknown'} arm`;
        session.out.say(session.out.paint('dim', `${by}, ${duration(ms)}, ${predictionId ?? ''}`));
      }),
    );
};

async function featuresOf(session: Session, given: string): Promise<unknown> {
  if (given === '-') return parseJson(await readAll(session.parts.stdin), 'stdin');
  if (given.startsWith('@')) return parseJson(readText(given.slice(1)), given.slice(1));
  return parseJson(given, '--features');
}
