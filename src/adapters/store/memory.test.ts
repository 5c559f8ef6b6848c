import { storeContract } from '../../ports/store.contract.ts';
import { MemoryStore } from './memory.ts';

storeContract('MemoryStore', async () => ({
  store: new MemoryStore(),
  discard: async () => {},
}));
