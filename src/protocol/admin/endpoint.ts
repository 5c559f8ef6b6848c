import { z } from 'zod';
import { Moment, Name, Reason, VersionRefShape } from './scalars.ts';

const UnitKeyShape = z.strictObject({
  header: z
    .string()
    .regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'write a header name in lower case')
    .describe('Header that names the unit (usually the user).'),
  pointer: z
    .string()
    .regex(/^(\/[^/]*)+$/, 'write a JSON pointer like /user/id')
    .nullable()
    .default(null)
    .describe('JSON pointer (RFC 6901) into the body, tried when the header is absent.'),
});

const deadlineMs = z.number().int().min(1).max(600_000);

/** What an operator may set on an endpoint. */
export const EndpointSettingsShape = z.strictObject({
  unitKey: UnitKeyShape,
  deadlineMs: deadlineMs.describe('A prediction not ready by then is answered as timed out.'),
});

/** Makes an endpoint. */
export const EndpointCreate = z.strictObject({
  name: Name,
  version: z.string().min(1).describe('`model@3`, `model@label`, `model@alias` or `model` (newest).'),
  unitKey: UnitKeyShape.optional(),
  deadlineMs: deadlineMs.optional(),
});

/** An endpoint with what goes on at it. */
export const EndpointView = z.strictObject({
  name: Name,
  model: Name,
  version: VersionRefShape,
  previous: VersionRefShape.nullable(),
  settings: EndpointSettingsShape,
  revision: z.number().int(),
  createdAt: Moment,
  changedAt: Moment,
  rollout: z.string().nullable().describe('The rollout in progress.'),
});

/** Takes the endpoint back, whatever goes on. */
export const EndpointRollback = z.strictObject({ reason: Reason });

/** What a rollback did. */
export const RollbackAnswer = z.strictObject({
  endpoint: Name,
  rollout: z.string().nullable().describe('The rollout that was reverted; null: there was none.'),
  version: VersionRefShape.describe('What answers from now on.'),
  generation: z.number().int().describe('The routing table that says so.'),
});
