import type { Effort } from './gateway.ts';
import type { Dialect } from './load/requests.ts';
import { isPresent, type Absent, type Peer } from './peers/peer.ts';
import { startFastApi, startMlServer } from './peers/python.ts';
import { startUnderstudy, type Understudy } from './peers/understudy.ts';
import { race, ratios, requestsPerCpuSecond, spreadOf, type Race, type Target } from './rounds.ts';
import { figure, ratioText, tableText } from './table.ts';

const PACES = [
  { name: '32 connections, as fast as it goes', connections: 32, rate: null },
  { name: '1 connection, as fast as it goes', connections: 1, rate: null },
  { name: '100 requests a second, open loop', connections: 32, rate: 100 },
] as const;

/**
 * The product with everything on, gateway and model runners counted together, against servers in
 * Python with the same file: requests per second of processor time, and p99. Each server is asked
 * in the dialect it is usually asked in, and the product in both.
 */
export async function benchOnnx(
  print: (text: string) => void,
  { rounds, measureMs }: Effort,
): Promise<void> {
  await using started = new AsyncDisposableStack();
  const [fastApi, mlServer] = await Promise.all([startFastApi(), startMlServer()]);
  for (const peer of [fastApi, mlServer].filter(isPresent)) started.defer(peer.stop);
  const understudy = await startUnderstudy();
  started.defer(understudy.stop);
  const rivals: readonly Rival[] = [
    { dialect: 'simple', name: 'FastAPI + ONNX Runtime', peer: fastApi },
    { dialect: 'oip', name: 'MLServer + ONNX Runtime', peer: mlServer },
  ];
  for (const { dialect, name, peer } of rivals) {
    if (!isPresent(peer)) print(`SKIPPED: ${peer.absent}`);
    const targets: readonly Target[] = [
      ...(isPresent(peer) ? [{ name, dialect, peer }] : []),
      { name: 'Understudy', dialect, peer: asPeer(understudy, dialect) },
    ];
    for (const pace of PACES) {
      const seen = await race(targets, { ...pace, measureMs }, rounds);
      print(servingTable(`onnx: ${pace.name}`, seen));
    }
  }
}

/** A server to be compared with, and how it is asked. */
type Rival = {
  readonly dialect: Dialect;
  readonly name: string;
  readonly peer: Peer | Absent;
};

const asPeer = ({ urlOf, watch, stop }: Understudy, dialect: Dialect): Peer => ({
  url: urlOf[dialect],
  watch: { cpu: watch.serving, all: watch.all },
  stop,
});

function servingTable(title: string, seen: Race): string {
  const rate = requestsPerCpuSecond('cpu');
  const [reference = []] = seen.values();
  const rows = [...seen].map(([{ name }, all]) => [
    name,
    figure(spreadOf(all.map(rate)).median),
    ratioText(ratios(all.map(rate), reference.map(rate))),
    figure(spreadOf(all.map(requestsPerCpuSecond('all'))).median),
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
    'requests/CPU-s',
    'of the first',
    'all processes',
    'p50 ms',
    'p99 ms',
    'of the first',
    'failed',
  ];
  return tableText(title, columns, rows);
}
