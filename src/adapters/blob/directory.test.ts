import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blobStoreContract } from '../../ports/blob-store.contract.ts';
import { asStorageFault, DirectoryBlobStore } from './directory.ts';

const roomy = { bytesMax: 1 << 22, signal: new AbortController().signal };
/** Where a child process finds what is tested. */
const module = JSON.stringify(join(import.meta.dirname, 'directory.ts'));
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function all(digests: AsyncIterable<string>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const digest of digests) found.push(digest);
  return found;
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blobs-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

blobStoreContract('DirectoryBlobStore', async () => {
  const root = await mkdtemp(join(tmpdir(), 'blobs-'));
  const store = await DirectoryBlobStore.open(root);
  return { store, close: () => rm(root, { recursive: true, force: true }) };
});

describe('a stored file', () => {
  test('lies under its digest and cannot be written to by its owner', async () => {
    const store = await DirectoryBlobStore.open(directory);
    const { digest } = await store.put(single(text('hello')), roomy);
    const hex = digest.slice(7);
    expect(store.path(digest)).toBe(join(directory, 'sha256', hex.slice(0, 2), hex.slice(2)));
    expect(await readFile(store.path(digest), 'utf8')).toBe('hello');
    expect(await readdir(join(directory, 'incoming'))).toEqual([]);
    expect(await all(store.digests())).toEqual([digest]);
  });

  const damages = [
    { what: 'a flipped bit', damage: (path: string) => writeFile(path, 'hellp') },
    { what: 'a lost end', damage: (path: string) => truncate(path, 3) },
    { what: 'bytes added', damage: (path: string) => writeFile(path, 'hello!') },
    { what: 'no bytes left', damage: (path: string) => truncate(path, 0) },
    {
      what: 'a link to the same content elsewhere',
      damage: async (path: string) => {
        await writeFile(`${path}.elsewhere`, 'hello');
        await rm(path);
        await symlink(`${path}.elsewhere`, path);
      },
    },
  ];
  test.for(damages)('with $what is not read, and putting it again mends it', async ({ damage }) => {
    const store = await DirectoryBlobStore.open(directory);
    const { digest } = await store.put(single(text('hello')), roomy);
    await chmod(store.path(digest), 0o600);
    await damage(store.path(digest));
    const read = store.read(digest, roomy.signal);
    await expect(read).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    await store.put(single(text('hello')), roomy);
    expect(await store.read(digest, roomy.signal)).toEqual(text('hello'));
  });
});

describe('left-over uploads', () => {
  test('of processes that are gone are swept, those of the living are not', async () => {
    const store = await DirectoryBlobStore.open(directory);
    const incoming = join(directory, 'incoming');
    const gone = spawnSync(process.execPath, ['-e', '0']).pid;
    const nonce = '0123456789abcdef';
    const names = {
      gone: `${gone}-${nonce}-1`,
      sameIdEarlier: `${process.pid}-${nonce}-1`,
      alive: `${process.ppid}-${nonce}-1`,
      notOurs: 'readme.txt',
    };
    for (const name of Object.values(names)) await writeFile(join(incoming, name), 'x');
    expect(await store.sweep()).toBe(2);
    expect((await readdir(incoming)).toSorted()).toEqual([names.alive, names.notOurs].toSorted());
  });

  test('of a killed writer are swept and hide nothing', async () => {
    const script = `
      import { DirectoryBlobStore } from ${module};
      const store = await DirectoryBlobStore.open(${JSON.stringify(directory)});
      const options = { bytesMax: 1e9, signal: new AbortController().signal };
      async function* whole() { yield Buffer.from('whole'); }
      async function* endless() {
        yield Buffer.alloc(100_000, 'x');
        process.stdout.write('writing');
        await new Promise(() => setInterval(() => {}, 1e6));
      }
      await store.put(whole(), options);
      await store.put(endless(), options);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(await readdir(join(directory, 'incoming'))).toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'exit');

    const store = await DirectoryBlobStore.open(directory);
    expect(await store.sweep()).toBe(1);
    expect(await readdir(join(directory, 'incoming'))).toEqual([]);
    const digests = await all(store.digests());
    expect(digests).toHaveLength(1);
    expect(await store.read(digests[0] ?? '', roomy.signal)).toEqual(text('whole'));
  });
});

describe('no room on the disk', () => {
  test.for([{ code: 'ENOSPC' }, { code: 'EDQUOT' }, { code: 'EFBIG' }])('is $code', ({ code }) => {
    const error = Object.assign(new Error(code), { code });
    expect(asStorageFault(error)).toMatchObject({ code: 'STORAGE_FULL', status: 507 });
  });

  test('is not what any other failure of the disk means', () => {
    const error = Object.assign(new Error('broken'), { code: 'EIO' });
    expect(asStorageFault(error)).toBe(error);
  });

  const mount = 'mount -t tmpfs -o size=64k tmpfs "$0" && exec "$@"';
  const inSmallDisk = (args: readonly string[]) =>
    spawnSync('unshare', ['-rm', 'sh', '-c', mount, directory, ...args], { encoding: 'utf8' });
  const canMount = inSmallDiskWorks();

  test.skipIf(!canMount)('leaves nothing behind and what was there stays', () => {
    const script = `
      import { DirectoryBlobStore } from ${module};
      const store = await DirectoryBlobStore.open(${JSON.stringify(directory)});
      const options = { bytesMax: 1e9, signal: new AbortController().signal };
      const one = (bytes) => (async function* () { yield bytes; })();
      const first = await store.put(one(Buffer.from('first')), options);
      const code = await store.put(one(Buffer.alloc(1e6)), options).catch((e) => e.code);
      const kept = Buffer.from(await store.read(first.digest, options.signal)).toString();
      const second = await store.put(one(Buffer.from('second')), options);
      console.log(JSON.stringify({ code, kept, second: second.bytes }));
    `;
    const ran = inSmallDisk([process.execPath, '--input-type=module', '-e', script]);
    expect(ran.stderr).toBe('');
    expect(JSON.parse(ran.stdout)).toEqual({ code: 'STORAGE_FULL', kept: 'first', second: 6 });
  });
});

function inSmallDiskWorks(): boolean {
  return (
    spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs tmpfs "$0"', tmpdir()]).status === 0
  );
}
