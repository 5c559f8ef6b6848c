import { Fault } from '../protocol/errors.ts';
import { isObject, own, parseJson, utf8Text } from '../protocol/inference/json-body.ts';
import type { JsonObject } from '../protocol/inference/json-body.ts';
import { faultAnswer, jsonAnswer, metricsAnswer } from './exchange.ts';
import type { Answer, GatewayRequest } from './exchange.ts';
import type { Router } from './router.ts';
import type { GatewayStatus } from './status.ts';

/** What can be done on the local socket. */
export type LocalParts = {
  readonly status: () => GatewayStatus;
  readonly metrics: () => string;
  /** Takes the rollout of an endpoint back to the baseline, on this gateway, now. */
  readonly rollback: (order: RollbackOrder) => { readonly rollout: string };
};

/** Who takes what back, and why. */
export type RollbackOrder = {
  readonly endpoint: string;
  readonly who: string;
  readonly reason: string;
};

const TEXT_CHARS_MAX = 2_000;

/**
 * The way in when control and database are away: whoever may open the socket may take a candidate
 * out, and nothing else.
 */
export function createLocalRouter(parts: LocalParts): Router {
  return (request) => Promise.resolve(answerOf(parts, request));
}

function answerOf(parts: LocalParts, request: GatewayRequest): Answer {
  try {
    switch (`${request.method} ${request.target}`) {
      case 'GET /status':
        return jsonAnswer(parts.status());
      case 'GET /metrics':
        return metricsAnswer(parts.metrics());
      case 'POST /rollback':
        return jsonAnswer(parts.rollback(orderOf(request.body)));
      default:
        throw new Fault('PATH_UNKNOWN', 'there are GET /status, GET /metrics and POST /rollback');
    }
  } catch (error) {
    if (error instanceof Fault) return faultAnswer(error, null);
    return faultAnswer(new Fault('INTERNAL', 'the gateway failed on this request'), null);
  }
}

function orderOf(body: Uint8Array): RollbackOrder {
  const json = parseJson(utf8Text(body), false);
  if (!isObject(json)) throw new Fault('REQUEST_MALFORMED', 'the body is not a JSON object');
  return {
    endpoint: textOf(json, 'endpoint'),
    who: textOf(json, 'who'),
    reason: textOf(json, 'reason'),
  };
}

function textOf(json: JsonObject, name: string): string {
  const value = own(json, name);
  if (typeof value === 'string' && value.trim() !== '') return value.slice(0, TEXT_CHARS_MAX);
  throw new Fault('REQUEST_MALFORMED', `${name} is missing`, name);
}
