import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { digestHex } from '../../core/catalog/digest.ts';
import { Fault } from '../../protocol/errors.ts';
import type { FileHandle } from 'node:fs/promises';
import type { BlobStore, PutOptions, StoredBlob } from '../../ports/blob-store.ts';

/** Bytes hashed and read at once, so that hashing never holds the event loop for long. */
const CHUNK_BYTES = 1 << 20;

/** Directory below the root for uploads that are not complete. */
const INCOMING = 'incoming';

/** Tells this process's uploads from those of an earlier one that had the same process id. */
const PROCESS_NONCE = randomBytes(8).toString('hex');

/**
 * Blobs as files `<root>/sha256/ab/<62 digits>` on one machine. One process writes; any number
 * read. Files are written aside, flushed and renamed, and the directory is flushed too.
 */
export class DirectoryBlobStore implements BlobStore {
  readonly root: string;
  #uploads = 0;

  private constructor(root: string) {
    this.root = root;
  }

  /** Opens the store, making the directory if need be. Touches no file: for processes that read. */
  static async open(directory: string): Promise<DirectoryBlobStore> {
    const root = resolve(directory);
    await mkdir(join(root, 'sha256'), { recursive: true, mode: 0o700 });
    await mkdir(join(root, INCOMING), { recursive: true, mode: 0o700 });
    await flushDirectory(root);
    return new DirectoryBlobStore(root);
  }

  /**
   * Removes uploads that a process which no longer runs on this machine left unfinished; answers
   * with how many. For the writing process, at its start.
   */
  async sweep(): Promise<number> {
    const incoming = join(this.root, INCOMING);
    const leftOver = (await readdir(incoming)).filter(isLeftOver);
    for (const name of leftOver) await rm(join(incoming, name), { force: true });
    return leftOver.length;
  }

  async put(bytes: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredBlob> {
    options.signal.throwIfAborted();
    this.#uploads += 1;
    const name = `${process.pid}-${PROCESS_NONCE}-${this.#uploads}`;
    const aside = join(this.root, INCOMING, name);
    try {
      const stored = await writeAside(aside, bytes, options);
      await this.#settle(aside, stored.digest);
      return stored;
    } catch (error) {
      await rm(aside, { force: true });
      throw asStorageFault(error);
    }
  }

  async read(digest: string, signal: AbortSignal): Promise<Uint8Array> {
    const path = this.path(digest);
    signal.throwIfAborted();
    const file = await openForReading(path, digest);
    try {
      return await readVerified(file, { digest, signal });
    } finally {
      await file.close();
    }
  }

  async head(digest: string): Promise<number | null> {
    try {
      const found = await stat(this.path(digest));
      return found.isFile() ? found.size : null;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null;
      throw error;
    }
  }

  async remove(digest: string): Promise<void> {
    const path = this.path(digest);
    if ((await this.head(digest)) === null) return;
    await rm(path, { force: true });
    await flushDirectory(dirname(path));
  }

  /**
   * Absolute path of the file that holds, or would hold, the bytes. Whoever opens it must check the
   * digest of what he reads. Faults: `DIGEST_INVALID`.
   */
  path(digest: string): string {
    const hex = digestHex(digest);
    if (hex === null) {
      const shown = JSON.stringify(digest.slice(0, 80));
      throw new Fault('DIGEST_INVALID', `${shown} is not a digest.`);
    }
    return join(this.root, 'sha256', hex.slice(0, 2), hex.slice(2));
  }

  /** Every digest for which there is a file, in no order. */
  async *digests(): AsyncGenerator<string> {
    const top = join(this.root, 'sha256');
    for (const shard of await readdir(top)) {
      for (const rest of await readdir(join(top, shard))) {
        const digest = `sha256:${shard}${rest}`;
        if (digestHex(digest) !== null) yield digest;
      }
    }
  }

  async #settle(aside: string, digest: string): Promise<void> {
    const path = this.path(digest);
    const shard = dirname(path);
    await mkdir(shard, { recursive: true, mode: 0o700 });
    await rename(aside, path);
    await flushDirectory(shard);
    await flushDirectory(dirname(shard));
  }
}

async function writeAside(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  { bytesMax, signal }: PutOptions,
): Promise<StoredBlob> {
  const file = await open(path, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    let total = 0;
    for await (const chunk of bytes) {
      signal.throwIfAborted();
      total += chunk.byteLength;
      if (total > bytesMax) {
        throw new Fault('BLOB_TOO_LARGE', `The upload is larger than ${bytesMax} bytes.`);
      }
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    signal.throwIfAborted();
    await file.chmod(0o400);
    await file.sync();
    return { digest: `sha256:${hash.digest('hex')}`, bytes: total };
  } finally {
    await file.close();
  }
}

async function openForReading(path: string, digest: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw new Fault('BLOB_NOT_FOUND', `No bytes have ${digest}.`);
    if (hasCode(error, 'ELOOP')) {
      throw new Fault('BLOB_CORRUPT', `The file for ${digest} is a symbolic link.`);
    }
    throw error;
  }
}

type Expectation = { readonly digest: string; readonly signal: AbortSignal };

async function readVerified(file: FileHandle, expected: Expectation): Promise<Uint8Array> {
  const found = await file.stat();
  if (!found.isFile()) throw new Fault('BLOB_CORRUPT', `${expected.digest} is not a file.`);
  const bytes = new Uint8Array(found.size);
  const hash = createHash('sha256');
  let filled = 0;
  while (filled < bytes.byteLength) {
    expected.signal.throwIfAborted();
    const length = Math.min(CHUNK_BYTES, bytes.byteLength - filled);
    const { bytesRead } = await file.read(bytes, filled, length, filled);
    if (bytesRead === 0) break;
    hash.update(bytes.subarray(filled, filled + bytesRead));
    filled += bytesRead;
  }
  const digest = `sha256:${hash.digest('hex')}`;
  if (filled !== bytes.byteLength || digest !== expected.digest) {
    const what = `The ${filled} stored bytes of ${expected.digest} have the digest ${digest}.`;
    throw new Fault('BLOB_CORRUPT', what);
  }
  return bytes;
}

async function flushDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** An upload is left over when it is not ours and no process has its process id. */
function isLeftOver(name: string): boolean {
  const match = /^([1-9][0-9]{0,9})-([0-9a-f]{16})-[0-9]+$/.exec(name);
  if (match === null) return false;
  const pid = Number(match[1]);
  if (pid === process.pid) return match[2] !== PROCESS_NONCE;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return hasCode(error, 'ESRCH');
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** The codes by which a system says that there is no room. */
const fullCodes = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** The coded fault for an error of the file system that means "no room"; any other as it is. */
export function asStorageFault(error: unknown): unknown {
  if (!fullCodes.some((code) => hasCode(error, code))) return error;
  return new Fault('STORAGE_FULL', 'The disk of the data directory is full; nothing was stored.');
}
