import { Writable } from 'node:stream';
import { Readable } from 'node:stream';
import { runCli } from '../../src/cli/run-cli.ts';
import { findPredictions } from '../../src/adapters/sink/prediction-reader.ts';
import { exportPredictions, queryPredictions } from '../../src/adapters/sink/prediction-sql.ts';
import type { CliParts } from '../../src/cli/parts.ts';
import { resolveConfig } from '../../src/runtime/config.ts';
import { readInstance } from '../../src/runtime/instance-lock.ts';

/** What a command wrote and how it ended. */
export type Ran = {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What was written to stdout as JSON. */
  readonly json: () => unknown;
};

class Capture extends Writable {
  readonly columns = 120;
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs a command in this process with streams that are kept. */
export async function run(argv: readonly string[], parts: Partial<CliParts> = {}): Promise<Ran> {
  const stdout = new Capture();
  const stderr = new Capture();
  const exit = await runCli(argv, {
    serve: async () => undefined,
    control: async () => undefined,
    gateway: async () => undefined,
    resolveConfig,
    readInstance,
    findPredictions: (root, query) => findPredictions({ root, digest: null }, query),
    queryPredictions,
    exportPredictions,
    version: '1.2.3',
    environment: {},
    stdin: Readable.from([]),
    isTty: false,
    ...parts,
    stdout,
    stderr,
  });
  return { exit, stdout: stdout.text, stderr: stderr.text, json: () => JSON.parse(stdout.text) };
}
