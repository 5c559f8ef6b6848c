import type { Pair } from '../ports/pair-sink.ts';
import { SinkQueue } from './sink-queue.ts';
import type { SinkQueueParts } from './sink-queue.ts';
import { bytesIn } from './tensor-bytes.ts';

/** Pairs on their way to the sink. */
export class PairLog extends SinkQueue<Pair, Pair> {
  constructor(parts: Pick<SinkQueueParts<Pair, Pair>, 'sink' | 'clock' | 'log'>) {
    super({
      ...parts,
      bytesOf: ({ user, copy }) => bytesIn(user.outputs) + bytesIn(copy.outputs),
      recordOf: (pair) => pair,
      complaint: 'pairs of answers could not be kept',
    });
  }
}
