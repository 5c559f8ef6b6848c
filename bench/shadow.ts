import { fork, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { treeOf } from './cpu.ts';
import type { Effort } from './gateway.ts';
import type { Peer } from './peers/peer.ts';
import { sendLoad, type LoadSeen } from './load/send-load.ts';
import { quantileOf } from './quantile.ts';
import { cpuPerRequest, type Figure, type Pace } from './rounds.ts';
import {
  FAULTS,
  PATH,
  type Fault,
  type GatewayOrder,
  type GatewayPlan,
  type GatewayWord,
} from './shadow/fault.ts';
import { figure, tableText } from './table.ts';

const program = fileURLToPath(new URL('shadow/gateway-process.ts', import.meta.url));
const CONNECTIONS = 16;
const RATE = 500;
const FIRST_WARM_UP_MS = 5_000;
const WARM_UP_MS = 300;
const MEBIBYTE = 1_048_576;

type Gateway = Peer & { readonly fault: Fault; readonly child: ChildProcess };

/**
 * What a shadow costs users: gateways with real runners, one for everything that may be wrong with
 * a shadow, each loaded with copies and without them in turns. Two processes of the same program
 * lie further apart than what is asked about, so each is compared with itself only.
 */
export async function benchShadow(
  print: (text: string) => void,
  { rounds, measureMs }: Effort,
): Promise<void> {
  await using started = new AsyncDisposableStack();
  const root = mkdtempSync(join(tmpdir(), 'understudy-shadow-'));
  started.defer(() => rmSync(root, { recursive: true, force: true }));
  const gateways: Gateway[] = [];
  for (const fault of FAULTS) {
    const folder = join(root, fault);
    mkdirSync(folder);
    const gateway = await start({ fault, folder });
    started.defer(gateway.stop);
    gateways.push(gateway);
  }
  const before = gateways.map(residentOf);
  const run = async (title: string, pace: Omit<Pace, 'measureMs'>): Promise<void> => {
    const all: Duel[] = [];
    for (const gateway of gateways) {
      const duel: Duel = { gateway, with: [], without: [] };
      all.push(duel);
      // Code that has rested runs slower at first: whoever came first would pay for it.
      const { url, watch } = gateway;
      const warmUp = { ...pace, measureMs: WARM_UP_MS, warmUpMs: FIRST_WARM_UP_MS };
      await sendLoad({ ...warmUp, url, dialect: 'oip' }, watch);
      // One round after the other: what a shadow costs at first is asked once.
      for (let round = 0; round < rounds; round += 1) await meet(duel, { ...pace, measureMs });
    }
    print(shadowTable(title, all));
  };
  const connections = CONNECTIONS;
  await run(`shadow: ${CONNECTIONS} connections, as fast as it goes`, { connections, rate: null });
  await run(`shadow: ${RATE} requests a second, open loop`, { connections, rate: RATE });
  print(memoryTable(gateways, before));
  for (const gateway of gateways) {
    await order(gateway.child, { copies: true });
    print(`${gateway.fault}: ${await copiesOf(gateway)}`);
  }
}

function start(plan: GatewayPlan): Promise<Gateway> {
  const child = fork(program, [JSON.stringify(plan)], { stdio: ['ignore', 2, 2, 'ipc'] });
  const pid = child.pid ?? 0;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      if (child.exitCode !== null) return resolve();
      child.once('exit', () => resolve());
      child.kill('SIGTERM');
    });
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the gateway with ${plan.fault} ended early`)));
    void heard(child).then(({ port }) => {
      const watch = { gateway: () => [pid], serving: () => treeOf(pid) };
      const url = `http://127.0.0.1:${port}${PATH}`;
      resolve({ fault: plan.fault, child, url, watch, stop });
    });
  });
}

const heard = (child: ChildProcess): Promise<GatewayWord> =>
  new Promise((resolve) => child.once('message', resolve));

/** What a gateway gave with copies and without them, round by round. */
type Duel = { readonly gateway: Gateway; readonly with: LoadSeen[]; readonly without: LoadSeen[] };

