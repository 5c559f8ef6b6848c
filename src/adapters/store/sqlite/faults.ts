import { Fault, type FaultCode } from '../../../protocol/errors.ts';

/** Result codes of SQLite that mean something to people; others are `STORE_UNAVAILABLE`. */
const codes: ReadonlyMap<number, FaultCode> = new Map([
  [5, 'STORE_BUSY'],
  [6, 'STORE_BUSY'],
  [8, 'STORE_READ_ONLY'],
  [11, 'STORE_CORRUPT'],
  [13, 'STORAGE_FULL'],
  [26, 'STORE_CORRUPT'],
]);

/** The lowest byte of a result code says what is wrong, the others where. */
const PRIMARY_CODE = 0xff;

function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode & PRIMARY_CODE : null;
}

/** What an error of SQLite is as a coded fault; anything else is handed back as it is. */
export function storeFault(error: unknown, file: string): unknown {
  if (error instanceof Fault) return error;
  if (error instanceof SyntaxError) {
    return new Fault('STORE_CORRUPT', `${file} holds a value that is no JSON`);
  }
  const code = resultCode(error);
  if (code === null || !(error instanceof Error)) return error;
  return new Fault(codes.get(code) ?? 'STORE_UNAVAILABLE', `${file}: ${error.message}`);
}

/** Does `work` on the database; errors of SQLite come out as coded faults. */
export function withFaults<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeFault(error, file);
  }
}
