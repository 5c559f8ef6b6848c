import type { Refusal } from '../../core/rollout/refusal.ts';
import { Fault } from '../../protocol/errors.ts';

/** A refusal of the core as the fault that clients get. */
export const faultOf = ({ code, sentence, path }: Refusal): Fault =>
  new Fault(code, sentence, path);
