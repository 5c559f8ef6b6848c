import { atPointer, isObject, own } from '../protocol/inference/json-body.ts';
import type { JsonObject } from '../protocol/inference/json-body.ts';
import type { UnitKey } from '../core/routing/endpoint.ts';
import type { Dialect } from './dialect.ts';
import type { Headers } from './exchange.ts';

/** Longest unit key; what follows does not count. */
const UNIT_CHARS_MAX = 256;

/**
 * What a request calls its unit: by the header, else in the body, else by its sequence. Who names
 * none is a unit of his own: `moment`.
 */
export function unitKey(
  key: UnitKey,
  { dialect, headers }: { readonly dialect: Dialect; readonly headers: Headers },
  moment: string,
): string {
  const named = key.header === '' ? undefined : headers.get(key.header);
  if (named !== undefined && named !== '') return named.slice(0, UNIT_CHARS_MAX);
  const { json } = dialect;
  if (json === null) return moment;
  const inBody = key.pointer === null ? undefined : atPointer(json, key.pointer);
  return wordOf(inBody) ?? sequenceOf(json) ?? moment;
}

/** The requests of a sequence (an extension of the protocol) must not go to different versions. */
function sequenceOf(json: JsonObject): string | null {
  const parameters = own(json, 'parameters');
  return isObject(parameters) ? wordOf(own(parameters, 'sequence_id')) : null;
}

function wordOf(value: unknown): string | null {
  if (typeof value === 'string' && value !== '') return value.slice(0, UNIT_CHARS_MAX);
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : null;
}
