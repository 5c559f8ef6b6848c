import { admissionFaults } from './errors/admission.ts';
import { adminFaults } from './errors/admin.ts';
import { cliFaults } from './errors/cli.ts';
import { feedbackFaults } from './errors/feedback.ts';
import { inferenceFaults } from './errors/inference.ts';
import { receiptFaults } from './errors/receipt.ts';
import { registryFaults } from './errors/registry.ts';
import { rolloutFaults } from './errors/rollout.ts';
import { runnerFaults } from './errors/runner.ts';
import { storeFaults } from './errors/store.ts';
import type { FaultEntry } from './errors/entry.ts';

/** Every coded fault of the product. A test proves that the reference page lists them all. */
export const faults = {
  ...admissionFaults,
  ...adminFaults,
  ...cliFaults,
  ...feedbackFaults,
  ...inferenceFaults,
  ...receiptFaults,
  ...registryFaults,
  ...rolloutFaults,
  ...runnerFaults,
  ...storeFaults,
} as const satisfies Record<string, FaultEntry>;

/** A stable code that callers may match on. */
export type FaultCode = keyof typeof faults;

/** An expected failure at an edge: what happened, under which code, and how to mend it. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  /** Path into the input the fault is about, e.g. `strategy.stages[1].share`; null: the whole. */
  readonly path: string | null;

  constructor(code: FaultCode, what: string, path: string | null = null) {
    super(what);
    this.code = code;
    this.path = path;
  }

  /** HTTP status the fault is answered with. */
  get status(): number {
    return faults[this.code].status;
  }

  /** How the caller can mend it. */
  get fix(): string {
    return faults[this.code].fix;
  }
}

/** A fault as clients get it; `error` is the sentence, as the Open Inference Protocol wants it. */
export type FaultBody = {
  readonly error: string;
  readonly code: FaultCode;
  readonly fix: string;
  readonly path?: string;
  readonly request_id?: string;
};

/** The body that answers a fault. */
export function faultBody(fault: Fault, requestId: string | null = null): FaultBody {
  return {
    error: fault.message,
    code: fault.code,
    fix: fault.fix,
    ...(fault.path === null ? {} : { path: fault.path }),
    ...(requestId === null ? {} : { request_id: requestId }),
  };
}
