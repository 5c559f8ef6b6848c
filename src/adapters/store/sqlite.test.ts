import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeContract } from '../../ports/store.contract.ts';
import { SqliteStore } from './sqlite.ts';

const makeDirectory = async (): Promise<string> => mkdtemp(join(tmpdir(), 'understudy-store-'));

storeContract('SqliteStore', async () => {
  const directory = await makeDirectory();
  return {
    store: new SqliteStore(join(directory, 'understudy.db')),
    discard: async () => rm(directory, { recursive: true }),
  };
});