async function meet({ gateway, with: mine, without }: Duel, pace: Pace): Promise<void> {
  const { url, watch, child } = gateway;
  const load = (): Promise<LoadSeen> =>
    sendLoad({ ...pace, url, dialect: 'oip', warmUpMs: WARM_UP_MS }, watch);
  const loadCopied = async (): Promise<LoadSeen> => {
    await order(child, { copies: true });
    const seen = await load();
    await order(child, { copies: false });
    return seen;
  };
  // Whoever is first meets another machine than whoever is second: they take turns.
  const isPlainFirst = mine.length % 2 === 0;
  if (isPlainFirst) without.push(await load());
  mine.push(await loadCopied());
  if (!isPlainFirst) without.push(await load());
}

/** Resolves when it is done. */
async function order(child: ChildProcess, one: GatewayOrder): Promise<void> {
  const done = heard(child);
  child.send(one);
  await done;
}

function shadowTable(title: string, duels: readonly Duel[]): string {
  const answered: Figure = ({ requests }) => requests;
  const cpu = cpuPerRequest('gateway');
  const rows = duels.map(({ gateway, with: mine, without: others }) => {
    const ratio = (of: Figure): string => quartiles(ratiosOf(mine.map(of), others.map(of)));
    const [without, own] = [p99Of(others), p99Of(mine)];
    return [
      gateway.fault,
      figure(without),
      figure(own),
      `${(own / without).toFixed(2)} ×`,
      ratio(({ p99Ms }) => p99Ms),
      ratio(({ p50Ms }) => p50Ms),
      ratio(answered),
      ratio(cpu),
      String([...mine, ...others].reduce((sum, { failed }) => sum + failed, 0)),
    ];
  });
  const columns = [
    '',
    'p99 ms',
    'with',
    'ratio',
    'by round',
    'p50',
    'answered',
    'gateway CPU a request',
    'failed',
  ];
  return tableText(title, columns, rows);
}

/** Of all answers of all rounds: a round of seconds has too few in its hundredth part. */
const p99Of = (rounds: readonly LoadSeen[]): number =>
  quantileOf(Float64Array.from(rounds.flatMap(({ latenciesMs }) => latenciesMs)).sort(), 0.99);

const ratiosOf = (mine: readonly number[], others: readonly number[]): readonly number[] =>
  mine.map((value, i) => value / (others[i] ?? Number.NaN));

function quartiles(values: readonly number[]): string {
  const sorted = Float64Array.from(values).sort();
  const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantileOf(sorted, part).toFixed(2));
  return `${middle} × (${low}–${high})`;
}

/** Resident memory of the gateway process alone, in MiB: now, and the most it ever was. */
function residentOf({ child }: Gateway): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const mebibytes = (field: string): number =>
    (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1_024) / MEBIBYTE;
  return { now: mebibytes('VmRSS'), most: mebibytes('VmHWM') };
}

function memoryTable(
  gateways: readonly Gateway[],
  before: readonly ReturnType<typeof residentOf>[],
): string {
  const rows = gateways.map((gateway, i) => {
    const { now, most } = residentOf(gateway);
    return [gateway.fault, ...[before[i]?.now ?? 0, now, most].map(figure)];
  });
  return tableText(
    'shadow: memory of the gateway process, MiB',
    ['', 'before', 'after', 'most'],
    rows,
  );
}

/** What became of copies, by the gateway's own count. */
async function copiesOf({ url }: Gateway): Promise<string> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  const lines = text.split('\n').filter((line) => /^understudy_copies_\w+\{/.test(line));
  const told = lines.map((line) => {
    const [, name, label, value] =
      /^understudy_copies_(\w+)\{.*?(?:(?:reason|outcome)="(\w+)")?\} (\d+)$/.exec(line) ?? [];
    return { text: `${name}${label === undefined ? '' : ` ${label}`} ${value}`, value };
  });
  return told
    .filter(({ value }) => value !== '0')
    .map((one) => one.text)
    .join(', ');
}
