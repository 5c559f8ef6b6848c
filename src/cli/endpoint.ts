import type { Command } from 'commander';
import type { AttributeDeclaration } from '../core/audience/attribute.ts';
import type { CallAnswer } from '../protocol/admin/call.ts';
import { Fault } from '../protocol/errors.ts';
import { ATTRIBUTE_FORM, attributesFrom, attributeText } from './attribute.ts';
import { several } from './command.ts';
import type { AddCommands, Runner } from './command.ts';
import { EXIT } from './exit.ts';
import type { Exit } from './exit.ts';
import { logSaid, logText, RULE_FORM } from './log-settings.ts';
import type { LogOptions } from './log-settings.ts';
import { fraction, milliseconds } from './reference.ts';
import type { Session } from './session.ts';
import { SEGMENT_FORM, segmentsFrom, segmentsText } from './segments.ts';
import { renderFacts, renderTable } from './table.ts';
import { ago, duration, millis, percent } from './wording.ts';
import { rollBack } from './rollback.ts';
import type { RollbackOptions } from './rollback.ts';
import { untilServed } from './until-served.ts';

type EndpointBody = CallAnswer<'endpoint.read'>;
type Ref = EndpointBody['version'];

const refName = ({ model, version }: Ref): string => `${model}@${version}`;

type SettingOptions = LogOptions & {
  readonly unitHeader?: string;
  readonly unitPointer?: string;
  readonly deadline?: string;
  readonly attribute?: readonly string[];
  readonly meanMax?: string;
  readonly segment?: readonly string[];
  readonly successMin?: string;
};

type CreateOptions = SettingOptions & {
  readonly model: string;
  readonly timeout: string;
  readonly wait: boolean;
};
type SetOptions = SettingOptions & {
  readonly attributes: boolean;
  readonly segments: boolean;
  readonly reason?: string;
};

const ATTRIBUTE_HELP = `what audiences may speak of; may be given several times: ${ATTRIBUTE_FORM}`;

const MEAN_HELP = 'mean latency above which a version is unhealthy';
const SEGMENT_HELP =
  'how requests are told apart in figures; may be given several times, and is combined: ' +
  SEGMENT_FORM;

const SUCCESS_HELP = 'success rate below which it is';

const SAMPLE_HELP = 'share of the units whose predictions are kept to be looked up, e.g. 10%';
const FIELDS_HELP = 'what of them: `inputs`, `outputs`, `inputs,outputs` or `none`';
const REDACT_HELP = `what nobody may read there: ${RULE_FORM}`;

/** `endpoint create|set|list|show|rollback`. */
export const addEndpointCommands: AddCommands = (program, runner) => {
  const endpoint = program.command('endpoint').description('the names clients call');
  addCreate(endpoint, runner);
  addSet(endpoint, runner);
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
    .option('--attribute <declaration>', ATTRIBUTE_HELP, several)
    .option('--mean-max <duration>', `${MEAN_HELP}; default: 100ms`)
    .option('--segment <declaration>', SEGMENT_HELP, several)
    .option('--success-min <rate>', `${SUCCESS_HELP}; default: 95%`)
    .option('--log-sample <share>', `${SAMPLE_HELP}; default: 0%`)
    .option('--log-fields <names>', `${FIELDS_HELP}; default: both`)
    .option('--redact <rules>', `${REDACT_HELP}; default: /unit:digest`, several)
    .option('--no-redact', 'write everything as it came')
    .option('--timeout <duration>', 'how long to wait for the gateways', '10s')
    .option('--no-wait', 'do not wait until the gateways answer')
    .action(
      runner.does<CreateOptions>((session, [name = ''], options) => create(session, name, options)),
    );
}

async function create(session: Session, name: string, options: CreateOptions): Promise<Exit> {
  const { out } = session;
  const settings = settingsOf(options, { unitKey: UNIT_KEY, attributes: [] });
  const timeoutMs = milliseconds(options.timeout, '--timeout');
  const client = await session.client();
  const made = await client.endpoint.create({
    body: { name, version: options.model, ...settings },
  });
  const { digest } = made.version;
  const gateways = options.wait ? await untilServed(client, { digest, timeoutMs }) : [];
  const late = gateways.filter(({ ok }) => !ok);
  const verb = options.wait && gateways.length > 0 && late.length === 0 ? 'answers' : 'will answer';
  out.result(made, () => `${made.name} ${verb} with ${refName(made.version)}`);
  if (options.wait && gateways.length === 0) out.warn('no gateway is running yet');
  for (const { gateway, failure } of late) {
    out.warn(`${gateway} does not answer with it yet${failure === null ? '' : `: ${failure}`}`);
  }
  if (late.length === 0) return EXIT.ok;
  return late.some(({ failure }) => failure !== null) ? EXIT.unavailable : EXIT.timeout;
}

