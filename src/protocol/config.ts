import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const count = (max: number) => z.coerce.number().int().min(1).max(max);
const host = z.string().min(1).max(253);
const BYTE_UNITS = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 } as const;

/** A size such as `512MiB`, `2GiB` or a plain number of bytes; gives bytes. */
const size = z.union([z.number().int().positive(), z.string()]).transform((given, context) => {
  const match = /^(\d+)\s*(B|KiB|MiB|GiB)?$/.exec(String(given).trim());
  if (match === null) {
    context.addIssue({ code: 'custom', message: 'write a size like 512MiB or 2GiB' });
    return z.NEVER;
  }
  const unit = (match[2] ?? 'B') as keyof typeof BYTE_UNITS;
  return Number(match[1]) * BYTE_UNITS[unit];
});

type Setting = {
  readonly shape: z.ZodType;
  /** As it would be written in the file. */
  readonly fallback: string | number | boolean;
  readonly meaning: string;
};

/**
 * Every setting, by its path in `understudy.yaml`. The environment variable is the path in capitals
 * with `_` for `.` and between words, after `UNDERSTUDY_`: `predict.port` →
 * `UNDERSTUDY_PREDICT_PORT`.
 */
export const settings = {
  data: {
    shape: z.string().min(1),
    fallback: './.understudy',
    meaning: 'Directory of the database, models, secrets and sockets.',
  },
  'predict.host': {
    shape: host,
    fallback: '127.0.0.1',
    meaning: 'Address the prediction listener binds to.',
  },
  'predict.port': { shape: port, fallback: 8080, meaning: 'Port of the prediction listener.' },
  'predict.workers': {
    shape: z.coerce.number().int().min(0).max(256),
    fallback: 0,
    meaning: 'Gateway processes on that listener; 0: one per core but one, at least one.',
  },
  'predict.bodyMax': {
    shape: size,
    fallback: '16MiB',
    meaning: 'Largest body of a prediction request.',
  },
  'predict.connectionsMax': {
    shape: count(100_000),
    fallback: 10_000,
    meaning: 'Open connections per gateway process; further ones are closed at once.',
  },
  'predict.drainMs': {
    shape: z.coerce.number().int().min(0).max(600_000),
    fallback: 10_000,
    meaning: 'How long a stopping gateway waits for requests in flight.',
  },
  'admin.host': {
    shape: host,
    fallback: '127.0.0.1',
    meaning: 'Address the admin API binds to; anything but loopback needs TLS in front.',
  },
  'admin.port': { shape: port, fallback: 8081, meaning: 'Port of the admin API.' },
  'registry.bytesMax': {
    shape: size,
    fallback: '1GiB',
    meaning: 'Largest model file.',
  },
  'runner.memoryMax': {
    shape: size,
    fallback: '2GiB',
    meaning: 'Memory one model process may use beyond what an empty one needs.',
  },
  'runner.queueMax': {
    shape: count(100_000),
    fallback: 1_024,
    meaning: 'Requests that may wait for one model before further ones are shed.',
  },
  'copies.processors': {
    shape: z.coerce.number().min(0.001).max(1_024),
    fallback: 0.05,
    meaning:
      'Processors that copies of requests may keep busy on average, in each gateway process; ' +
      'what is beyond is not copied.',
  },
  'control.tickMs': {
    shape: z.coerce.number().int().min(20).max(60_000),
    fallback: 250,
    meaning: 'How often rollouts are judged.',
  },
  'control.windowsKeptHours': {
    shape: count(87_600),
    fallback: 720,
    meaning: 'How long evidence buckets are kept.',
  },
  'cost.corePerHour': {
    shape: z.coerce.number().min(0).max(1_000_000),
    fallback: 0,
    meaning: 'What one processor core costs for an hour, in your currency; 0: costs are not told.',
  },
  'pairs.keep': {
    shape: z.enum(['on', 'parquet', 'off']),
    fallback: 'on',
    meaning:
      'Whether both answers to mirrored requests are written to files, without the inputs; ' +
      '`parquet`: files that are full become Parquet, where DuckDB is installed.',
  },
  'pairs.bytesMax': {
    shape: size,
    fallback: '256MiB',
    meaning: 'All such files of one gateway process together; the oldest give way.',
  },
  'pairs.keptHours': {
    shape: count(87_600),
    fallback: 168,
    meaning: 'How long such files are kept.',
  },
  'predictions.bytesMax': {
    shape: size,
    fallback: '1GiB',
    meaning: 'All files of the prediction log of one gateway process; the oldest give way.',
  },
  'predictions.keptHours': {
    shape: count(87_600),
    fallback: 168,
    meaning: 'How long files of the prediction log are kept.',
  },
  'log.level': {
    shape: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    fallback: 'info',
    meaning: 'Least important log lines that are written.',
  },
} as const satisfies Record<string, Setting>;

/** The path of a setting. */
export type SettingPath = keyof typeof settings;

/** All settings, parsed. */
export type Config = {
  readonly [P in SettingPath]: z.output<(typeof settings)[P]['shape']>;
};

/** Environment variables that are not settings but are ours. */
export const reservedVariables = [
  'UNDERSTUDY_CONFIG',
  'UNDERSTUDY_SERVER',
  'UNDERSTUDY_TOKEN',
  /** A listening socket inherited from the supervisor. */
  'UNDERSTUDY_LISTEN_FD',
];

/**
 * `predict.port` → `UNDERSTUDY_PREDICT_PORT`, `predict.bodyMax` → `UNDERSTUDY_PREDICT_BODY_MAX`.
 */
export function variableOf(path: SettingPath): string {
  const words = path.replaceAll('.', '_').replaceAll(/([a-z])([A-Z])/g, '$1_$2');
  return `UNDERSTUDY_${words.toUpperCase()}`;
}
