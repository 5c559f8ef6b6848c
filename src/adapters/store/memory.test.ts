import { storeContract } from '../../ports/store.contract.ts';
import { storeFeedbackContract } from '../../ports/store-feedback.contract.ts';
import { MemoryStore } from './memory.ts';

const make = async () => ({ store: new MemoryStore(), discard: async () => {} });

storeContract('MemoryStore', make);
storeFeedbackContract('MemoryStore', make);