function addSet(endpoint: Command, runner: Runner): void {
  endpoint
    .command('set ENDPOINT')
    .description('change settings of an endpoint; what is not named stays')
    .option('--unit-header <name>', 'header that names the unit')
    .option('--unit-pointer <pointer>', 'JSON pointer to the unit in the body, e.g. /user/id')
    .option('--deadline <duration>', 'a prediction not ready by then is timed out')
    .option('--attribute <declaration>', `${ATTRIBUTE_HELP}; replaces all of them`, several)
    .option('--no-attributes', 'declare no attributes any more')
    .option('--mean-max <duration>', MEAN_HELP)
    .option('--segment <declaration>', `${SEGMENT_HELP}; replaces all of them`, several)
    .option('--no-segments', 'tell requests apart no more')
    .option('--success-min <rate>', SUCCESS_HELP)
    .option('--log-sample <share>', SAMPLE_HELP)
    .option('--log-fields <names>', FIELDS_HELP)
    .option('--redact <rules>', `${REDACT_HELP}; replaces all of them`, several)
    .option('--no-redact', 'write everything as it came')
    .option('--reason <text>', 'why; kept in the audit log')
    .action(
      runner.does<SetOptions>(async (session, [name = ''], options) => {
        const { attributes, segments, reason } = options;
        if (!attributes && options.attribute !== undefined) {
          throw new Fault('USAGE', 'give --attribute or --no-attributes, not both', '--attribute');
        }
        const client = await session.client();
        if (!segments && options.segment !== undefined) {
          throw new Fault('USAGE', 'give --segment or --no-segments, not both', '--segment');
        }
        const params = { endpoint: name };
        const { settings: before } = await client.endpoint.read({ params });
        const { header, pointer } = before.unitKey;
        const settings = settingsOf(options, {
          ...before,
          unitKey: { header, pointer: pointer ?? null },
        });
        const body = {
          ...settings,
          ...(attributes ? {} : { attributes: [] }),
          ...(reason === undefined ? {} : { reason }),
          ...(segments ? {} : { segments: null }),
        };
        const changed = await client.endpoint.change({ params, body });
        session.out.result(changed, () => facts(session, changed));
      }),
    );
}

type UnitKey = { readonly header: string; readonly pointer: string | null };

/** The settings that were said; the parts of the unit that were not stay as before. */
const UNIT_KEY: UnitKey = { header: 'x-unit-id', pointer: null };

type Before = {
  readonly unitKey: UnitKey;
  readonly attributes: readonly AttributeDeclaration[];
};

function settingsOf(options: SettingOptions, before: Before) {
  const { unitHeader, unitPointer, deadline, attribute, segment } = options;
  const health = healthSaid(options);
  const log = logSaid(options);
  const hasUnit = unitHeader !== undefined || unitPointer !== undefined;
  const { header, pointer } = before.unitKey;
  const attributes = attribute === undefined ? null : [...attributesFrom(attribute)];
  return {
    ...(hasUnit
      ? { unitKey: { header: unitHeader ?? header, pointer: unitPointer ?? pointer } }
      : {}),
    ...(deadline === undefined ? {} : { deadlineMs: milliseconds(deadline, '--deadline') }),
    ...(attributes === null ? {} : { attributes }),
    ...(segment === undefined
      ? {}
      : { segments: segmentsFrom(segment, attributes ?? before.attributes) }),
    ...(Object.keys(health).length === 0 ? {} : { health }),
    ...(log === null ? {} : { log }),
  };
}

/** The thresholds that were said. */
function healthSaid({ meanMax, successMin }: SettingOptions) {
  return {
    ...(meanMax === undefined ? {} : { meanMsMax: milliseconds(meanMax, '--mean-max') }),
    ...(successMin === undefined ? {} : { successRateMin: fraction(successMin, '--success-min') }),
  };
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
  const { meanMsMax, successRateMin } = settings.health;
  return renderFacts(
    [
      ['endpoint', { text: endpoint.name, style: 'strong' }],
      ['answers with', `${refName(version)}  ${version.digest}`],
      ['before', previous === null ? '–' : refName(previous)],
      ['rollout', rollout ?? 'none in progress'],
      ['unit', pointer === null ? `header ${header}` : `header ${header}, else body ${pointer}`],
      ['deadline', duration(settings.deadlineMs)],
      ['healthy', `mean up to ${millis(meanMsMax)} ms, success from ${percent(successRateMin)}`],
      ['attributes', settings.attributes.map(attributeText).join('  ') || '–'],
      ['predictions', logText(settings.log)],
      ['segments', segmentsText(settings.segments)],
      ['created', endpoint.createdAt],
      ['changed', `${endpoint.changedAt} (revision ${endpoint.revision})`],
    ],
    out.surface,
  );
}
