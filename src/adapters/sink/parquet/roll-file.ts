/**
 * A process that rolls one finished file of pairs into Parquet, whose path is its only argument. It
 * takes what others leave of the processors, and ends.
 */
import { setPriority } from 'node:os';
import { rollPairs } from './roll.ts';

const LOW = 19;

setPriority(LOW);
try {
  await rollPairs(process.argv[2] ?? '');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
