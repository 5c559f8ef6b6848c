import { entropyContract } from '../ports/entropy.contract.ts';
import { systemEntropy } from './system-entropy.ts';

entropyContract('of the system', () => systemEntropy);
