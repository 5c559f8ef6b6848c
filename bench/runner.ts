import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxBackend } from '../src/adapters/backend/onnx/backend.ts';
import { systemClock } from '../src/runtime/system-clock.ts';
import { systemEntropy } from '../src/runtime/system-entropy.ts';
import { demoFile, reals } from '../test/onnx/models.ts';
import type { ModelBackend } from '../src/ports/model-backend.ts';
import { figure, tableText } from './table.ts';

const CONCURRENCIES = [1, 8, 32, 256] as const;
const WARM_UP_MS = 500;
const ROWS_JOINED_MAX = 256;

const file = demoFile('v2');
const signal = new AbortController().signal;
const features = Array.from({ length: 30 }, (_, i) => (i * 7919) % 97);
const call = {
  digest: file.version.digest,
  inputs: [reals('features', [1, 30], features)],
  outputs: null,
  deadlineMs: 10_000,
};

/** Answers given in `ms` milliseconds by that many callers who each ask again at once. */
async function drive(backend: ModelBackend, concurrency: number, ms: number): Promise<number> {
  const until = performance.now() + ms;
  let answered = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      const { type } = await backend.infer(call, signal);
      if (type !== 'ok') throw new Error(`a request ended with ${type}`);
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return answered;
}

const runnerCpuMs = (backend: ModelBackend): number => backend.health()[0]?.cpuMs ?? 0;

async function measure(
  backend: ModelBackend,
  concurrency: number,
  measureMs: number,
): Promise<readonly string[]> {
  await drive(backend, concurrency, WARM_UP_MS);
  const gatewayBefore = process.cpuUsage();
  const runnerBefore = runnerCpuMs(backend);
  const start = performance.now();
  const answered = await drive(backend, concurrency, measureMs);
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(gatewayBefore);
  const gatewayUs = (user + system) / answered;
  const runnerUs = ((runnerCpuMs(backend) - runnerBefore) * 1_000) / answered;
  const perCpuSecond = 1e6 / (gatewayUs + runnerUs);
  const figures = [perCpuSecond, gatewayUs, runnerUs, (answered / wallMs) * 1_000];
  return [`${concurrency} at a time`, ...figures.map(figure)];
}

async function tableOf(title: string, batchRowsMax: number, measureMs: number): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'understudy-bench-runner-'));
  const backend = createOnnxBackend({
    pathOf: () => file.path,
    scratch,
    clock: systemClock,
    entropy: systemEntropy,
    limits: { batchRowsMax },
  });
  try {
    await backend.load(file.version, signal);
    const rows: (readonly string[])[] = [];
    for (const concurrency of CONCURRENCIES) {
      rows.push(await measure(backend, concurrency, measureMs));
    }
    const heads = ['', 'requests/CPU-s', 'this side µs', 'runner µs', 'requests/s'];
    return tableText(title, heads, rows);
  } finally {
    await backend.unload(call.digest);
    rmSync(scratch, { recursive: true });
  }
}

/**
 * Requests per second of processor time of the model runner alone, without HTTP: this side of the
 * link and the runner counted together, one row a request and a small tabular model (gradient
 * boosting, 30 features), with and without joining concurrent requests.
 */
export async function benchRunner(
  print: (text: string) => void,
  { measureMs }: { readonly measureMs: number },
): Promise<void> {
  print(await tableOf('runner: concurrent requests joined', ROWS_JOINED_MAX, measureMs));
  print(await tableOf('runner: each request alone', 1, measureMs));
}
