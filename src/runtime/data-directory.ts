import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where everything of one installation lies. */
export type DataDirectory = {
  readonly root: string;
  readonly database: string;
  readonly blobs: string;
  readonly adminToken: string;
  readonly controlSocket: string;
  readonly gateway: (name: string) => GatewayDirectory;
};

/** Where the files of one gateway lie. */
export type GatewayDirectory = {
  readonly root: string;
  readonly table: string;
  readonly localSocket: string;
  /** Pairs of answers to mirrored requests. */
  readonly pairs: string;
  /** Predictions to be looked up. */
  readonly predictions: string;
};

/** Paths below `root`; makes the directories. Only the owner may look inside. */
export function openDataDirectory(root: string): DataDirectory {
  const base = resolve(root);
  mkdirSync(join(base, 'gateways'), { recursive: true, mode: 0o700 });
  chmodSync(base, 0o700);
  return {
    root: base,
    database: join(base, 'understudy.db'),
    blobs: join(base, 'blobs'),
    adminToken: join(base, 'admin.token'),
    controlSocket: join(base, 'control.sock'),
    gateway: (name) => {
      const directory = join(base, 'gateways', name);
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      return {
        root: directory,
        table: join(directory, 'table.json'),
        localSocket: join(directory, 'local.sock'),
        pairs: join(directory, 'pairs'),
        predictions: join(directory, 'predictions'),
      };
    },
  };
}

/** The key of an installation where there is one; null where nothing was started yet. */
export function storedSecret(root: string): string | null {
  try {
    return readFileSync(join(resolve(root), 'secret'), 'utf8').trim();
  } catch {
    return null;
  }
}

const SECRET_BYTES = 32;

/** The key that signs prediction ids, made at the first start; 64 hexadecimal digits. */
export function readSecret(directory: DataDirectory): string {
  const path = join(directory.root, 'secret');
  const fresh = randomBytes(SECRET_BYTES).toString('hex');
  try {
    // `wx`: of two processes that start together one makes it and both then read the same.
    writeFileSync(path, fresh, { mode: 0o600, flag: 'wx' });
    return fresh;
  } catch {
    return readFileSync(path, 'utf8').trim();
  }
}
