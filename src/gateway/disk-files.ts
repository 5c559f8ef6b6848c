import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { TableFiles } from './deps.ts';

const OWNER_ONLY = 0o600;
const OWNER_DIRECTORY = 0o700;

/** Files in a directory; a write is whole and on disk, or did not happen. */
export function createDiskFiles(directory: string): TableFiles {
  return {
    read: async (name) => {
      try {
        return await readFile(join(directory, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    },
    write: async (name, content) => {
      await mkdir(directory, { recursive: true, mode: OWNER_DIRECTORY });
      const path = join(directory, name);
      const fresh = `${path}.new`;
      const file = await open(fresh, 'w', OWNER_ONLY);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(fresh, path);
      // The new name is on disk once the directory is.
      const parent = await open(directory, 'r');
      try {
        await parent.sync();
      } finally {
        await parent.close();
      }
    },
  };
}
