import type { FaultEntry } from './entry.ts';

/** Why a version cannot be made ready to answer. */
export const runnerFaults = {
  RUNNER_UNAVAILABLE: {
    status: 503,
    meaning: 'A model runner cannot be started on this machine.',
    fix: 'Install the optional package `onnxruntime-node`; Linux or macOS is needed.',
  },
  MODEL_REFUSED: {
    status: 422,
    meaning: 'ONNX Runtime does not accept the model.',
    fix: 'Read what it says; export the model again, for an opset the pinned version knows.',
  },
  MODEL_SIGNATURE: {
    status: 422,
    meaning: 'The loaded model takes or gives something else than its version declares.',
    fix: 'Push the model again; if it happens again, report it.',
  },
  MODEL_LOAD_ENDED: {
    status: 503,
    meaning: 'The runner ended, or was ended for going beyond a limit, before the model was ready.',
    fix: 'Look at the limit that is named; raise it, or make the model smaller.',
  },
  MODEL_FAILED: {
    status: 503,
    meaning: 'The runner of this version died too often and rests before it is tried again.',
    fix: 'Roll back to another version; read in the status what it died of.',
  },
  MEMORY_SHORT: {
    status: 507,
    meaning: 'The version would need more memory than is free.',
    fix: 'Unload a version, use a smaller one, or give the machine more memory.',
  },
  LOAD_CANCELLED: {
    status: 503,
    meaning: 'Nobody waits for this version any more.',
    fix: 'Ask again.',
  },
} as const satisfies Record<string, FaultEntry>;
