import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxBackend } from '../../src/adapters/backend/onnx/backend.ts';
import type { OnnxLimits } from '../../src/adapters/backend/onnx/limits.ts';
import type { BackendHealth, InferResult, ModelBackend } from '../../src/ports/model-backend.ts';
import type { Tensor } from '../../src/protocol/inference/tensor.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { systemEntropy } from '../../src/runtime/system-entropy.ts';
import type { ModelFile } from './models.ts';

const never = new AbortController().signal;

/** A backend over files, for the length of a test. */
export type Harness = AsyncDisposable & {
  readonly backend: ModelBackend;
  load(file: ModelFile): Promise<void>;
  infer(file: ModelFile, inputs: readonly Tensor[], more?: InferMore): Promise<InferResult>;
  health(file: ModelFile): BackendHealth | undefined;
  /** Processes that stand in this backend's folder: its runners. */
  pids(): readonly number[];
};

/** What differs from an ordinary request. */
export type InferMore = {
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** A copy nobody waits for. */
  readonly yields?: boolean;
};

/** Starts a backend that can load `files`. */
export function harness(
  files: readonly ModelFile[],
  limits: Partial<OnnxLimits> = {},
  more: { readonly availableBytes?: () => number } = {},
): Harness {
  const scratch = mkdtempSync(join(tmpdir(), 'runners-'));
  const backend = createOnnxBackend({
    pathOf: (digest) => files.find(({ version }) => version.digest === digest)?.path ?? '',
    scratch,
    clock: systemClock,
    entropy: systemEntropy,
    limits,
    ...more,
  });
  return {
    backend,
    load: (file) => backend.load(file.version, never),
    infer: (file, inputs, { deadlineMs = 60_000, signal = never, yields = false } = {}) => {
      const { digest } = file.version;
      return backend.infer({ digest, inputs, outputs: null, deadlineMs, yields }, signal);
    },
    health: (file) => backend.health().find(({ digest }) => digest === file.version.digest),
    pids: () => pidsIn(scratch),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(backend.health().map(({ digest }) => backend.unload(digest)));
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** Processes whose working folder lies in `folder`. */
export function pidsIn(folder: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && cwdOf(pid).startsWith(`${folder}/`));
}

function cwdOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}
