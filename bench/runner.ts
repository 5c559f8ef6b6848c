/**
 * Requests per CPU-second of the model runner, gateway side and runner counted together, for one
 * row per request and a small tabular model (gradient boosting, 30 features), with and without
 * joining concurrent requests.
 *
 *     node bench/runner.ts [seconds per measurement, default 3]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxBackend } from '../src/adapters/backend/onnx/backend.ts';
import { systemClock } from '../src/runtime/system-clock.ts';
import { systemEntropy } from '../src/runtime/system-entropy.ts';
import { demoFile, reals } from '../test/onnx/models.ts';
import type { ModelBackend } from '../src/ports/model-backend.ts';

const CONCURRENCIES = [1, 8, 32, 256] as const;
const WARM_UP_MS = 500;
const seconds = Number(process.argv[2] ?? 3);

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

async function measure(backend: ModelBackend, concurrency: number): Promise<string> {
  await drive(backend, concurrency, WARM_UP_MS);
  const gatewayBefore = process.cpuUsage();
  const runnerBefore = runnerCpuMs(backend);
  const start = performance.now();
  const answered = await drive(backend, concurrency, seconds * 1_000);
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(gatewayBefore);
  const gatewayUs = (user + system) / answered;
  const runnerUs = ((runnerCpuMs(backend) - runnerBefore) * 1_000) / answered;
  const perCpuSecond = 1e6 / (gatewayUs + runnerUs);
  return [concurrency, perCpuSecond, gatewayUs, runnerUs, (answered / wallMs) * 1_000]
    .map((value, i) => (i === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)))
    .map((text) => text.padStart(14))
    .join('');
}

async function table(what: string, batchRowsMax: number): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
  const backend = createOnnxBackend({
    pathOf: () => file.path,
    scratch,
    clock: systemClock,
    entropy: systemEntropy,
    limits: { batchRowsMax },
  });
  await backend.load(file.version, signal);
  console.log(`\n${what}`);
  const heads = ['concurrency', 'per CPU-second', 'gateway µs', 'runner µs', 'per second'];
  console.log(heads.map((head) => head.padStart(14)).join(''));
  for (const concurrency of CONCURRENCIES) console.log(await measure(backend, concurrency));
  await backend.unload(call.digest);
  rmSync(scratch, { recursive: true });
}

await table('concurrent requests joined', 256);
await table('each request alone', 1);
