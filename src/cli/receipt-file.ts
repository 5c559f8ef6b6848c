import { writeFileSync } from 'node:fs';
import { canonicalJson } from '../core/lib/canonical.ts';
import { sealOf } from '../core/replay/receipt.ts';
import type { Receipt } from '../core/replay/receipt.ts';
import { parseReceipt } from '../protocol/admin/receipt.ts';
import { Fault } from '../protocol/errors.ts';
import { readAll, readText } from './session.ts';
import type { Session } from './session.ts';

/** A receipt that was read, or why its hash does not hold before anything of it is trusted. */
export type ReadReceipt =
  | { readonly type: 'read'; readonly receipt: Receipt }
  | { readonly type: 'changed' };

/** Reads a receipt from a file, or - for stdin. Fault `RECEIPT_UNREADABLE`. */
export async function readReceipt({ parts }: Session, file: string): Promise<ReadReceipt> {
  const text = file === '-' ? await readAll(parts.stdin) : readText(file);
  const value = receiptIn(text, file === '-' ? 'stdin' : file);
  // The hash first: of what was changed, the shape says nothing.
  const isSealed = 'sha256' in value && typeof value.sha256 === 'string';
  if (isSealed && sealOf(value) !== value.sha256) return { type: 'changed' };
  return { type: 'read', receipt: parseReceipt(value) };
}

function receiptIn(text: string, where: string): object {
  const unreadable = (why: string): Fault => new Fault('RECEIPT_UNREADABLE', `${where} ${why}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(`is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
  if (typeof value === 'object' && value !== null && 'kind' in value) return value;
  throw unreadable('holds no receipt');
}

/** Writes a receipt as its hash covers it. Fault `FILE_UNWRITABLE`. */
export function writeReceipt(receipt: object, file: string): void {
  try {
    writeFileSync(file, `${canonicalJson(receipt)}\n`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Fault('FILE_UNWRITABLE', `${file} cannot be written (${code})`);
  }
}
