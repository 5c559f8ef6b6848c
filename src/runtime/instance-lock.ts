import { rm } from 'node:fs/promises';
import net from 'node:net';
import { Fault } from '../protocol/errors.ts';
import type { ChildState } from './supervisor.ts';

/** The right to run on a data directory. */
export type InstanceLock = { readonly release: () => Promise<void> };

/** What `supervisor.sock` tells whoever connects, as one JSON object. */
export type InstanceState = {
  readonly pid: number;
  /** Base address of the prediction listener, e.g. `http://127.0.0.1:8080`. */
  readonly predict: string;
  /** Base address of the admin API. */
  readonly admin: string;
  readonly children: readonly ChildState[];
};

/**
 * Takes the data directory by listening on a socket in it: the kernel gives the lock back when the
 * process dies, however it dies. Fault `DATA_IN_USE`.
 */
export async function lockInstance(
  socketPath: string,
  state: () => InstanceState,
): Promise<InstanceLock> {
  await claimSocketPath(socketPath);
  const server = net.createServer((client) => {
    client.on('error', () => client.destroy());
    client.end(JSON.stringify(state()));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/**
 * Removes a socket file that a dead process left behind. Fault `DATA_IN_USE` when it is not dead.
 */
export async function claimSocketPath(socketPath: string): Promise<void> {
  const isTaken = await new Promise<boolean>((resolve) => {
    const client = net.connect(socketPath);
    client.once('connect', () => {
      client.destroy();
      resolve(true);
    });
    client.once('error', () => resolve(false));
  });
  if (isTaken) throw new Fault('DATA_IN_USE', `another process already answers on ${socketPath}`);
  await rm(socketPath, { force: true });
}

/** Asks the running instance for its processes; null when none runs. */
export function readInstance(socketPath: string): Promise<InstanceState | null> {
  return new Promise((resolve) => {
    const client = net.connect(socketPath);
    let text = '';
    client.setEncoding('utf8');
    client.on('data', (chunk: string) => (text += chunk));
    client.on('end', () => resolve(JSON.parse(text) as InstanceState));
    client.on('error', () => resolve(null));
  });
}
