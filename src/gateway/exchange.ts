import { faultBody } from '../protocol/errors.ts';
import { EXPOSITION_TYPE } from '../protocol/exposition.ts';
import type { Fault } from '../protocol/errors.ts';

/** A request whose head was admitted and whose body has arrived, whatever it came through. */
export type GatewayRequest = {
  readonly method: string;
  /** Path with query, as sent. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
};

/** Header values by lower-case name; repeated ones were refused or joined. */
export type Headers = ReadonlyMap<string, string>;

/** An answer. Header names and values alternate, as the wire has them. */
export type Answer = {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string | Uint8Array;
};

/** Header names and values of a JSON answer. */
export const JSON_HEADERS: readonly string[] = ['content-type', 'application/json'];

/** Answers with a value. */
export const jsonAnswer = (value: unknown, status = 200): Answer => ({
  status,
  headers: JSON_HEADERS,
  body: JSON.stringify(value),
});

const RETRY_AFTER_S = 1;
const RETRYABLE = 503;

/** Answers with a coded fault. */
export function faultAnswer(fault: Fault, requestId: string | null): Answer {
  const headers =
    fault.status === RETRYABLE
      ? [...JSON_HEADERS, 'retry-after', String(RETRY_AFTER_S)]
      : JSON_HEADERS;
  return { status: fault.status, headers, body: JSON.stringify(faultBody(fault, requestId)) };
}

const METRICS_HEADERS = ['content-type', EXPOSITION_TYPE];

/** Metrics as Prometheus reads them. */
export const metricsAnswer = (text: string): Answer => ({
  status: 200,
  headers: METRICS_HEADERS,
  body: text,
});
