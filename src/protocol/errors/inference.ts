import type { FaultEntry } from './entry.ts';

/** Faults of the prediction API. */
export const inferenceFaults = {
  ENDPOINT_UNKNOWN: {
    status: 404,
    meaning: 'No endpoint has this name.',
    fix: 'List the endpoints with `understudy endpoint list`.',
  },
  PATH_UNKNOWN: {
    status: 404,
    meaning: 'The prediction API has no such path.',
    fix: 'Predict with `POST /v2/models/{endpoint}/infer` or `POST /predict`.',
  },
  METHOD_UNSUPPORTED: {
    status: 405,
    meaning: 'The path exists, but not with this method.',
    fix: 'Use the method that the message names.',
  },
  OPERATION_UNSUPPORTED: {
    status: 501,
    meaning: 'The operation of the protocol is not offered on the prediction listener.',
    fix: 'Load and unload versions by registering and rolling them out.',
  },
  REQUEST_MALFORMED: {
    status: 400,
    meaning: 'The body is not what the protocol wants.',
    fix: 'Correct the field named by `path`; the reference page shows the shape.',
  },
  TENSOR_INVALID: {
    status: 400,
    meaning: 'A tensor does not fit its declared type and shape, or not the model.',
    fix: 'Compare with the inputs in `GET /v2/models/{endpoint}`.',
  },
  ENDPOINT_AMBIGUOUS: {
    status: 400,
    meaning: 'The request does not say which of several endpoints is meant.',
    fix: 'Name it in `endpoint`, or call `POST /v1/endpoints/{name}/predict`.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    meaning: 'The body has a type or an encoding that is not read.',
    fix: 'Send UTF-8 JSON as `application/json`, or tensors as `application/octet-stream`.',
  },
  HTTP_REFUSED: {
    status: 400,
    meaning: 'The request line or the headers are ambiguous or not HTTP/1.1.',
    fix: 'Send a plain HTTP/1.1 request with one `Host` header and a path.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    meaning: 'There are too many headers, or they are too long.',
    fix: 'Send fewer and shorter headers.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    meaning: 'The request did not arrive in time.',
    fix: 'Send headers and body without long pauses.',
  },
  EXPECTATION_UNSUPPORTED: {
    status: 417,
    meaning: 'The `Expect` header asks for something else than `100-continue`.',
    fix: 'Leave the header out.',
  },
  NOT_READY: {
    status: 503,
    meaning: 'The version that would answer is not loaded yet.',
    fix: 'Repeat after the time in `retry-after`.',
  },
  OVERLOADED: {
    status: 503,
    meaning: 'More requests are waiting than can be answered in time.',
    fix: 'Repeat after the time in `retry-after`; add workers if it lasts.',
  },
  DRAINING: {
    status: 503,
    meaning: 'This gateway is stopping and takes no new requests.',
    fix: 'Repeat; another gateway answers.',
  },
  DEADLINE_EXCEEDED: {
    status: 504,
    meaning: 'The model did not answer before the deadline of the endpoint.',
    fix: 'Send fewer rows per request, or raise the deadline of the endpoint.',
  },
  PREDICTION_FAILED: {
    status: 500,
    meaning: 'The model refused the input or failed on it.',
    fix: 'Compare the input with what the model was trained on; see the message.',
  },
  PREDICTION_CRASHED: {
    status: 500,
    meaning: 'The process of the model died under the request, or refuses an input that killed it.',
    fix: 'Repeating may succeed; the same input is refused once it killed a process twice.',
  },
  PREDICTION_INVALID: {
    status: 500,
    meaning: 'The model answered with nothing, NaN, an infinite number or a wrong shape.',
    fix: 'Mend the model: JSON cannot carry such a number, and nobody can use it.',
  },
  REQUEST_CANCELLED: {
    status: 499,
    meaning: 'The caller went away before the answer was ready.',
    fix: 'Wait longer for the answer.',
  },
  TABLE_REFUSED: {
    status: 422,
    meaning: 'A routing table was refused; the gateway goes on with the one it has.',
    fix: 'Correct what `path` names; the control plane sends a new table.',
  },
  FUSE_NOTHING_TO_CUT: {
    status: 409,
    meaning: 'The endpoint has no rollout that this gateway could take back to the baseline.',
    fix: 'Roll back to the previous version with `understudy rollback` once control is there.',
  },
} as const satisfies Record<string, FaultEntry>;
