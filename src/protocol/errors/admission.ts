import type { FaultEntry } from './entry.ts';

/** Why a model file is not let in. */
export const admissionFaults = {
  FORMAT_REFUSED: {
    status: 422,
    meaning: 'The bytes are of a format that can execute code or is not ONNX.',
    fix: 'Export the model to ONNX (skl2onnx, torch.onnx, tf2onnx) and push that file.',
  },
} as const satisfies Record<string, FaultEntry>;
