import { checkExpansion } from './check-expansion.ts';
import { checkNames } from './check-names.ts';
import { checkOperators } from './check-operators.ts';
import { defaultWalkCaps } from './caps.ts';
import { readModel } from './decode-model.ts';
import { declaredSignature } from './signature.ts';
import { refuse, WireReader } from './wire.ts';
import { wholeFile } from './where.ts';
import type { WalkCaps } from './caps.ts';
import type { DeclaredSignature } from './signature.ts';

/** What a walk through a model file found. */
export type WalkedModel = DeclaredSignature & {
  readonly irVersion: number;
  readonly producer: string;
  /** Domain (`ai.onnx` for ONNX itself) and version of the operators it uses. */
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly nodes: number;
  readonly functions: number;
  readonly tensors: number;
  readonly elements: number;
};

/**
 * Walks through the whole of an ONNX file without running any of it, and refuses what must not come
 * near the runtime. The work is bounded by the size of the file. Faults: `ONNX_…`.
 */
export function walkOnnx(bytes: Uint8Array, caps: WalkCaps = defaultWalkCaps): WalkedModel {
  if (bytes.byteLength > caps.fileBytesMax) {
    const what = `the file has ${bytes.byteLength} bytes, more than ${caps.fileBytesMax}`;
    refuse('ONNX_LIMIT', what, wholeFile);
  }
  const reader = new WireReader(bytes, caps);
  const model = readModel(reader);
  checkOperators(model, caps);
  checkNames(model);
  const declared = declaredSignature(model, caps);
  checkExpansion(model, caps, reader.counted('expansionBytes'));
  return {
    ...declared,
    irVersion: model.irVersion,
    producer: model.producer,
    opsets: model.imports.map(({ domain, version }) => ({
      domain: domain === '' ? 'ai.onnx' : domain,
      version,
    })),
    nodes: reader.counted('nodes'),
    functions: reader.counted('functions'),
    tensors: reader.counted('tensors'),
    elements: reader.counted('elements'),
  };
}
