import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOnnxProbe } from '../../src/adapters/backend/onnx/probe.ts';
import { DirectoryBlobStore } from '../../src/adapters/blob/directory.ts';
import { prng } from '../../src/core/lib/prng.ts';
import { EMPTY_BATCH } from '../../src/ports/model-probe.ts';
import { goldenSchema } from '../../src/protocol/admin/golden.ts';
import { Fault } from '../../src/protocol/errors.ts';
import { createRegistry, inspect } from '../../src/registry/registry.ts';
import { mutantOf } from './onnx-mutator.ts';
import * as w from './onnx-writer.ts';
import { seeds } from './seeds.ts';
import type { Golden } from '../../src/protocol/admin/golden.ts';
import type { Registry } from '../../src/registry/registry.ts';
import type { Admitted } from '../../src/registry/versioning.ts';

/** Mutants that reach a real process; `FUZZ_MUTANTS` asks for more. */
const MUTANTS = Number(process.env['FUZZ_MUTANTS'] ?? 60);

const vectors = join(import.meta.dirname, '../vectors/onnx');
const examples = join(import.meta.dirname, '../../examples/models');
const never = new AbortController().signal;

let folder: string;
let blobs: DirectoryBlobStore;
let registry: Registry;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'admission-'));
  blobs = await DirectoryBlobStore.open(join(folder, 'blobs'));
  registry = createRegistry({
    blobs,
    pathOf: (digest) => blobs.path(digest),
    probe: createOnnxProbe({ scratch: join(folder, 'scratch') }),
  });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function* whole(file: Uint8Array): AsyncGenerator<Uint8Array> {
  yield file;
}

async function admit(file: Uint8Array, golden: Golden | null = null): Promise<Admitted> {
  const { digest } = await blobs.put(whole(file), { bytesMax: 1 << 28, signal: never });
  return registry.admit(digest, golden, never);
}

/** The code of the refusal, or `admitted`; anything but a coded fault is thrown on. */
async function outcome(file: Uint8Array, golden: Golden | null = null): Promise<string> {
  try {
    await admit(file, golden);
    return 'admitted';
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return error.code;
  }
}

const model = (path: string): Uint8Array => readFileSync(path);
const goldenFile = (path: string): Golden =>
  goldenSchema.parse(JSON.parse(readFileSync(path, 'utf8')));

describe('the models of the demonstration', () => {
  test.for(['v1', 'v2', 'v3'])('%s is admitted with its golden rows', async (name) => {
    const golden = goldenFile(join(examples, `${name}.golden.json`));
    const { report } = await admit(model(join(examples, `${name}.onnx`)), golden);
    const lines = report.checks.map(({ name: check, detail }) => `${check}: ${detail}`);
    expect(lines).toContainEqual(expect.stringMatching(/^golden: 24 values within 0\.00001/));
    expect(report.loadMs).toBeGreaterThan(0);
    expect(report.peakBytes).toBeGreaterThan(2 ** 20);
  });

  test('v3 has its NaN on record', async () => {
    const { report } = await admit(model(join(examples, 'v3.onnx')));
    const warnings = report.checks.filter(({ name }) => name === 'warning');
    expect(warnings.map(({ detail }) => detail)).toEqual([expect.stringContaining('minus one')]);
  });

  test('another version does not answer the golden rows', async () => {
    const golden = goldenFile(join(examples, 'v1.golden.json'));
    expect(await outcome(model(join(examples, 'v2.onnx')), golden)).toBe('GOLDEN_MISMATCH');
  });
});

const listed = (folderName: string): readonly string[] =>
  seeds.map(({ name }) => name).filter((name) => name.includes(`/${folderName}/`));

test.for([...listed('golden'), ...listed('valid')])('%s is admitted', async (name) => {
  expect(await outcome(model(join(import.meta.dirname, '../..', name)))).toBe('admitted');
});

test.for([
  { file: 'poison/slow.onnx', codes: ['admitted', 'PROBE_TIMEOUT'] },
  { file: 'poison/memory.onnx', codes: ['admitted', 'PROBE_MEMORY', 'PROBE_CRASHED'] },
  { file: 'poison/spectrum.onnx', codes: ['admitted', 'PROBE_TIMEOUT'] },
  { file: 'poison/error.onnx', codes: ['admitted'] },
  { file: 'poison/nan.onnx', codes: ['admitted'] },
  { file: 'poison/zero-division.onnx', codes: ['admitted', 'PROBE_CRASHED'] },
  { file: 'hostile/operator/unknown-op.onnx', codes: ['PROBE_REFUSED'] },
  { file: 'hostile/signature/wrong-output-type.onnx', codes: ['PROBE_REFUSED'] },
  { file: 'hostile/signature/proto-name.onnx', codes: ['admitted'] },
])('$file ends as one of $codes', async ({ file, codes }) => {
  expect(codes).toContain(await outcome(model(join(vectors, file))));
});

test('TopK, which dies of an empty batch, is admitted with a warning', async () => {
  const file = w.model({
    graph: w.graph({
      nodes: [w.node({ op: 'TopK', inputs: ['x', 'k'], outputs: ['y', 'i'] })],
      initializers: [w.int64s('k', [1])],
      inputs: [w.value('x', w.tensorType(1, ['n', 2]))],
      outputs: [w.value('y', w.tensorType(1, ['n', 1]))],
    }),
  });
  const { report } = await admit(file);
  expect(report.checks).toContainEqual({
    name: 'warning',
    detail: `its process does not survive ${EMPTY_BATCH}`,
  });
});

test('mutants that pass the walk do no harm in the process either', async () => {
  const rng = prng('admission');
  const outcomes = new Map<string, number>();
  for (let count = 0; count < MUTANTS;) {
    const seed = seeds[count % seeds.length]?.file ?? new Uint8Array();
    const mutant = mutantOf(seed, rng);
    if (!passesWalk(mutant)) continue;
    count += 1;
    const code = await outcome(mutant);
    outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
  }
  console.info(Object.fromEntries(outcomes));
  expect(outcomes.size).toBeGreaterThan(1);
}, 3_600_000);

function passesWalk(file: Uint8Array): boolean {
  try {
    inspect(file);
    return true;
  } catch {
    return false;
  }
}
