import type { FaultEntry } from './entry.ts';

/** Faults of rollouts. */
export const rolloutFaults = {
  ROLLOUT_CONFLICT: {
    status: 409,
    meaning: 'The rollout changed since it was read.',
    fix: 'Read the rollout again and repeat the command.',
  },
} as const satisfies Record<string, FaultEntry>;
