import { createHash, randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import type { Instant } from '../../core/lib/units.ts';
import { SYSTEM_ACTOR } from '../../core/replay/record.ts';
import { Fault } from '../../protocol/errors.ts';
import type { TokenRecord } from '../../ports/store.ts';
import type { Journal } from '../journal.ts';
import type { State } from '../state.ts';
import type { Principal } from './handler.ts';

const TOKEN_BYTES = 32;
const TOKEN_PREFIX = 'ust_';

/** Under which key a token is stored: its SHA-256. A stolen database gives no token away. */
export const tokenKey = (token: string): string => createHash('sha256').update(token).digest('hex');

/** A new token. */
export const makeToken = (): string =>
  `${TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`;

/** Who the bearer of this header is. Fault `UNAUTHENTICATED`. */
export function authenticate(state: State, header: string | undefined, now: Instant): Principal {
  const token = /^Bearer (\S+)$/i.exec(header ?? '')?.[1];
  if (token === undefined) {
    throw new Fault('UNAUTHENTICATED', 'the request carries no bearer token');
  }
  // Looking up a hash leaks nothing by its timing that would help to guess the token.
  const record = state.records.token.get(tokenKey(token))?.value;
  if (record === undefined) throw new Fault('UNAUTHENTICATED', 'the token is unknown or revoked');
  if (record.expiresAt !== null && record.expiresAt <= now) {
    throw new Fault('UNAUTHENTICATED', `the token ${record.name} has expired`);
  }
  return { name: record.name, role: record.role };
}

const LOCAL_ADMIN = 'local-admin';

/**
 * Makes sure that whoever may read the data directory holds an admin token: `admin.token`, mode
 * 600. Losing the file is mended by a restart, which replaces the token it held.
 */
export async function ensureAdminToken(journal: Journal, path: string): Promise<void> {
  const existing = await readToken(path);
  if (existing !== null && journal.state().records.token.has(tokenKey(existing))) return;
  const token = makeToken();
  await writeFile(path, `${token}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
  await journal.run((state, now) => {
    const old = [...state.records.token.values()].filter(({ value }) => value.name === LOCAL_ADMIN);
    const value: TokenRecord = {
      name: LOCAL_ADMIN,
      role: 'admin',
      createdAt: now,
      expiresAt: null,
    };
    return {
      puts: [{ kind: 'token', key: tokenKey(token), value }],
      removes: old.map(({ key }) => ({ kind: 'token', key })),
      audit: [
        {
          at: now,
          actor: SYSTEM_ACTOR,
          action: 'token.create',
          subject: `token/${LOCAL_ADMIN}`,
          reason: 'the data directory held no usable admin token',
          detail: { role: 'admin', replaced: old.length },
        },
      ],
      answer: undefined,
    };
  });
}

async function readToken(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return null;
  }
}
