import type { Clock } from '../ports/clock.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { Feed } from '../ports/feed.ts';
import type { PairSink } from '../ports/pair-sink.ts';
import type { ModelBackend } from '../ports/model-backend.ts';
import type { GatewayLimits } from './limits.ts';
import type { PredictionKeeping } from './prediction-log.ts';
import type { ReadGolden } from './proofs.ts';

/** What a gateway is made of. Everything that touches the world comes in here. */
export type GatewayDeps = {
  readonly name: string;
  /** Version of the program, for server metadata. */
  readonly version: string;
  readonly backend: ModelBackend;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Key that signs prediction ids, 64 hexadecimal digits; one for all gateways. */
  readonly secret: string;
  readonly files: TableFiles;
  readonly log: Log;
  /** Where both answers to mirrored requests are kept; absent: nowhere. */
  readonly pairs?: PairSink;
  /** Where predictions are kept to be looked up; absent: nowhere. */
  readonly predictions?: PredictionKeeping;
  /** Reads golden rows; absent: no version is proved here. */
  readonly golden?: ReadGolden;
  readonly limits?: Partial<GatewayLimits>;
};

/** A few small files that survive the process. */
export type TableFiles = {
  /** The content, or null when there is no such file. */
  read(name: string): Promise<Uint8Array | null>;
  /** Replaces the whole file; after a crash there is the old or the new content. */
  write(name: string, content: Uint8Array): Promise<void>;
};

/** What is written to the log; pino's loggers are one. */
export type Log = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};
