import { startNginx, startPassThrough, startUpstream } from './peers/proxies.ts';
import { isPresent } from './peers/peer.ts';
import { startUnderstudy } from './peers/understudy.ts';
import { cpuPerRequest, race, ratios, spreadOf, type Race, type Target } from './rounds.ts';
import { figure, ratioText, tableText } from './table.ts';

const CONNECTIONS = 32;
const RATE = 400;

/** How long and how often. */
export type Effort = { readonly rounds: number; readonly measureMs: number };

/**
 * The gateway with everything on against proxies that pass on and do nothing: processor time per
 * request of that process alone (what stands behind is not counted), and p99.
 */
export async function benchGateway(
  print: (text: string) => void,
  { rounds, measureMs, mayDownload }: Effort & { readonly mayDownload: boolean },
): Promise<void> {
  const upstream = await startUpstream();
  const understudy = await startUnderstudy();
  const path = new URL(understudy.urlOf.oip).pathname;
  const bare = await startPassThrough(upstream, path);
  const nginx = await startNginx(upstream, path, { mayDownload });
  if (!isPresent(nginx)) print(`SKIPPED: ${nginx.absent}`);
  const targets: readonly Target[] = [
    { name: 'bare Node pass-through', dialect: 'oip', peer: bare },
    {
      name: 'Understudy gateway',
      dialect: 'oip',
      peer: {
        url: understudy.urlOf.oip,
        watch: { cpu: understudy.watch['gateway'] ?? (() => []) },
        stop: understudy.stop,
      },
    },
    ...(isPresent(nginx) ? [{ name: 'NGINX proxy', dialect: 'oip' as const, peer: nginx }] : []),
  ];
  try {
    const full = { connections: CONNECTIONS, rate: null, measureMs };
    print(
      proxyTable(
        `${CONNECTIONS} connections, as fast as it goes`,
        await race(targets, full, rounds),
      ),
    );
    const even = { ...full, rate: RATE };
    print(proxyTable(`${RATE} requests a second, open loop`, await race(targets, even, rounds)));
  } finally {
    await Promise.all(targets.map(({ peer }) => peer.stop()));
    await upstream.stop();
  }
}

function proxyTable(title: string, seen: Race): string {
  const cpu = cpuPerRequest('cpu');
  const [reference = []] = seen.values();
  const rows = [...seen].map(([{ name }, all]) => [
    name,
    figure(spreadOf(all.map(cpu)).median),
    ratioText(ratios(all.map(cpu), reference.map(cpu))),
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
    'p50 ms',
    'p99 ms',
    'of the first',
    'failed',
  ];
  return tableText(title, columns, rows);
}
