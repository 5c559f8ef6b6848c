import { canary } from './canary.ts';
import type { Strategy } from './strategy.ts';

/** Every strategy by its kind. */
export const strategies = { canary } as const satisfies Record<Strategy['kind'], Strategy>;
