import { Fault } from '../protocol/errors.ts';

/** Everything that can be asked of a gateway. */
export type Operation =
  | 'serverLive'
  | 'serverReady'
  | 'serverMetadata'
  | 'modelList'
  | 'modelMetadata'
  | 'modelReady'
  | 'infer'
  | 'repositoryIndex'
  | 'repositoryLoad'
  | 'predict'
  | 'predictEndpoint'
  | 'versionList'
  | 'feedback'
  | 'metrics';

/** A path that was recognised. */
export type PathMatch = {
  readonly operation: Operation;
  readonly name: string;
  readonly version: string | null;
};

type Pattern = {
  readonly method: 'GET' | 'POST';
  /** `{name}` and `{version}` stand for any one segment. */
  readonly segments: readonly string[];
  readonly operation: Operation;
};

const pattern = (text: string, operation: Operation): Pattern => {
  const [method, path = ''] = text.split(' ');
  const segments = path.split('/').slice(1);
  return { method: method === 'POST' ? 'POST' : 'GET', segments, operation };
};

/** Every path of the prediction listener. */
const patterns: readonly Pattern[] = [
  pattern('POST /v2/models/{name}/infer', 'infer'),
  pattern('POST /v2/models/{name}/versions/{version}/infer', 'infer'),
  pattern('POST /predict', 'predict'),
  pattern('POST /v1/endpoints/{name}/predict', 'predictEndpoint'),
  pattern('POST /v1/feedback', 'feedback'),
  pattern('GET /v2', 'serverMetadata'),
  pattern('GET /v2/health/live', 'serverLive'),
  pattern('GET /v2/health/ready', 'serverReady'),
  pattern('GET /v2/models', 'modelList'),
  pattern('GET /v2/models/{name}', 'modelMetadata'),
  pattern('GET /v2/models/{name}/versions/{version}', 'modelMetadata'),
  pattern('GET /v2/models/{name}/ready', 'modelReady'),
  pattern('GET /v2/models/{name}/versions/{version}/ready', 'modelReady'),
  pattern('POST /v2/repository/index', 'repositoryIndex'),
  pattern('POST /v2/repository/models/{name}/load', 'repositoryLoad'),
  pattern('POST /v2/repository/models/{name}/unload', 'repositoryLoad'),
  pattern('GET /models/{name}/versions', 'versionList'),
  pattern('GET /metrics', 'metrics'),
];

const SEGMENTS_MAX = 8;
const TARGET_CHARS_MAX = 2_048;
/** Recognised targets that are remembered. */
const CACHE_MAX = 1_024;

const cache = new Map<string, PathMatch>();

/** Recognises a path. Faults: PATH_UNKNOWN, METHOD_UNSUPPORTED, HTTP_REFUSED. */
export function matchPath(method: string, target: string): PathMatch {
  const asked = method === 'HEAD' ? 'GET' : method;
  const key = `${asked} ${target}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const match = recognise(asked, target);
  if (cache.size >= CACHE_MAX) cache.clear();
  cache.set(key, match);
  return match;
}

function recognise(method: string, target: string): PathMatch {
  if (target.length > TARGET_CHARS_MAX) throw unknown();
  const [path = ''] = target.split('?');
  const segments = path.split('/').slice(1).map(decoded);
  // One slash at the end is allowed: the protocol's own description has `/v2/`.
  if (segments.length > 1 && segments.at(-1) === '') segments.pop();
  if (segments.length > SEGMENTS_MAX || segments.includes('')) throw unknown();
  const fitting = patterns.filter((one) => fits(one, segments));
  if (fitting.length === 0) throw unknown();
  const chosen = fitting.find((one) => one.method === method);
  if (chosen === undefined) {
    const methods = [...new Set(fitting.map((one) => one.method))].join(', ');
    throw new Fault('METHOD_UNSUPPORTED', `this path takes ${methods}`);
  }
  const at = (placeholder: string): string | null => {
    const index = chosen.segments.indexOf(placeholder);
    return index < 0 ? null : (segments[index] ?? null);
  };
  return { operation: chosen.operation, name: at('{name}') ?? '', version: at('{version}') };
}

const unknown = (): Fault => new Fault('PATH_UNKNOWN', 'there is no such path');

function fits({ segments: wanted }: Pattern, segments: readonly string[]): boolean {
  return (
    wanted.length === segments.length &&
    wanted.every((segment, at) => segment.startsWith('{') || segment === segments[at])
  );
}

function decoded(segment: string): string {
  try {
    return segment.includes('%') ? decodeURIComponent(segment) : segment;
  } catch {
    throw new Fault('HTTP_REFUSED', 'the path is not valid percent-encoding');
  }
}
