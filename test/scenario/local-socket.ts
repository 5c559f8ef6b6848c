import { request } from 'node:http';
import { join } from 'node:path';

type Order = { readonly endpoint: string; readonly who: string; readonly reason: string };

/**
 * Asks the first gateway on its own socket to take an endpoint's traffic back; gives the status.
 */
export function localRollback(data: string, order: Order): Promise<number> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify(order);
    const outgoing = request(
      {
        socketPath: join(data, 'gateways', 'g1', 'local.sock'),
        path: '/rollback',
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
