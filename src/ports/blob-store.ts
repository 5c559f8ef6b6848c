/** Content-addressed bytes. Writing the same content twice is harmless. */
export interface BlobStore {
  /**
   * Stores what `bytes` yields and answers with its digest (`sha256:…`) and size. Atomic: a crash
   * leaves the whole or nothing. Putting content that is there already replaces it by itself, which
   * mends it when it had rotted. When `bytes` throws or `signal` is aborted, rejects with that
   * reason and leaves nothing. Faults: `BLOB_TOO_LARGE`, `STORAGE_FULL`.
   */
  put(bytes: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredBlob>;
  /**
   * The bytes, verified against the digest at every read.
   * Faults: `BLOB_NOT_FOUND`, `BLOB_CORRUPT`, `DIGEST_INVALID`.
   */
  read(digest: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Size in bytes, or null when there is none. Faults: `DIGEST_INVALID`. */
  head(digest: string): Promise<number | null>;
  /** Removes; harmless when there is none. Faults: `DIGEST_INVALID`. */
  remove(digest: string): Promise<void>;
}

/** Limits of one upload. */
export type PutOptions = { readonly bytesMax: number; readonly signal: AbortSignal };

/** What was stored. */
export type StoredBlob = { readonly digest: string; readonly bytes: number };
