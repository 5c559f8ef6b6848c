import { UnderstudyError, type ErrorCode } from '../../sdk/error.ts';
import { pause } from '../../sdk/transport.ts';
import type { Client } from '../../sdk/client.ts';
import type { CallAnswer } from '../protocol/admin/call.ts';
import { Fault } from '../protocol/errors.ts';
import { rollBackLocally } from './break-glass.ts';
import type { GatewayAnswer } from './break-glass.ts';
import type { AddCommands } from './command.ts';
import { EXIT } from './exit.ts';
import type { Exit } from './exit.ts';
import { milliseconds } from './reference.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';

/** Options of a rollback. */
export type RollbackOptions = {
  readonly reason: string;
  readonly further?: boolean;
  readonly timeout: string;
  readonly wait: boolean;
};

/** `rollback`. */
export const addRollbackCommand: AddCommands = (program, runner) => {
  program
    .command('rollback ENDPOINT')
    .description('take an endpoint back to the version before, whatever goes on')
    .requiredOption('--reason <text>', 'why; kept in the audit log')
    .option('--further', 'go to the version before even if the last rollout was taken back already')
    .option('--timeout <duration>', 'how long to wait for the gateways', '10s')
    .option('--no-wait', 'do not wait for the gateways')
    .addHelpText('after', afterHelp)
    .action(
      runner.does<RollbackOptions>((session, [endpoint = ''], options) =>
        rollBack(session, endpoint, options),
      ),
    );
};

const afterHelp =
  '\nWhere the control plane cannot be reached, the gateways of this machine are asked\n' +
  'directly, on their own sockets in the data directory; they tell the control plane when\n' +
  'it is back.';

/** The control plane must answer soon, else the gateways are asked directly. */
const CONTROL_MS = 2_000;
const POLL_MS = 50;

/** Rolls an endpoint back through the control plane, or without it. */
export async function rollBack(
  session: Session,
  endpoint: string,
  options: RollbackOptions,
): Promise<Exit> {
  const timeoutMs = milliseconds(options.timeout, '--timeout');
  const { reason, further = false } = options;
  let answer: CallAnswer<'endpoint.rollback'>;
  let client: Client;
  try {
    client = await session.client({ retries: 0 });
    answer = await client.endpoint.rollback({
      params: { endpoint },
      body: { reason, further },
      timeoutMs: CONTROL_MS,
    });
  } catch (error) {
    if (!isControlAway(error) || !(await session.server()).isOwn) throw error;
    return withoutControl(session, { endpoint, reason }, error);
  }
  const gateways = options.wait ? await acknowledged(client, answer.generation, timeoutMs) : [];
  const late = gateways.filter(({ ok }) => !ok);
  const { model, version } = answer.version;
  session.out.result({ ...answer, via: 'control', gateways }, () => {
    const back = answer.changed ? '' : '; it was taken back before (--further goes on)';
    const sentence = `${endpoint} answers with ${model}@${version}${back}`;
    return gateways.length === 0 ? sentence : `${sentence}\n${table(session, gateways)}`;
  });
  if (late.length === 0) return EXIT.ok;
  session.out.warn(`${late.length} of ${gateways.length} gateways have not confirmed in time`);
  return EXIT.timeout;
}

const awayCodes: readonly ErrorCode[] = ['CONTROL_UNREACHABLE', 'TIMEOUT', 'TOKEN_MISSING'];
const SERVER_ERROR_FROM = 500;

/** A control plane that says no has answered; one that is broken, slow or gone has not. */
function isControlAway(error: unknown): boolean {
  if (!(error instanceof UnderstudyError) && !(error instanceof Fault)) return false;
  const isBroken = error instanceof UnderstudyError && (error.status ?? 0) >= SERVER_ERROR_FROM;
  return awayCodes.includes(error.code) || isBroken;
}

async function withoutControl(
  session: Session,
  asked: { readonly endpoint: string; readonly reason: string },
  why: unknown,
): Promise<Exit> {
  const { out } = session;
  const sentence = why instanceof Error ? why.message : 'it does not answer';
  out.say(`the control plane is away (${sentence}); asking the gateways directly`);
  const gateways = await rollBackLocally(session.inData('gateways'), asked);
  const running = gateways.filter(({ status }) => status !== null);
  if (running.length === 0) {
    out.say('no gateway runs on this machine either');
    throw why;
  }
  const { endpoint } = asked;
  const value = { endpoint, via: 'gateways', control: sentence, gateways: running };
  out.result(value, () => table(session, running));
  return exitOfGateways(running);
}

/** All did it; or all say why there is nothing to do; or it is not sure that the share is 0. */
function exitOfGateways(gateways: readonly GatewayAnswer[]): Exit {
  const all = (wanted: number): boolean => gateways.every(({ status }) => status === wanted);
  if (gateways.every(({ ok }) => ok)) return EXIT.ok;
  if (all(404)) return EXIT.notFound;
  return all(409) ? EXIT.conflict : EXIT.unavailable;
}

const table = ({ out }: Session, gateways: readonly GatewayAnswer[]): string =>
  renderTable(
    [{ title: 'GATEWAY' }, { title: 'ROLLED BACK' }, { title: 'SAYS' }],
    gateways.map(({ gateway, ok, sentence }) => [
      gateway,
      ok ? { text: 'yes', style: 'good' } : { text: 'NO', style: 'bad' },
      sentence,
    ]),
    out.surface,
  );

/** Waits until every living gateway serves the generation, and says how far each is. */
async function acknowledged(
  client: Client,
  generation: number,
  timeoutMs: number,
): Promise<readonly GatewayAnswer[]> {
  const untilMs = performance.now() + timeoutMs;
  for (;;) {
    const { gateways } = await client.status.read();
    const answers = gateways
      .filter(({ alive }) => alive)
      .map((gateway): GatewayAnswer => ({
        gateway: gateway.gateway,
        ok: gateway.generation >= generation,
        status: null,
        sentence:
          gateway.refused === null
            ? `serves table ${gateway.generation}`
            : `refuses table ${gateway.refused.generation}: ${gateway.refused.message}`,
      }));
    if (answers.every(({ ok }) => ok) || performance.now() >= untilMs) return answers;
    await pause(POLL_MS);
  }
}
