import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { Fault } from '../protocol/errors.ts';
import type { Runner, Work } from './command.ts';
import { EXIT } from './exit.ts';
import type { Exit } from './exit.ts';
import { failureOf, sayFailure } from './failure.ts';
import { createOutput } from './output.ts';
import type { Output } from './output.ts';
import { paintWith, wantsColor } from './paint.ts';
import type { CliParts } from './parts.ts';
import { buildProgram, everyCommand } from './program.ts';
import { Session } from './session.ts';
import type { GlobalOptions } from './session.ts';

/**
 * Runs one command: `argv` is what follows the program’s name. Gives the exit code; never throws,
 * and never ends the process.
 */
export async function runCli(argv: readonly string[], parts: CliParts): Promise<Exit> {
  const failed: NodeJS.ErrnoException[] = [];
  parts.stdout.on('error', (error) => failed.push(error));
  const exit = await parseAndRun(argv, parts);
  await new Promise<void>((resolve) => parts.stdout.write('', () => resolve()));
  // That nobody reads on is the reader's choice; that a disk is full is a lost result.
  const lost = failed.find(({ code }) => code !== 'EPIPE' && code !== 'ERR_STREAM_DESTROYED');
  if (lost === undefined) return exit;
  const json = argv.includes('--json');
  sayFailure(
    failureOf(new Error(`stdout cannot be written: ${lost.message}`)),
    outputOf(parts, { json }),
  );
  return EXIT.unexpected;
}

async function parseAndRun(argv: readonly string[], parts: CliParts): Promise<Exit> {
  const run: { exit: Exit } = { exit: EXIT.ok };
  const runner: Runner = {
    does:
      (work) =>
      async (...given) => {
        const command = given.at(-1) as Command;
        run.exit = (await inSession(parts, command, work as Work<unknown>)) ?? EXIT.ok;
      },
  };
  const program = buildProgram(runner);
  // Commander tells usage errors as it writes them; we write them as all other errors.
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void parts.stdout.write(text),
      writeErr: (text) => void parts.stderr.write(text),
      outputError: () => undefined,
    });
  }
  const words = ['--version', '-V'].includes(argv[0] ?? '') ? ['version', ...argv.slice(1)] : argv;
  try {
    await program.parseAsync([...words], { from: 'user' });
    return run.exit;
  } catch (error) {
    return usageExit(error, outputOf(parts, { json: argv.includes('--json') }));
  }
}

async function inSession(
  parts: CliParts,
  command: Command,
  work: Work<unknown>,
): Promise<Exit | void> {
  const options: GlobalOptions & object = command.optsWithGlobals();
  const out = outputOf(parts, options);
  const session = new Session(parts, options, out);
  // `understudy events | head`: nobody reads on, so there is nothing left to do.
  const stop = (): void => session.stop();
  parts.stdout.once('error', stop);
  try {
    const args = command.processedArgs.filter((arg): arg is string => typeof arg === 'string');
    return await work(session, args, options);
  } catch (error) {
    const failure = failureOf(error);
    sayFailure(failure, out);
    if (failure.exit === EXIT.unexpected && error instanceof Error) out.detail(error.stack ?? '');
    return failure.exit;
  } finally {
    parts.stdout.off('error', stop);
    session.close();
  }
}

function outputOf(parts: CliParts, options: GlobalOptions): Output {
  const { json = false, quiet = false, verbose = false, color = true } = options;
  const flag = color && !json;
  const paint = paintWith(wantsColor(parts.environment, { isTty: parts.isTty, flag }));
  return createOutput(parts, { json, quiet, verbose }, paint);
}

/** Commander throws also when it has shown help or nothing was asked. */
function usageExit(error: unknown, out: Output): Exit {
  if (!(error instanceof CommanderError)) {
    const failure = failureOf(error);
    sayFailure(failure, out);
    return failure.exit;
  }
  if (error.exitCode === 0) return EXIT.ok;
  if (error.code === 'commander.help') return EXIT.usage;
  const what = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  sayFailure(failureOf(new Fault('USAGE', what)), out);
  return EXIT.usage;
}
