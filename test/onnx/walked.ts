import { Fault } from '../../src/protocol/errors.ts';
import { defaultWalkCaps } from '../../src/registry/onnx/caps.ts';
import type { WalkCaps } from '../../src/registry/onnx/caps.ts';
import { walkOnnx } from '../../src/registry/onnx/walk.ts';
import { bytes, graph, model } from '../fuzz/onnx-writer.ts';
import type { GraphParts } from '../fuzz/onnx-writer.ts';

/** The walk's signature, or the code and the place of its refusal. */
export function walked(file: Uint8Array, caps: Partial<WalkCaps> = {}) {
  try {
    return walkOnnx(file, { ...defaultWalkCaps, ...caps }).signature;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { code: error.code, path: error.path, what: error.message };
  }
}

/** The code of the refusal, or `admitted`. */
export const code = (file: Uint8Array, caps: Partial<WalkCaps> = {}): string => {
  const result = walked(file, caps);
  return 'code' in result ? result.code : 'admitted';
};

/** A model around a graph of these parts. */
export const inGraph = (parts: GraphParts): Uint8Array => model({ graph: graph(parts) });

/** The raw data of so many zeros. */
export const floats = (count: number): Uint8Array => bytes(9, new Uint8Array(count * 4));
