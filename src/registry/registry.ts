import { Fault } from '../protocol/errors.ts';
import { refuseOtherFormats } from './format/sniff.ts';
import { goldenInputs } from '../protocol/inference/golden-rows.ts';
import { judge } from './judgement.ts';
import { defaultWalkCaps } from './onnx/caps.ts';
import { walkOnnx } from './onnx/walk.ts';
import type { Signature, TensorSpec } from '../core/catalog/signature.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import type { ModelProbe, ProbeInput, ProbeLimits, ProbeReport } from '../ports/model-probe.ts';
import type { Golden } from '../protocol/admin/golden.ts';
import type { AdmissionCheck } from './judgement.ts';
import type { WalkCaps } from './onnx/caps.ts';
import type { WalkedModel } from './onnx/walk.ts';
import type { Admitted } from './versioning.ts';

/** Lets model files in, or says what is wrong with them. */
export type Registry = {
  /**
   * Checks stored bytes: their format, their graph, and in a throw-away process whether they load
   * and answer. One at a time; the others wait. Nothing is stored, so repeating it is harmless.
   * Faults: `FORMAT_…`, `ONNX_…`, `PROBE_…`, `GOLDEN_…`, `BLOB_…`, `ADMISSION_BUSY`; rejects with
   * the reason of `signal` when that is aborted.
   */
  admit(digest: string, golden: Golden | null, signal: AbortSignal): Promise<Admitted>;
};

/** What the registry works with. */
export type RegistryOptions = {
  readonly blobs: Pick<BlobStore, 'read'>;
  /** Absolute path of the file with these bytes, for the probe, which checks them again. */
  readonly pathOf: (digest: string) => string;
  readonly probe: ModelProbe;
  readonly limits?: Partial<RegistryLimits>;
};

/** Maxima of an admission. */
export type RegistryLimits = {
  readonly walk: WalkCaps;
  readonly probe: ProbeLimits;
  /** Admissions that wait while one is under way. */
  readonly waitingMax: number;
};

/** The maxima unless the operator says otherwise. */
export const defaultRegistryLimits: RegistryLimits = {
  walk: defaultWalkCaps,
  probe: {
    memoryBytesMax: 2 ** 30,
    loadMsMax: 10_000,
    caseMsMax: 2_000,
    totalMsMax: 30_000,
  },
  waitingMax: 16,
};

/** Makes a registry. */
export function createRegistry(options: RegistryOptions): Registry {
  const limits = { ...defaultRegistryLimits, ...options.limits };
  const context = { ...options, limits };
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    async admit(digest, golden, signal) {
      if (waiting > limits.waitingMax) {
        throw new Fault('ADMISSION_BUSY', `${waiting} model files are waiting already.`);
      }
      waiting += 1;
      const mine = last.then(() => admitOne(context, { digest, golden, signal }));
      const settle = (): void => {
        waiting -= 1;
      };
      last = mine.then(settle, settle);
      return untilAborted(mine, signal);
    },
  };
}

/** The outcome, or the reason of `signal` as soon as that is aborted. */
async function untilAborted<T>(outcome: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([outcome, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

type Context = RegistryOptions & { readonly limits: RegistryLimits };

type Request = {
  readonly digest: string;
  readonly golden: Golden | null;
  readonly signal: AbortSignal;
};

async function admitOne(context: Context, { digest, golden, signal }: Request): Promise<Admitted> {
  const { blobs, pathOf, probe, limits } = context;
  signal.throwIfAborted();
  const file = await blobs.read(digest, signal);
  const model = inspect(file, limits.walk);
  const cases = golden === null ? [] : [goldenCase(golden, model.signature)];
  const report = await probe.probe(
    {
      path: pathOf(digest),
      digest,
      signature: model.signature,
      golden: cases,
      limits: limits.probe,
    },
    signal,
  );
  signal.throwIfAborted();
  const checks = [...graphChecks(model, file.byteLength), ...judge(report, golden)];
  const { probeMs, peakBytes, load } = report;
  const loadMs = load.type === 'ok' ? load.loadMs : 0;
  return {
    signature: withRanks(model, report),
    report: { checks, loadMs, probeMs, peakBytes },
    bytes: file.byteLength,
  };
}

/**
 * What the bytes declare, without running any of them. Faults: `FORMAT_…`, `ONNX_…`.
 */
export function inspect(file: Uint8Array, caps: WalkCaps = defaultWalkCaps): WalkedModel {
  refuseOtherFormats(file);
  return walkOnnx(file, caps);
}

const goldenCase = (golden: Golden, signature: Signature): ProbeInput => ({
  name: 'the golden rows',
  inputs: goldenInputs(golden, signature),
});

/** Characters of the producer's name that are put on record. */
const PRODUCER_CHARS_MAX = 100;

function graphChecks(model: WalkedModel, bytes: number): readonly AdmissionCheck[] {
  const { irVersion, producer, opsets, nodes, functions, tensors, elements } = model;
  const by = producer === '' ? '' : `, made by ${producer.slice(0, PRODUCER_CHARS_MAX)}`;
  const used = opsets.map(({ domain, version }) => `${domain} ${version}`).join(', ');
  return [
    { name: 'content', detail: `${bytes} bytes with the digest they are named by` },
    { name: 'format', detail: `ONNX, IR ${irVersion}${by}; opsets: ${used}` },
    {
      name: 'graph',
      detail: `${nodes} nodes, ${functions} functions, ${tensors} tensors; ${elements} constants`,
    },
    { name: 'safety', detail: 'no external data, no custom operators, no giant constants' },
  ];
}

/** The signature, with free dimensions for outputs whose rank only a run has shown. */
function withRanks({ signature, unranked }: WalkedModel, report: ProbeReport): Signature {
  if (unranked.length === 0) return signature;
  const outputs = signature.outputs.map((spec) =>
    unranked.includes(spec.name) ? { ...spec, shape: seenRank(spec, report) } : spec,
  );
  return { ...signature, outputs };
}

function seenRank({ name, shape }: TensorSpec, { cases }: ProbeReport): readonly number[] {
  for (const { result } of cases) {
    if (result.type !== 'ok') continue;
    const tensor = result.outputs.find((output) => output.name === name);
    if (tensor !== undefined) return tensor.shape.map(() => -1);
  }
  return shape;
}
