import type { Command } from 'commander';
import type { CallAnswer } from '../protocol/admin/call.ts';
import type { AddCommands, Runner } from './command.ts';
import { milliseconds } from './reference.ts';
import type { Session } from './session.ts';
import { renderFacts, renderTable } from './table.ts';
import { ago, duration } from './wording.ts';
import { rollBack } from './rollback.ts';
import type { RollbackOptions } from './rollback.ts';

type EndpointBody = CallAnswer<'endpoint.read'>;
type Ref = EndpointBody['version'];

const refName = ({ model, version }: Ref): string => `${model}@${version}`;

type CreateOptions = {
  readonly model: string;
  readonly unitHeader?: string;
  readonly unitPointer?: string;
  readonly deadline?: string;
};

/** `endpoint create|list|show|rollback`. */
export const addEndpointCommands: AddCommands = (program, runner) => {
  const endpoint = program.command('endpoint').description('the names clients call');
  addCreate(endpoint, runner);
  addLooks(endpoint, runner);
  endpoint
    .command('rollback ENDPOINT')
    .description('the same as `understudy rollback ENDPOINT`')
    .requiredOption('--reason <text>', 'why; kept in the audit log')
    .option('--timeout <duration>', 'how long to wait for the gateways', '10s')
    .option('--no-wait', 'do not wait for the gateways')
    .action(
      runner.does<RollbackOptions>((session, [name = ''], options) =>
        rollBack(session, name, options),
      ),
    );
};

function addCreate(endpoint: Command, runner: Runner): void {
  endpoint
    .command('create NAME')
    .description('make an endpoint that answers with a version')
    .requiredOption('--model <version>', 'MODEL@3, MODEL@label, MODEL@alias, or MODEL (newest)')
    .option('--unit-header <name>', 'header that names the unit; default: x-unit-id')
    .option('--unit-pointer <pointer>', 'JSON pointer to the unit in the body, e.g. /user/id')
    .option('--deadline <duration>', 'a prediction not ready by then is timed out; default: 2s')
    .action(
      runner.does<CreateOptions>(async (session, [name = ''], options) => {
        const { model, unitHeader, unitPointer, deadline } = options;
        const hasUnit = unitHeader !== undefined || unitPointer !== undefined;
        const unitKey = { header: unitHeader ?? 'x-unit-id', pointer: unitPointer ?? null };
        const made = await (
          await session.client()
        ).endpoint.create({
          body: {
            name,
            version: model,
            ...(hasUnit ? { unitKey } : {}),
            ...(deadline === undefined ? {} : { deadlineMs: milliseconds(deadline, '--deadline') }),
          },
        });
        session.out.result(made, () => `${made.name} answers with ${refName(made.version)}`);
      }),
    );
}

function addLooks(endpoint: Command, runner: Runner): void {
  endpoint
    .command('list')
    .description('list the endpoints')
    .action(
      runner.does(async (session) => {
        const endpoints = await (await session.client()).endpoint.list();
        session.out.result({ endpoints }, () => table(session, endpoints));
      }),
    );
  endpoint
    .command('show ENDPOINT')
    .description('show an endpoint with its settings')
    .action(
      runner.does(async (session, [name = '']) => {
        const found = await (await session.client()).endpoint.read({ params: { endpoint: name } });
        session.out.result(found, () => facts(session, found));
      }),
    );
}

const table = ({ out }: Session, endpoints: readonly EndpointBody[]): string =>
  renderTable(
    [
      { title: 'ENDPOINT' },
      { title: 'VERSION' },
      { title: 'PREVIOUS' },
      { title: 'ROLLOUT' },
      { title: 'CHANGED' },
    ],
    endpoints.map(({ name, version, previous, rollout, changedAt }) => [
      { text: name, style: 'strong' },
      refName(version),
      previous === null ? '–' : refName(previous),
      rollout ?? '–',
      ago(changedAt, Date.now()),
    ]),
    out.surface,
  );

function facts({ out }: Session, endpoint: EndpointBody): string {
  const { settings, version, previous, rollout } = endpoint;
  const { header, pointer } = settings.unitKey;
  return renderFacts(
    [
      ['endpoint', { text: endpoint.name, style: 'strong' }],
      ['answers with', `${refName(version)}  ${version.digest}`],
      ['before', previous === null ? '–' : refName(previous)],
      ['rollout', rollout ?? 'none in progress'],
      ['unit', pointer === null ? `header ${header}` : `header ${header}, else body ${pointer}`],
      ['deadline', duration(settings.deadlineMs)],
      ['created', endpoint.createdAt],
      ['changed', `${endpoint.changedAt} (revision ${endpoint.revision})`],
    ],
    out.surface,
  );
}
