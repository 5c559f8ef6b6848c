import type { AuditEntry } from '../governance/audit.ts';
import { canonicalJson } from '../lib/canonical.ts';
import { sha256Hex } from '../lib/sha256.ts';
import type { Instant } from '../lib/units.ts';
import type { Window } from '../telemetry/window.ts';
import type { StartDetail, TransitionDetail } from './record.ts';

/**
 * Everything a rollout's decisions rested on, in one value: whoever has it can decide them again
 * without a server. It holds no secret.
 */
export type Receipt = {
  readonly schema: 1;
  readonly kind: typeof RECEIPT_KIND;
  /** Id of the rollout. */
  readonly rollout: string;
  readonly writtenAt: Instant;
  /** Version of the program that wrote it. */
  readonly program: string;
  /** The rollout's entries of the audit log, oldest first: its start, then each transition. */
  readonly entries: readonly [ReceiptStart, ...ReceiptStep[]];
  /** The windows decisions rested on, those of all gateways as one. */
  readonly windows: readonly ReceiptWindow[];
  /** Windows that came after the last decision: only this receipt's own hash covers them. */
  readonly later: readonly Window[];
  /** SHA-256, in hexadecimal, of the canonical JSON of all the rest. */
  readonly sha256: string;
};

/** The entry of the start. */
export type ReceiptStart = AuditEntry & { readonly detail: StartDetail };

/** The entry of a transition. */
export type ReceiptStep = AuditEntry & { readonly detail: TransitionDetail };

/** A window with the judgement that was the first to rest on it. */
export type ReceiptWindow = { readonly since: Since; readonly window: Window };

/** An entry's `seq`, and the place of a candidate: each is judged by itself, one after another. */
export type Since = readonly [seq: number, place: number];

/** Says what kind of file it is. */
export const RECEIPT_KIND = 'understudy receipt';

/** The hash of a receipt. */
export const sealOf = (receipt: object): string =>
  sha256Hex(canonicalJson({ ...receipt, sha256: undefined }));

/** A receipt with its hash. */
export const sealed = (open: Omit<Receipt, 'sha256'>): Receipt => ({
  ...open,
  sha256: sealOf(open),
});
