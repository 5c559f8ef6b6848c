import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { lockInstance, readInstance } from './instance-lock.ts';
import { bindListeningSocket } from './listening-socket.ts';
import { supervise, type ChildSpec, type Supervisor } from './supervisor.ts';
import { systemClock } from './system-clock.ts';

const directory = mkdtempSync(join(tmpdir(), 'understudy-supervisor-'));
const running: Supervisor[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((supervisor) => supervisor.stop()));
});

function start(source: string, children: readonly ChildSpec[]): Supervisor {
  const program = join(directory, `${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(program, source);
  const log = pino({ level: 'silent' });
  const fixed = { clock: systemClock, log, graceMs: 2_000, environment: process.env };
  const supervisor = supervise({ program, children, ...fixed });
  running.push(supervisor);
  return supervisor;
}

const server = `
import net from 'node:net';
const s = net.createServer((c) => c.end(String(process.pid)));
s.listen({ fd: 4 }, () => process.send({ type: 'ready' }));
process.on('SIGTERM', () => process.exit(0));
`;

const ask = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const client = net.connect(port, '127.0.0.1');
    let text = '';
    client.on('data', (chunk) => (text += String(chunk)));
    client.on('end', () => resolve(text));
    client.on('error', reject);
  });

test('a killed child is started again, and whoever connected meanwhile is answered', async () => {
  const socket = await bindListeningSocket('127.0.0.1', 0);
  const supervisor = start(server, [{ name: 'g1', args: [], fds: [socket.fd], endsLast: false }]);
  await supervisor.ready;
  const first = Number(await ask(socket.port));
  process.kill(first, 'SIGKILL');
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(socket.port)));
  const later = new Set(answers.filter((pid) => Number(pid) !== first));
  expect(later.size).toBe(1);
  expect(supervisor.children()[0]?.restarts).toBe(1);
  socket.close();
});

test('a child that never becomes ready ends the whole start', async () => {
  const supervisor = start('process.exit(3);', [
    { name: 'control', args: [], fds: [], endsLast: false },
  ]);
  await expect(supervisor.failed).rejects.toThrow(/control ended 3 times.*exit code 3/);
});

test('a child that refuses to start says why', async () => {
  const refusal = "process.send({ type: 'refused', code: 'PORT_IN_USE', sentence: 'taken' });";
  const supervisor = start(refusal, [{ name: 'control', args: [], fds: [], endsLast: false }]);
  await expect(supervisor.failed).rejects.toMatchObject({ code: 'PORT_IN_USE', message: 'taken' });
});

test('stopping kills a child that does not listen', async () => {
  const deaf =
    "process.on('SIGTERM', () => {}); setInterval(() => {}, 9e6); process.send({ type: 'ready' });";
  const supervisor = start(deaf, [{ name: 'g1', args: [], fds: [], endsLast: false }]);
  await supervisor.ready;
  const pid = supervisor.children()[0]?.pid ?? 0;
  await supervisor.stop();
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
});

test('two programs cannot run on one data directory, and a dead one leaves no lock', async () => {
  const path = join(directory, 'supervisor.sock');
  const children = [{ name: 'control', pid: 7, restarts: 0 }];
  const state = { pid: 3, predict: 'http://127.0.0.1:1', admin: 'http://127.0.0.1:2', children };
  const lock = await lockInstance(path, () => state);
  expect(await readInstance(path)).toEqual(state);
  await expect(lockInstance(path, () => state)).rejects.toMatchObject({ code: 'DATA_IN_USE' });
  await lock.release();
  writeFileSync(path, 'left behind by a crash');
  const second = await lockInstance(path, () => state);
  await second.release();
});

test('a taken port is a coded fault', async () => {
  const holder = net.createServer();
  await new Promise<void>((resolve) => holder.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const { port } = holder.address() as net.AddressInfo;
  await expect(bindListeningSocket('127.0.0.1', port)).rejects.toMatchObject({
    code: 'PORT_IN_USE',
  });
  holder.close();
});

test('who ends last is asked to end when the others have', async () => {
  const log = join(directory, 'ends');
  const source = `
    import { appendFileSync } from 'node:fs';
    process.on('SIGTERM', () => setTimeout(() => {
      appendFileSync(${JSON.stringify(log)}, process.argv[2] + '\\n');
      process.exit(0);
    }, process.argv[2] === 'g1' ? 200 : 0));
    setInterval(() => undefined, 1000);
    process.send({ type: 'ready' });`;
  const children = [
    { name: 'control', args: ['control'], fds: [], endsLast: true },
    { name: 'g1', args: ['g1'], fds: [], endsLast: false },
  ];
  const supervisor = start(source, children);
  await supervisor.ready;
  await supervisor.stop();
  expect(readFileSync(log, 'utf8')).toBe('g1\ncontrol\n');
});
