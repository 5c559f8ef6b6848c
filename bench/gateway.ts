import { startNginx, startPassThrough, startUpstream } from './peers/proxies.ts';
import { isPresent, type Peer } from './peers/peer.ts';
import { startUnderstudy, type Understudy } from './peers/understudy.ts';
import { cpuPerRequest, race, ratios, spreadOf, type Race, type Target } from './rounds.ts';
import { figure, ratioText, tableText } from './table.ts';

const CONNECTIONS = 32;
const RATE = 400;

/** How long and how often. */
export type Effort = { readonly rounds: number; readonly measureMs: number };

/**
 * The gateway with everything on against proxies that pass on and do nothing: processor time per
 * request of that process alone, and p99.
 */
export async function benchGateway(
  print: (text: string) => void,
  { rounds, measureMs, mayDownload }: Effort & { readonly mayDownload: boolean },
): Promise<void> {
  await using started = new AsyncDisposableStack();
  const upstream = await startUpstream();
  started.defer(upstream.stop);
  const understudy = await startUnderstudy();
  started.defer(understudy.stop);
  const path = new URL(understudy.urlOf.oip).pathname;
  const bare = await startPassThrough(upstream, path);
  started.defer(bare.stop);
  const nginx = await startNginx(upstream, path, { mayDownload });
  if (isPresent(nginx)) started.defer(nginx.stop);
  else print(`SKIPPED: ${nginx.absent}`);
  const targets: readonly Target[] = [
    { name: 'bare Node pass-through', dialect: 'oip', peer: bare },
    { name: 'Understudy gateway', dialect: 'oip', peer: gatewayOf(understudy) },
    ...(isPresent(nginx) ? [{ name: 'NGINX proxy', dialect: 'oip' as const, peer: nginx }] : []),
  ];
  const full = { connections: CONNECTIONS, rate: null, measureMs };
  const fastest = await race(targets, full, rounds);
  print(proxyTable(`gateway: ${CONNECTIONS} connections, as fast as it goes`, fastest));
  const even = await race(targets, { ...full, rate: RATE }, rounds);
  print(proxyTable(`gateway: ${RATE} requests a second, open loop`, even));
}

const gatewayOf = ({ urlOf, watch, stop }: Understudy): Peer => ({
  url: urlOf.oip,
  watch: { cpu: watch.gateway, whole: watch.serving },
  stop,
});

function proxyTable(title: string, seen: Race): string {
  const cpu = cpuPerRequest('cpu');
  const [reference = []] = seen.values();
  const rows = [...seen].map(([{ name }, all]) => [
    name,
    figure(spreadOf(all.map(cpu)).median),
    ratioText(ratios(all.map(cpu), reference.map(cpu))),
    figure(spreadOf(all.map(cpuPerRequest('whole'))).median),
    figure(spreadOf(all.map(({ p50Ms }) => p50Ms)).median),
    figure(spreadOf(all.map(({ p99Ms }) => p99Ms)).median),
    ratioText(
      ratios(
        all.map(({ p99Ms }) => p99Ms),
        reference.map(({ p99Ms }) => p99Ms),
      ),
    ),
    String(all.reduce((sum, { failed }) => sum + failed, 0)),
  ]);
  const columns = [
    '',
    'CPU µs/request',
    'of the first',
    'and behind it',
    'p50 ms',
    'p99 ms',
    'of the first',
    'failed',
  ];
  return tableText(title, columns, rows);
}
