import type { FaultEntry } from './entry.ts';

/** Faults of the admin API. */
export const adminFaults = {
  UNAUTHENTICATED: {
    status: 401,
    meaning: 'No token, or one that is unknown, expired or revoked.',
    fix: 'Send `Authorization: Bearer <token>`; `understudy token create` makes one.',
  },
  FORBIDDEN: {
    status: 403,
    meaning: 'The role of the token does not allow this action.',
    fix: 'Ask somebody whose role allows it, or for a token with that role.',
  },
  INPUT_INVALID: {
    status: 422,
    meaning: 'The body, a parameter or a header does not have the documented shape.',
    fix: 'Correct the field named by `path`; the reference page shows the shape.',
  },
  ROUTE_UNKNOWN: {
    status: 404,
    meaning: 'There is no such path, or not with this method.',
    fix: 'See `/openapi.json` for the paths of the admin API.',
  },
  BODY_INVALID: {
    status: 400,
    meaning: 'The body is not JSON in UTF-8, or not of the announced content type.',
    fix: 'Send JSON with `Content-Type: application/json`, or bytes as `application/octet-stream`.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    meaning: 'The JSON body is larger than any valid one.',
    fix: 'Send model files to `/v1/blobs`; everything else is small.',
  },
  IDEMPOTENCY_MISMATCH: {
    status: 422,
    meaning: 'The idempotency key was used before for another request.',
    fix: 'Use a new key for a new request, and the old key only to repeat the old one.',
  },
  ENDPOINT_EXISTS: {
    status: 409,
    meaning: 'An endpoint of this name exists already.',
    fix: 'Choose another name, or start a rollout on the existing endpoint.',
  },
  ENDPOINT_BUSY: {
    status: 409,
    meaning: 'A rollout is in progress, and the setting decides who gets which version.',
    fix: 'Wait for the rollout, or take it back first; the deadline may be changed at any time.',
  },
  LOG_RULE_UNKNOWN: {
    status: 422,
    meaning: 'A rule of the prediction log names nothing the version in production takes or gives.',
    fix: 'Name an input, an output, or a place in a row: `understudy model show` lists them.',
  },
  TOKEN_UNKNOWN: {
    status: 404,
    meaning: 'No token has this id.',
    fix: 'List the tokens with `understudy token list`.',
  },
  TOKEN_EXISTS: {
    status: 409,
    meaning: 'A token of this name exists already.',
    fix: 'Choose another name, or revoke the existing token first.',
  },
  STATE_CONFLICT: {
    status: 409,
    meaning: 'Another control process changed the state at the same time.',
    fix: 'Repeat the request; make sure that only one control process runs on this store.',
  },
  INTERNAL: {
    status: 500,
    meaning: 'A bug of ours; it has been logged under the request id.',
    fix: 'Report it with the request id; repeating may succeed.',
  },
} as const satisfies Record<string, FaultEntry>;
