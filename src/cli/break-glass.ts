import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** What one gateway did when it was asked directly. */
export type GatewayAnswer = {
  readonly gateway: string;
  readonly ok: boolean;
  /** HTTP status; null: it did not answer. */
  readonly status: number | null;
  readonly sentence: string;
};

/** What is asked of a gateway. */
export type LocalRollback = { readonly endpoint: string; readonly reason: string };

const ANSWER_MS = 2_000;
const ANSWER_CHARACTERS_MAX = 65_536;

/**
 * Asks every gateway of this data directory, on its own socket, to send an endpoint's traffic to
 * the baseline. Needs no control plane, no database and no token: whoever may open the sockets
 * owns the data.
 */
export function rollBackLocally(
  gatewaysPath: string,
  asked: LocalRollback,
): Promise<readonly GatewayAnswer[]> {
  const body = JSON.stringify({ ...asked, who: `local:${userInfo().username}` });
  return Promise.all(
    gatewaysIn(gatewaysPath).map((gateway) =>
      ask(gateway, join(gatewaysPath, gateway, 'local.sock'), body),
    ),
  );
}

function gatewaysIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

function ask(gateway: string, socketPath: string, body: string): Promise<GatewayAnswer> {
  return new Promise((resolve) => {
    const fail = (sentence: string): void =>
      resolve({ gateway, ok: false, status: null, sentence });
    const asking = request(
      {
        socketPath,
        path: '/rollback',
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        signal: AbortSignal.timeout(ANSWER_MS),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text = (text + chunk).slice(0, ANSWER_CHARACTERS_MAX);
        });
        response.on('error', () => fail('the connection broke'));
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          resolve({ gateway, ok: status >= 200 && status < 300, status, sentence: said(text) });
        });
      },
    );
    asking.on('error', (error: NodeJS.ErrnoException) => fail(whyOf(error)));
    asking.end(body);
  });
}

function whyOf({ code, name }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'does not run';
  if (code === 'EACCES') return 'its socket belongs to another user';
  return name === 'TimeoutError' || code === 'ABORT_ERR' ? 'does not answer' : (code ?? name);
}

/** What a gateway says: what it did, or why not. */
function said(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return text;
    const { error, rollout } = body as { readonly error?: unknown; readonly rollout?: unknown };
    if (typeof error === 'string') return error;
    return typeof rollout === 'string' ? `${rollout} is cut off` : text;
  } catch {
    return text.trim();
  }
}
