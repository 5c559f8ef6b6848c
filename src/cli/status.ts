import type { CallAnswer } from '../protocol/admin/call.ts';
import type { AddCommands } from './command.ts';
import type { Style } from './paint.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';
import type { Cell } from './table.ts';
import { ago, count, share } from './wording.ts';

type StatusBody = CallAnswer<'status.read'>;

/** `status`. */
export const addStatusCommand: AddCommands = (program, runner) => {
  program
    .command('status')
    .description('one line an endpoint, and the gateways behind them')
    .action(
      runner.does(async (session) => {
        const status = await (await session.client()).status.read();
        session.out.result(status, () => statusText(session, status));
      }),
    );
};

/** A colour for a phase; the word itself says the same. */
export function phaseStyle(phase: string | null): Style {
  if (phase === 'promoted' || phase === 'promoting') return 'good';
  if (phase === 'reverted' || phase === 'reverting') return 'bad';
  return phase === 'holding' ? 'warn' : 'plain';
}

/** A share of the traffic, or of a slice of the units: `50%`, `50% of 30%`. */
export const sharesText = ({
  shareBps,
  sliceBps,
}: Pick<StatusBody['endpoints'][number], 'shareBps' | 'sliceBps'>): string =>
  sliceBps === null ? share(shareBps) : `${share(shareBps)} of ${share(sliceBps)}`;

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
    status.endpoints.map(({ endpoint, version, candidate, phase, rollout, doing, ...part }) => [
      { text: endpoint, style: 'strong' },
      version,
      candidate ?? '–',
      rollout === null ? '–' : sharesText(part),
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
