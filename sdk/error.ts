import type { FaultBody, FaultCode } from '../src/protocol/errors.ts';

/** Codes the client itself gives, when there is no answer to take one from. */
export type ClientCode =
  | 'CONTROL_UNREACHABLE'
  | 'GATEWAY_UNREACHABLE'
  | 'TIMEOUT'
  | 'ANSWER_INVALID';

/** A stable code that callers may match on. */
export type ErrorCode = FaultCode | ClientCode;

type Details = {
  readonly code: ErrorCode;
  readonly fix: string;
  readonly path?: string | null;
  readonly status?: number | null;
  readonly requestId?: string | null;
  readonly cause?: unknown;
};

/** A call that did not succeed: what happened, under which code, and how to mend it. */
export class UnderstudyError extends Error {
  override readonly name = 'UnderstudyError';
  readonly code: ErrorCode;
  /** How the caller can mend it. */
  readonly fix: string;
  /** Path into the input the error is about; null: the whole. */
  readonly path: string | null;
  /** HTTP status; null when no answer came. */
  readonly status: number | null;
  /** Under which the server logged it; null when it named none. */
  readonly requestId: string | null;

  constructor(what: string, details: Details) {
    super(what, { cause: details.cause });
    this.code = details.code;
    this.fix = details.fix;
    this.path = details.path ?? null;
    this.status = details.status ?? null;
    this.requestId = details.requestId ?? null;
  }
}

/** The error an answer with a failing status stands for. */
export function errorOfAnswer(response: Response, text: string): UnderstudyError {
  const body = faultIn(text);
  const requestId = body?.request_id ?? response.headers.get('x-request-id');
  if (body === null) {
    return new UnderstudyError(
      `${response.url} answered ${response.status} without saying why in a way we know`,
      {
        code: 'ANSWER_INVALID',
        fix: 'See whether the address is that of Understudy and not of something before it.',
        status: response.status,
        requestId,
      },
    );
  }
  return new UnderstudyError(body.error, {
    code: body.code,
    fix: body.fix,
    path: body.path ?? null,
    status: response.status,
    requestId,
  });
}

function faultIn(text: string): FaultBody | null {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return null;
  }
  const isFault =
    typeof body === 'object' &&
    body !== null &&
    ['error', 'code', 'fix'].every((key) => typeof Reflect.get(body, key) === 'string');
  return isFault ? (body as FaultBody) : null;
}
