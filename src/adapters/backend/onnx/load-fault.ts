import { versionName } from '../../../core/catalog/version.ts';
import type { VersionRef } from '../../../core/catalog/version.ts';
import { assertNever } from '../../../core/lib/invariant.ts';
import { Fault } from '../../../protocol/errors.ts';
import type { RefusedMessage } from '../../../protocol/runner/message.ts';

/** The fault that says why a version did not become ready. */
export function loadFault(
  version: VersionRef,
  { refusal, how }: { readonly refusal: RefusedMessage | null; readonly how: string },
): Fault {
  const name = versionName(version);
  if (refusal === null) return new Fault('MODEL_LOAD_ENDED', `${name}: the runner ${how}`);
  const what = `${name}: ${refusal.message}`;
  switch (refusal.why) {
    case 'digest':
      return new Fault('BLOB_CORRUPT', what);
    case 'unreadable':
      return new Fault('BLOB_NOT_FOUND', `${name}: its file cannot be read`);
    case 'signature':
      return new Fault('MODEL_SIGNATURE', what);
    case 'refused':
      return new Fault('MODEL_REFUSED', what);
    case 'runtime':
      return new Fault('RUNNER_UNAVAILABLE', what);
    default:
      return assertNever(refusal.why, 'loadFault');
  }
}
