import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How much is kept, and how long. */
export type Retention = {
  /** All files together; the oldest are removed beyond it. */
  readonly bytesMax: number;
  readonly keptMs: number;
};

const OWNER_DIRECTORY = 0o700;

/** What the files of a sink hold: the first word of their names. */
export type FileKind = 'pairs' | 'predictions';

const NAMES: Readonly<Record<FileKind, RegExp>> = {
  pairs: /^pairs-\d{8}T\d{9}Z-\d{4,}\.(ndjson|parquet)$/,
  predictions: /^predictions-\d{8}T\d{9}Z-\d{4,}\.ndjson$/,
};

/** Whether a file is one of a kind, by its name. */
export const isFileOf = (kind: FileKind, name: string): boolean => NAMES[kind].test(name);

/** Whether a file holds lines: of some kinds there are others too. */
export const hasLines = (name: string): boolean => name.endsWith('.ndjson');

/** A name that sorts by time, and by number within a millisecond. */
export function fileName(kind: FileKind, atMs: number, number: number): string {
  const stamp = new Date(atMs).toISOString().replaceAll(/[-:.]/g, '');
  return `${kind}-${stamp}-${String(number).padStart(4, '0')}.ndjson`;
}

/** Files of a sink in its folder, the oldest first. The folder is made if it is not there. */
export async function filesIn(folder: string, kind: FileKind): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true, mode: OWNER_DIRECTORY });
  const names = await readdir(folder);
  return names.filter((name) => isFileOf(kind, name)).toSorted();
}

/** Removes what is too old, and the oldest until `room` more bytes fit. */
export async function makeRoom(
  { folder, kind }: { readonly folder: string; readonly kind: FileKind },
  { bytesMax, keptMs }: Retention,
  wanted: { readonly nowMs: number; readonly room: number },
): Promise<void> {
  const { nowMs, room } = wanted;
  const files = await Promise.all(
    (await filesIn(folder, kind)).map(async (name) => {
      const path = join(folder, name);
      const { size, mtimeMs } = await stat(path);
      return { path, size, mtimeMs };
    }),
  );
  let bytes = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size, mtimeMs } of files) {
    if (bytes + room <= bytesMax && nowMs - mtimeMs <= keptMs) continue;
    await rm(path, { force: true });
    bytes -= size;
  }
}
