import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, type Client } from '../../sdk/client.ts';
import { readInstance, type InstanceState } from '../../src/runtime/instance-lock.ts';

/** The product, running as a user would run it. */
export type Product = {
  readonly data: string;
  readonly predict: string;
  readonly admin: string;
  readonly client: Client;
  /** Ends it and removes its data. */
  readonly stop: () => Promise<void>;
};

const START_MS = 30_000;
const POLL_MS = 50;

/** Starts `understudy serve` on free ports and a fresh data directory. */
export async function startProduct(options: { readonly keep: boolean }): Promise<Product> {
  const data = mkdtempSync(join(tmpdir(), 'understudy-demo-'));
  const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const ports = options.keep ? {} : { UNDERSTUDY_PREDICT_PORT: '0', UNDERSTUDY_ADMIN_PORT: '0' };
  const server = spawn(process.execPath, [program, 'serve', '--data', data], {
    env: { ...process.env, UNDERSTUDY_LOG_LEVEL: 'error', ...ports },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const instance = await waitForInstance(join(data, 'supervisor.sock'), ended);
  const token = (await readFile(join(data, 'admin.token'), 'utf8')).trim();
  return {
    data,
    predict: instance.predict,
    admin: instance.admin,
    client: createClient({ server: instance.admin, token }),
    stop: async () => {
      server.kill('SIGTERM');
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

async function waitForInstance(socket: string, ended: Promise<void>) {
  const giveUp = performance.now() + START_MS;
  const server = { isAlive: true };
  void ended.then(() => (server.isAlive = false));
  while (server.isAlive && performance.now() < giveUp) {
    const instance = await readInstance(socket);
    if (instance !== null && (await isUp(instance))) return instance;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error('understudy serve did not start; its log is above');
}

async function isUp({ predict, admin }: InstanceState): Promise<boolean> {
  return (await answers(`${predict}/v2/health/live`)) && answers(`${admin}/healthz`);
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
