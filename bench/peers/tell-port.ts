import type { Server } from 'node:net';

/** Tells the process that started this one where a server listens, and ends with it. */
export function tellPort(server: Server): void {
  process.once('disconnect', () => process.exit(0));
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
}
