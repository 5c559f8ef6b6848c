import { pino, destination, type Logger } from 'pino';

/**
 * A logger of one process: JSON lines on standard error, so that standard output stays free for
 * answers. Levels by how often a healthy system writes them: error = somebody must act now.
 */
export function createLog(options: { readonly process: string; readonly level: string }): Logger {
  return pino(
    {
      level: options.level,
      base: { process: options.process },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['token', 'secret', 'authorization', 'salt'], censor: '***' },
    },
    destination({ fd: 2, sync: true }),
  );
}
