import type { Command } from 'commander';
import { UnderstudyError } from '../../sdk/error.ts';
import type { CallInput } from '../protocol/admin/call.ts';
import type { Runner } from './command.ts';
import { EXIT } from './exit.ts';
import type { Exit } from './exit.ts';
import { followRollout } from './follow.ts';
import { milliseconds } from './reference.ts';
import { declareByFile, declareByFlags, refuseUnsound } from './rollout-declaration.ts';
import type { Declaration, DeclarationFlags } from './rollout-declaration.ts';
import { versionOf } from './rollout-view.ts';
import { waitView } from './rollout-watch.ts';
import { readAll, readText } from './session.ts';
import type { Session } from './session.ts';
import { testLength } from './test-length.ts';

type Options = DeclarationFlags & {
  readonly file?: string;
  readonly dryRun?: true;
  readonly wait?: true;
  readonly timeout?: string;
};

/** `rollout start`. */
export function addRolloutStart(rollout: Command, runner: Runner): void {
  rollout
    .command('start [ENDPOINT]')
    .description('start a rollout, from a file or from flags')
    .option('-f, --file <file>', 'rollout.yaml; - for stdin')
    .option('--candidate <version>', 'MODEL@3, MODEL@label or MODEL@alias')
    .option('--strategy <kind>', 'canary, blue-green, shadow, gradual, or a preset’s name')
    .option('--preset <name>', 'default, cautious or stepped')
    .option('--stages <shares>', 'shares separated by commas, e.g. 5%,25%,100%')
    .option('--least <duration>', 'how long a stage lasts at least')
    .option('--advance <how>', 'canary: evidence, manual or schedule')
    .option('--audience <rule>', 'canary, shadow: who may get it, e.g. "group in [dev, qa]"')
    .option('--cut-over <who>', 'blue-green, shadow: automatic or manual')
    .option('--keep-warm <duration>', 'blue-green: how long blue is the instant way back')
    .option('--sample <share>', 'shadow: part of the units whose requests are copied')
    .option('--watch <duration>', 'gradual: how long it is watched closely')
    .option('--objective <duration>', 'the p99 that is promised')
    .option('--bucket <duration>', 'width of the evidence’s buckets; default: 10s')
    .option('--horizon <duration>', 'longest the rollout may last; default: 4h')
    .option('--fallback <who>', 'who answers when the candidate fails: baseline or none')
    .option('--baseline <version>', 'what it must find in production and goes back to')
    .option('--on-busy <how>', 'while another one goes on: refuse, queue or supersede')
    .option('--reason <text>', 'why; kept in the audit log')
    .option('--dry-run', 'check it and show it with all defaults, without starting it')
    .option('--wait', 'wait until it has ended, or waits for a person')
    .option('--timeout <duration>', 'with --wait: wait no longer than this')
    .addHelpText('after', afterHelp)
    .action(
      runner.does<Options>(async (session, [endpoint], options) => {
        const flags = endpoint === undefined ? options : { ...options, endpoint };
        const declaration = await declare(session, flags);
        return options.dryRun === true
          ? show(session, declaration)
          : start(session, declaration, options);
      }),
    );
}

const afterHelp =
  '\nFlags start with the default triggers: errors, null predictions and latency take the\n' +
  'candidate out again by themselves. Other triggers need a file.\n\n' +
  'Exit codes with --wait: 0 promoted, 10 rolled back, 11 held for want of evidence when\n' +
  'time ran out, 12 waits for a person, 13 ended by a person, 124 time ran out.';

async function declare(session: Session, options: Options): Promise<Declaration> {
  const { file } = options;
  if (file === undefined) return declareByFlags(options);
  const text = file === '-' ? await readAll(session.parts.stdin) : readText(file);
  return declareByFile(file === '-' ? 'stdin' : file, text, options);
}

function show({ out }: Session, declaration: Declaration): Exit {
  refuseUnsound(declaration);
  const { understood } = declaration;
  out.result(understood, () => JSON.stringify(understood, null, 2));
  return EXIT.ok;
}

/** What the server refuses stands in a line of the file, too. */
function placed(error: UnderstudyError, placeOf: Declaration['placeOf']): UnderstudyError {
  if (error.path === null) return error;
  const { path, line } = placeOf(error.path);
  const { code, fix, status, requestId } = error;
  const details = { code, fix, status, requestId, path, cause: error };
  return new UnderstudyError(`${line}${error.message}`, details);
}

async function start(
  session: Session,
  { sent, placeOf, understood }: Declaration,
  { wait, timeout }: Options,
): Promise<Exit> {
  const timeoutMs = timeout === undefined ? null : milliseconds(timeout, '--timeout');
  const client = await session.client();
  const length = await testLength(session, understood);
  if (length !== null) session.out.say(length);
  // Sent as declared, not as understood: the server fills in the defaults it has, and audits both.
  const body = sent as CallInput<'rollout.start'>['body'];
  const started = await client.rollout.start({ body }).catch((error: unknown) => {
    throw error instanceof UnderstudyError ? placed(error, placeOf) : error;
  });
  const { id, endpoint, baseline, candidate, phase } = started;
  const way = `${endpoint} from ${versionOf(baseline)} to ${versionOf(candidate)}`;
  const sentence = phase === 'queued' ? `${id} waits: ${way}` : `${id}: ${way}`;
  if (wait !== true) {
    session.out.result(started, () => sentence);
    session.out.say(`watch it with: understudy rollout watch ${id}`);
    return EXIT.ok;
  }
  session.out.say(sentence);
  return followRollout(session, started, {
    view: waitView(session),
    timeoutMs,
    stopsAtHold: true,
  });
}
