import net from 'node:net';
import { Fault } from '../protocol/errors.ts';

/** A bound socket that other processes inherit by its file descriptor. */
export type ListeningSocket = {
  readonly fd: number;
  readonly port: number;
  close(): void;
};

type Handle = {
  readonly fd: number;
  getsockname(into: { port?: number }): number;
  close(): void;
};

// Node can inherit a listening socket (`listen({ fd })`) but has no documented call that binds one
// without accepting on it. Its cluster module uses this one for the same purpose.
const bindOnly = (
  net as unknown as {
    readonly _createServerHandle: (host: string, port: number, family: 4 | 6) => Handle | number;
  }
)._createServerHandle;

/**
 * Binds `host:port` without accepting. Whoever inherits `fd` accepts; as long as this process keeps
 * it open, connections that arrive while no gateway runs wait in the backlog instead of being
 * refused. Fault `PORT_IN_USE`.
 */
export async function bindListeningSocket(host: string, port: number): Promise<ListeningSocket> {
  await proveBindable(host, port);
  const handle = bindOnly(host, port, host.includes(':') ? 6 : 4);
  if (typeof handle === 'number') throw taken(host, port, `error ${handle}`);
  const name: { port?: number } = {};
  handle.getsockname(name);
  return { fd: handle.fd, port: name.port ?? port, close: () => handle.close() };
}

/**
 * A bare bind reports a taken address only when somebody listens on it, in another process: ask
 * first.
 */
function proveBindable(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', (error) => reject(taken(host, port, error.message)));
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}

const taken = (host: string, port: number, why: string): Fault =>
  new Fault('PORT_IN_USE', `cannot listen on ${host}:${port}: ${why}`);
