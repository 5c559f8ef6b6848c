import { endpointHandlers } from './endpoints.ts';
import { eventHandlers } from './events.ts';
import { feedbackHandlers } from './feedback.ts';
import type { Handlers } from './handler.ts';
import { modelHandlers } from './models.ts';
import { rolloutHandlers } from './rollouts.ts';
import { systemHandlers } from './system.ts';

/** Who answers which call. A call without a handler does not compile. */
export const handlers: Handlers = {
  ...endpointHandlers,
  ...eventHandlers,
  ...feedbackHandlers,
  ...modelHandlers,
  ...rolloutHandlers,
  ...systemHandlers,
};
