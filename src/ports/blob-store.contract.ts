import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BlobStore } from './blob-store.ts';

/** A store to prove the contract on, empty at first. */
export type BlobStoreFixture = { readonly store: BlobStore; close(): Promise<void> };

const roomy = { bytesMax: 1 << 22, signal: new AbortController().signal };

const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Deterministic bytes that differ by seed. */
const content = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 0xff);

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

/** What every blob store must do. */
export function blobStoreContract(name: string, make: () => Promise<BlobStoreFixture>): void {
  describe(`${name} keeps the contract of BlobStore`, () => {
    let fixture: BlobStoreFixture;
    beforeEach(async () => {
      fixture = await make();
    });
    afterEach(async () => {
      await fixture.close();
    });
    const read = (digest: string): Promise<Uint8Array> => fixture.store.read(digest, roomy.signal);

    test.for([
      { what: 'nothing', length: 0, chunk: 1 },
      { what: 'one byte', length: 1, chunk: 1 },
      { what: 'many small chunks', length: 5_000, chunk: 7 },
      { what: 'more than one read', length: (1 << 21) + 3, chunk: 65_536 },
    ])('gives back what was put: $what', async ({ length, chunk }) => {
      const bytes = content(length, 1);
      const stored = await fixture.store.put(inChunks(bytes, chunk), roomy);
      expect(stored).toEqual({ digest: digestOf(bytes), bytes: length });
      expect(Buffer.from(await read(stored.digest)).equals(bytes)).toBe(true);
      expect(await fixture.store.head(stored.digest)).toBe(length);
    });

    test('knows nothing of what was not put', async () => {
      const digest = digestOf(content(9, 2));
      expect(await fixture.store.head(digest)).toBeNull();
      await expect(read(digest)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
    });

    test('removes, and removing again is harmless', async () => {
      const bytes = content(100, 3);
      const other = await fixture.store.put(inChunks(content(100, 4), 100), roomy);
      const { digest } = await fixture.store.put(inChunks(bytes, 100), roomy);
      await fixture.store.remove(digest);
      await fixture.store.remove(digest);
      expect(await fixture.store.head(digest)).toBeNull();
      await expect(read(digest)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
      expect(await fixture.store.head(other.digest)).toBe(100);
    });

    test('putting the same content at the same time and again changes nothing', async () => {
      const bytes = content(50_000, 5);
      const puts = Array.from({ length: 8 }, (_, i) =>
        fixture.store.put(inChunks(bytes, 1_000 + i), roomy),
      );
      const stored = await Promise.all(puts);
      expect(new Set(stored.map(({ digest }) => digest))).toEqual(new Set([digestOf(bytes)]));
      await fixture.store.put(inChunks(bytes, 50_000), roomy);
      expect(Buffer.from(await read(digestOf(bytes))).equals(bytes)).toBe(true);
    });

    test('takes as much as is allowed and not a byte more', async () => {
      const bytes = content(1_000, 6);
      const put = (bytesMax: number) =>
        fixture.store.put(inChunks(bytes, 64), { ...roomy, bytesMax });
      await expect(put(999)).rejects.toMatchObject({ code: 'BLOB_TOO_LARGE' });
      expect(await fixture.store.head(digestOf(bytes))).toBeNull();
      expect(await put(1_000)).toMatchObject({ bytes: 1_000 });
    });

    test('stops reading an upload that is too large', async () => {
      let asked = 0;
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (;;) {
          asked += 1;
          yield content(100, 7);
        }
      }
      const put = fixture.store.put(endless(), { ...roomy, bytesMax: 1_000 });
      await expect(put).rejects.toMatchObject({ code: 'BLOB_TOO_LARGE' });
      expect(asked).toBe(11);
    });

    test('an upload that breaks off leaves nothing', async () => {
      const bytes = content(300, 8);
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield bytes;
        throw new Error('the client went away');
      }
      await expect(fixture.store.put(broken(), roomy)).rejects.toThrow('the client went away');
      expect(await fixture.store.head(digestOf(bytes))).toBeNull();
    });

    test('an aborted upload leaves nothing and gives the reason', async () => {
      const bytes = content(300, 9);
      const abort = new AbortController();
      async function* aborted(): AsyncGenerator<Uint8Array> {
        yield bytes;
        abort.abort(new Error('no longer wanted'));
        yield bytes;
      }
      const put = fixture.store.put(aborted(), { ...roomy, signal: abort.signal });
      await expect(put).rejects.toThrow('no longer wanted');
      expect(await fixture.store.head(digestOf(bytes))).toBeNull();
    });

    test('an aborted read gives the reason', async () => {
      const { digest } = await fixture.store.put(inChunks(content(10, 10), 10), roomy);
      const signal = AbortSignal.abort(new Error('no longer wanted'));
      await expect(fixture.store.read(digest, signal)).rejects.toThrow('no longer wanted');
    });

    const hex = 'a'.repeat(64);
    test.for([
      { digest: '' },
      { digest: hex },
      { digest: `sha512:${hex}` },
      { digest: `sha256:${hex}a` },
      { digest: `sha256:${hex}\n` },
      { digest: `sha256:${hex.toUpperCase()}` },
      { digest: `sha256:../../../../etc/passwd` },
      { digest: `sha256:${'../'.repeat(21)}a` },
      { digest: `sha256:aa/../${'a'.repeat(58)}` },
      { digest: `sha256:aa\0${'a'.repeat(61)}` },
    ])('refuses $digest as a digest', async ({ digest }) => {
      const fault = { code: 'DIGEST_INVALID' };
      await expect(read(digest)).rejects.toMatchObject(fault);
      await expect(fixture.store.head(digest)).rejects.toMatchObject(fault);
      await expect(fixture.store.remove(digest)).rejects.toMatchObject(fault);
    });
  });
}
