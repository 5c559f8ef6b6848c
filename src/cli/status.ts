import type { CallAnswer } from '../protocol/admin/call.ts';
import type { AddCommands } from './command.ts';
import { EXIT } from './exit.ts';
import type { Style } from './paint.ts';
import { milliseconds } from './reference.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';
import type { Cell } from './table.ts';
import { ago, count, millis, percent, share } from './wording.ts';

type StatusBody = CallAnswer<'status.read'>;
type HealthRows = CallAnswer<'health.read'>;

type HealthOptions = {
  readonly last: string;
  readonly meanMax?: string;
  readonly successMin?: string;
  readonly check?: true;
};

/** `status` and `health`. */
export const addStatusCommands: AddCommands = (program, runner) => {
  program
    .command('status')
    .description('one line an endpoint, and the gateways behind them')
    .action(
      runner.does(async (session) => {
        const status = await (await session.client()).status.read();
        session.out.result(status, () => statusText(session, status));
      }),
    );
  program
    .command('health')
    .description('requests, success and latency of every version that serves')
    .option('--last <duration>', 'over which time', '5m')
    .option('--mean-max <ms>', 'mean latency above which a version is unhealthy; default: 100')
    .option('--success-min <rate>', 'success rate below which it is; default: 0.95')
    .option('--check', 'end with 5 when anything is unhealthy')
    .action(
      runner.does<HealthOptions>(async (session, _args, options) => {
        const { meanMax, successMin } = options;
        const health = await (
          await session.client()
        ).health.read({
          query: {
            lastMs: milliseconds(options.last, '--last'),
            ...(meanMax === undefined ? {} : { meanMsMax: Number(meanMax) }),
            ...(successMin === undefined ? {} : { successRateMin: Number(successMin) }),
          },
        });
        session.out.result({ health }, () => healthText(session, health));
        const isFine = health.every(({ healthy }) => healthy);
        return options.check === true && !isFine ? EXIT.conflict : EXIT.ok;
      }),
    );
};

/** A colour for a phase; the word itself says the same. */
export function phaseStyle(phase: string | null): Style {
  if (phase === 'promoted' || phase === 'promoting') return 'good';
  if (phase === 'reverted' || phase === 'reverting') return 'bad';
  return phase === 'holding' ? 'warn' : 'plain';
}

function statusText({ out }: Session, status: StatusBody): string {
  const endpoints = renderTable(
    [
      { title: 'ENDPOINT' },
      { title: 'VERSION' },
      { title: 'CANDIDATE' },
      { title: 'SHARE', right: true },
      { title: 'PHASE' },
      { title: 'ROLLOUT' },
      { title: 'DOING' },
    ],
    status.endpoints.map(({ endpoint, version, candidate, shareBps, phase, rollout, doing }) => [
      { text: endpoint, style: 'strong' },
      version,
      candidate ?? '–',
      rollout === null ? '–' : share(shareBps),
      { text: phase ?? '–', style: phaseStyle(phase) },
      rollout ?? '–',
      doing,
    ]),
    out.surface,
  );
  const gateways = renderTable(
    [
      { title: 'GATEWAY' },
      { title: 'STATE' },
      { title: 'SEEN' },
      { title: 'TABLE', right: true },
      { title: 'VERSIONS', right: true },
      { title: 'TROUBLE' },
    ],
    status.gateways.map((gateway) => [
      gateway.gateway,
      gateway.alive ? { text: 'alive', style: 'good' } : { text: 'SILENT', style: 'bad' },
      ago(gateway.seenAt, Date.parse(status.now)),
      tableCell(gateway, status.generation),
      String(gateway.ready.length),
      { text: troubleOf(gateway), style: 'warn' },
    ]),
    out.surface,
  );
  return `${endpoints}\n\n${gateways}`;
}

type GatewayBody = StatusBody['gateways'][number];

const tableCell = ({ generation }: GatewayBody, newest: number): Cell =>
  generation === newest
    ? String(generation)
    : { text: `${generation} of ${newest}`, style: 'warn' };

function troubleOf({ failed, fuses, refused, windowsDropped }: GatewayBody): string {
  return [
    ...failed.map(({ digest, detail }) => `${digest.slice(0, 19)} does not load: ${detail}`),
    ...fuses.map((rollout) => `fuse blown for ${rollout}`),
    ...(refused === null ? [] : [`refuses table ${refused.generation}: ${refused.message}`]),
    ...(windowsDropped === 0 ? [] : [`${count(windowsDropped)} evidence buckets dropped`]),
  ].join('; ');
}

const healthText = ({ out }: Session, health: HealthRows): string =>
  renderTable(
    [
      { title: 'ENDPOINT' },
      { title: 'ARM' },
      { title: 'VERSION', right: true },
      { title: 'REQUESTS', right: true },
      { title: 'SUCCESS', right: true },
      { title: 'NULLS', right: true },
      { title: 'MEAN MS', right: true },
      { title: 'P50', right: true },
      { title: 'P95', right: true },
      { title: 'P99', right: true },
      { title: 'HEALTH' },
    ],
    health.map((row) => [
      { text: row.endpoint, style: 'strong' },
      row.arm,
      String(row.version),
      count(row.requests),
      percent(row.successRate),
      percent(row.nullRate),
      millis(row.meanMs),
      millis(row.p50Ms),
      millis(row.p95Ms),
      millis(row.p99Ms),
      row.healthy ? { text: 'healthy', style: 'good' } : { text: 'UNHEALTHY', style: 'bad' },
    ]),
    out.surface,
  );
