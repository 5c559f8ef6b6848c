import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFunctionBackend } from '../../src/adapters/backend/function.ts';
import { createOnnxBackend } from '../../src/adapters/backend/onnx/backend.ts';
import type { ModelBackend } from '../../src/ports/model-backend.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { systemEntropy } from '../../src/runtime/system-entropy.ts';
import { createRig } from '../gateway/rig.ts';
import { modelFunction, modelPath, modelTable, modelVersions } from './models.ts';

/** A server under test: any that speaks the protocol and has the models of `models.ts`. */
export type Target = { readonly url: string; readonly port: number; close(): Promise<void> };

/** A gateway whose models are functions of this process. */
export function startFunctionTarget(): Promise<Target> {
  const backend = createFunctionBackend({
    clock: systemClock,
    modelOf: (version) => modelFunction(version),
  });
  return start(backend, () => Promise.resolve());
}

/** A gateway with ONNX models, each in a process of its own. */
export async function startOnnxTarget(): Promise<Target> {
  const scratch = await mkdtemp(join(tmpdir(), 'conformance-'));
  const nameOf = (digest: string): string =>
    modelVersions.find((version) => version.digest === digest)?.model ?? '';
  const backend = createOnnxBackend({
    pathOf: (digest) => modelPath(nameOf(digest)),
    scratch,
    clock: systemClock,
    entropy: systemEntropy,
  });
  return start(backend, () => rm(scratch, { recursive: true, force: true }));
}

async function start(backend: ModelBackend, clean: () => Promise<void>): Promise<Target> {
  const { gateway, feed } = createRig({ clock: systemClock, backend, limits: { drainMs: 100 } });
  feed.publish(modelTable);
  await gateway.start();
  const { signal } = new AbortController();
  while (!gateway.isReady()) await systemClock.sleep(5, signal);
  const { port } = await gateway.listen({ host: '127.0.0.1', port: 0 });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: async () => {
      await gateway.drain();
      await clean();
    },
  };
}
