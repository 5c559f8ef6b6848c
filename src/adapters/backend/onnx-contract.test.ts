import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import { modelBackendContract } from '../../ports/model-backend.contract.ts';
import { modelProbeContract } from '../../ports/model-probe.contract.ts';
import type { Tensor } from '../../protocol/inference/tensor.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { systemEntropy } from '../../runtime/system-entropy.ts';
import { reals, spec, vectorFile, writtenFile } from '../../../test/onnx/models.ts';
import type { ModelFile } from '../../../test/onnx/models.ts';
import { createOnnxBackend } from './onnx/backend.ts';
import { createOnnxProbe } from './onnx/probe.ts';

// Processes are started and ended, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let first: ModelFile;
let second: ModelFile;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onnx-'));
  const x = { name: 'x', shape: ['rows', 2] };
  const sums = [
    { op: 'Add', inputs: ['x', 'x'], outputs: ['twice'] },
    { op: 'Neg', inputs: ['x'], outputs: ['minus'] },
  ];
  const outputs = ['twice', 'minus'].map((name) => ({ name, shape: ['rows', 2] }));
  first = writtenFile(folder, 'first', { inputs: [x], outputs, nodes: sums });
  const others = sums.with(1, { op: 'Abs', inputs: ['x'], outputs: ['minus'] });
  second = writtenFile(folder, 'second', { inputs: [x], outputs, nodes: others });
});
afterAll(async () => rm(folder, { recursive: true }));

const inputs = (n: number): readonly Tensor[] => [reals('x', [1, 2], [n, n + 1])];
const outputs = (n: number): readonly Tensor[] => [
  reals('twice', [1, 2], [2 * n, 2 * n + 2]),
  reals('minus', [1, 2], [-n, -n - 1]),
];

modelBackendContract('the ONNX backend', async () => {
  const bad = vectorFile('hostile/wire/truncated-half', { inputs: [], outputs: [] });
  const files = [first, second, bad];
  const backend = createOnnxBackend({
    pathOf: (digest) => files.find(({ version }) => version.digest === digest)?.path ?? '',
    scratch: await mkdtemp(join(folder, 'scratch-')),
    clock: systemClock,
    entropy: systemEntropy,
  });
  return {
    backend,
    good: [first.version, second.version],
    bad: { version: bad.version, code: 'MODEL_REFUSED' },
    inputs,
    outputs,
    close: async () => {
      await Promise.all(backend.health().map(({ digest }) => backend.unload(digest)));
    },
  };
});

modelProbeContract('the ONNX probe', async () => {
  const limits = {
    memoryBytesMax: 256 * 2 ** 20,
    loadMsMax: 20_000,
    caseMsMax: 10_000,
    totalMsMax: 60_000,
  };
  const spectrum = vectorFile('poison/spectrum', {
    inputs: [spec('x', 'FP32', [1, 6, 10, 2]), spec('axis', 'INT64', [])],
    outputs: [spec('y', 'FP32', [-1, -1, -1, 1])],
  });
  const request = ({ path, version }: ModelFile) => ({
    path,
    digest: version.digest,
    signature: version.signature,
    golden: [],
    limits,
  });
  return {
    probe: createOnnxProbe({ scratch: join(folder, 'probe') }),
    good: { ...request(first), golden: [{ name: 'g', inputs: inputs(3) }] },
    answer: outputs(3),
    hanging: { ...request(spectrum), limits: { ...limits, caseMsMax: 300 } },
  };
});
