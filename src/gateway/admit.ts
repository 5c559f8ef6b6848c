import { Fault } from '../protocol/errors.ts';
import type { Headers } from './exchange.ts';
import type { GatewayLimits } from './limits.ts';

/** The head of a request as it came: names and values of headers alternate. */
export type Head = {
  readonly method: string;
  readonly target: string;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
};

/** A head that may be acted on. */
export type AdmittedHead = { readonly target: string; readonly headers: Headers };

/** Headers of which there is one or none: two would mean that somebody reads the other one. */
const SINGLE: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'expect',
  'inference-header-content-length',
  'x-understudy-version',
  'x-request-id',
]);

const refused = (what: string): Fault => new Fault('HTTP_REFUSED', what);

/**
 * Lets a head in, or refuses what an HTTP parser accepts and a prediction gateway must not: other
 * protocol versions, TRACE, ambiguous hosts, upgrades, transfer codings it would have to undo, and
 * headers without end.
 */
export function admitHead(
  head: Head,
  limits: Pick<GatewayLimits, 'headersMax' | 'bodyBytesMax'>,
): AdmittedHead {
  const { method, httpVersion, rawHeaders } = head;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    throw refused(`HTTP/${httpVersion.slice(0, 8)} is not spoken here`);
  }
  if (method === 'TRACE' || method === 'CONNECT') {
    throw new Fault('METHOD_UNSUPPORTED', `${method} is not offered`);
  }
  if (rawHeaders.length > limits.headersMax * 2) {
    throw new Fault('HEADERS_TOO_LARGE', `more than ${limits.headersMax} headers`);
  }
  const headers = headerMap(rawHeaders);
  const target = admittedTarget(head.target, headers.get('host'));
  refuseFraming(headers, httpVersion);
  admitBody(headers, limits.bodyBytesMax);
  return { target, headers };
}

function headerMap(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    const value = raw[at + 1] ?? '';
    const before = headers.get(name);
    if (before !== undefined && SINGLE.has(name)) throw refused(`two headers named ${name}`);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;

/** A path. A whole address is taken for one when it names the host that the header names. */
function admittedTarget(target: string, host: string | undefined): string {
  if (target.startsWith('/')) return target;
  const [, authority, rest = ''] = ABSOLUTE.exec(target) ?? [];
  if (authority === undefined) throw refused('the request target is not a path');
  if (host === undefined || authority.toLowerCase() !== host.toLowerCase()) {
    throw refused('the request target names another host than the header');
  }
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function refuseFraming(headers: Headers, httpVersion: string): void {
  if (headers.has('upgrade')) throw refused('there is nothing to upgrade to; speak HTTP/1.1');
  const coding = headers.get('transfer-encoding');
  if (coding !== undefined && (httpVersion === '1.0' || coding.toLowerCase() !== 'chunked')) {
    throw refused('transfer-encoding is chunked in HTTP/1.1, or absent');
  }
  const accepted = headers.get('te');
  if (accepted !== undefined && accepted.trim().toLowerCase() !== 'trailers') {
    throw refused('te may say trailers and nothing else');
  }
}

function admitBody(headers: Headers, bytesMax: number): void {
  const length = headers.get('content-length');
  if (length !== undefined && Number(length) > bytesMax) {
    throw new Fault('BODY_TOO_LARGE', `${length} bytes, at most ${bytesMax} are taken`);
  }
  const encoding = headers.get('content-encoding');
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw new Fault('MEDIA_TYPE_UNSUPPORTED', 'compressed bodies are not taken');
  }
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json$/;
const TEXT_TYPES: ReadonlySet<string> = new Set(['application/octet-stream', 'text/plain']);

/** Refuses a body of a type that is neither JSON nor tensors. None said: it is read as JSON. */
export function admitMediaType(headers: Headers): void {
  const value = headers.get('content-type');
  if (value === undefined || value === 'application/json') return;
  const [type = '', ...parameters] = value.toLowerCase().split(';');
  const name = type.trim();
  if (!JSON_TYPE.test(name) && !TEXT_TYPES.has(name)) {
    const shown = name.slice(0, 60);
    throw new Fault('MEDIA_TYPE_UNSUPPORTED', `${JSON.stringify(shown)} is not read`);
  }
  for (const parameter of parameters) {
    const [key = '', charset = ''] = parameter.split('=');
    if (key.trim() !== 'charset' || /^"?utf-?8"?$/.test(charset.trim())) continue;
    throw new Fault('MEDIA_TYPE_UNSUPPORTED', 'text is UTF-8 here');
  }
}
