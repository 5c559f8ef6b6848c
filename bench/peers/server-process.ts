import { fork, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A server process under test. */
export type ServerProcess = {
  readonly pid: number;
  readonly port: number;
  readonly stop: () => Promise<void>;
};

const START_MS = 60_000;
const STOP_MS = 5_000;
const POLL_MS = 50;
const LOG_CHARS = 4_000;

/** Starts a script of this folder, which tells its port itself. */
export async function startScript(script: string, args: readonly string[]): Promise<ServerProcess> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = fork(path, [...args], { stdio: ['ignore', 2, 2, 'ipc'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (word: { readonly port: number }) => resolve(word.port));
    child.once('exit', (code) => reject(new Error(`${script} ended with code ${code}`)));
  });
  return { pid: child.pid ?? 0, port, stop: () => end(child) };
}

/** How a program is started that has to be told its port. */
export type Program = {
  readonly command: string;
  readonly args: readonly string[];
  readonly port: number;
  /** Answered by 200 once it is ready. */
  readonly health: string;
  readonly options?: Pick<SpawnOptions, 'cwd' | 'env'>;
};

/** Starts a program and waits until it is ready. Rejects with the last it said when it ends. */
export async function startProgram(program: Program): Promise<ServerProcess> {
  const { command, args, port, health, options } = program;
  const child = spawn(command, [...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const keep = (chunk: Buffer): void => {
    log = (log + String(chunk)).slice(-LOG_CHARS);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.once('error', (error) => (log = error.message));
  const giveUpMs = performance.now() + START_MS;
  while (!(await answers(`http://127.0.0.1:${port}${health}`))) {
    if (child.exitCode !== null || child.pid === undefined || performance.now() > giveUpMs) {
      await end(child);
      throw new Error(`${command} did not start: ${log.trim()}`);
    }
    await pause(POLL_MS);
  }
  return { pid: child.pid ?? 0, port, stop: () => end(child) };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(killer);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
