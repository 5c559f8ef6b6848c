import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fork, prng, uniformInt } from '../../src/core/lib/prng.ts';
import type { Prng } from '../../src/core/lib/prng.ts';
import { startFunctionTarget } from '../conformance/target.ts';
import type { Target } from '../conformance/target.ts';
import { hasAnswer, post, statusOf, Wire } from '../gateway/wire.ts';

/**
 * Ten thousand malformed requests over real sockets: raw bytes, broken HTTP, broken JSON, broken
 * tensors. None may crash the gateway, hang it, or be blamed on it (a 5xx); valid requests on fresh
 * connections in between are answered.
 */
const SEED = 20_261_121;
const REQUESTS = 10_000;
const PARALLEL = 16;
/** Valid requests in between: every so many. */
const VALID_EVERY = 10;

const vectors = join(import.meta.dirname, '../vectors');
const read = (name: string): unknown => JSON.parse(readFileSync(join(vectors, name), 'utf8'));

type Part = string | { readonly text: string; readonly times: number };
const probes = (read('http/probes.json') as readonly { readonly request: readonly Part[] }[]).map(
  ({ request }) =>
    request
      .map((part) => (typeof part === 'string' ? part : part.text.repeat(part.times)))
      .join(''),
);
const { valid, invalid } = read('json/texts.json') as {
  readonly valid: readonly string[];
  readonly invalid: readonly string[];
};

const pick = <T>(rng: Prng, items: readonly T[]): T => {
  const item = items[uniformInt(rng, items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const infer = '/v2/models/simple/infer';
const numbers = Array.from({ length: 16 }, (_none, n) => n);
const input = (name: string): object => ({
  name,
  datatype: 'INT32',
  shape: [1, 16],
  data: numbers,
});
const sound = { id: '1', inputs: [input('INPUT0'), input('INPUT1')] };
const soundText = JSON.stringify(sound);
const validRequest = post(infer, soundText);

const paths = [
  infer,
  '/v2/models/simple/versions/1/infer',
  '/v2/models/identity_bytes/infer',
  '/v2/models/identity_uint64/infer',
  '/v2/models/__proto__/infer',
  '/predict',
  '/v1/endpoints/simple/predict',
  '/v2/repository/index',
  '/v2/models/%00/infer',
  '/models/simple/versions',
];

const headers = [
  '',
  'content-type: application/json\r\n',
  'content-type: application/octet-stream\r\ninference-header-content-length: 0\r\n',
  'inference-header-content-length: 5\r\n',
  'x-understudy-version: __proto__\r\n',
  'x-understudy-version: 1\r\n',
  'x-unit-id: \u00e4\u0080\r\n',
  `x-unit-id: ${'u'.repeat(2_000)}\r\n`,
  'x-request-id: \u00ff\u00fe\r\n',
  'constructor: x\r\n__proto__: y\r\n',
];

const oddValues: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  '',
  'toString',
  [],
  {},
  [[]],
  [null],
  { a: 1 },
  '\ud800',
  'x'.repeat(3_000),
  2 ** 53,
  -(2 ** 31),
  ['a'],
  [[1], 2],
  'INT4',
  'BYTES',
  'FP16',
  [-1],
  [2 ** 40, 2 ** 40],
];

/** Replaces one value somewhere in a sound request by an odd one, or removes or renames it. */
function mutatedBody(rng: Prng): string {
  const copy = structuredClone(sound) as unknown;
  let at = copy as Record<string, unknown>;
  for (let depth = uniformInt(rng, 4); ; depth -= 1) {
    const keys = Object.keys(at);
    const key = pick(rng, keys.length > 0 ? keys : ['x']);
    const next = at[key];
    if (depth > 0 && typeof next === 'object' && next !== null) {
      at = next as Record<string, unknown>;
      continue;
    }
    const kind = uniformInt(rng, 4);
    if (kind === 0) delete at[key];
    else if (kind === 1)
      at[pick(rng, ['__proto__x', 'parameters', 'outputs', 'constructor'])] = pick(rng, oddValues);
    else at[key] = pick(rng, oddValues);
    return JSON.stringify(copy);
  }
}

/** Flips, removes, doubles or inserts a few characters. */
function scribbled(rng: Prng, text: string): string {
  let out = text;
  for (let times = 1 + uniformInt(rng, 6); times > 0 && out.length > 0; times -= 1) {
    const at = uniformInt(rng, out.length);
    const char = String.fromCharCode(uniformInt(rng, 256));
    const length = 1 + uniformInt(rng, 8);
    const middle = pick(rng, ['', char, char.repeat(length), out.slice(at, at + length).repeat(2)]);
    out = out.slice(0, at) + middle + out.slice(at + (uniformInt(rng, 2) === 0 ? 0 : length));
  }
  return out;
}

const generators: readonly ((rng: Prng) => string)[] = [
  (rng) => scribbled(rng, pick(rng, probes)),
  (rng) => pick(rng, probes),
  (rng) => scribbled(rng, validRequest),
  (rng) => post(pick(rng, paths), latin1(pick(rng, invalid)), pick(rng, headers)),
  (rng) => post(pick(rng, paths), latin1(pick(rng, valid)), pick(rng, headers)),
  (rng) => post(pick(rng, paths), latin1(mutatedBody(rng)), pick(rng, headers)),
  (rng) => post(infer, scribbled(rng, soundText), pick(rng, headers)),
  (rng) => post(pick(rng, paths), latin1(`{"features":${pick(rng, [...valid, ...invalid])}}`)),
  (rng) =>
    String.fromCharCode(
      ...Array.from({ length: uniformInt(rng, 400) }, () => uniformInt(rng, 256)),
    ),
  (rng) => post(pick(rng, paths), '['.repeat(uniformInt(rng, 60_000))),
];

/** Statuses that blame the server. 501 and 505 say what it does not do, which is no blame. */
const isBlame = (status: number): boolean => status >= 500 && status !== 501 && status !== 505;

let target: Target;
beforeAll(async () => {
  target = await startFunctionTarget();
});
afterAll(async () => {
  await target.close();
});

/** Sends a request and its end, so that one that is not whole is not waited for. */
async function statusFor(port: number, request: string): Promise<number> {
  const wire = new Wire(port);
  wire.send(request);
  wire.socket.end();
  const heard = await wire.until((so) => hasAnswer(so) && statusOf(so) !== 100);
  wire.drop();
  if (/\bat .*\.ts:|node:internal|node_modules/.test(heard.text)) throw new Error(heard.text);
  return statusOf(heard);
}

test(`${REQUESTS} malformed requests are the caller's fault, and harm nobody else`, async () => {
  const { port } = target;
  const root = prng(SEED);
  const seen = new Map<number, number>();
  const between = new Set<number>();
  const blamed: string[] = [];
  const worker = async (rng: Prng, count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      const request = pick(rng, generators)(rng);
      const status = await statusFor(port, request);
      seen.set(status, (seen.get(status) ?? 0) + 1);
      if (isBlame(status)) blamed.push(`${status} for ${request.slice(0, 2_000)}`);
      if (n % VALID_EVERY === 0) {
        const wire = new Wire(port);
        wire.send(validRequest);
        between.add(statusOf(await wire.until(hasAnswer)));
        wire.drop();
      }
    }
  };
  await Promise.all(
    Array.from({ length: PARALLEL }, (_none, n) =>
      worker(fork(root, `worker ${n}`), REQUESTS / PARALLEL),
    ),
  );
  expect(blamed).toEqual([]);
  expect([...between]).toEqual([200]);
  expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(REQUESTS);
  expect([...seen.keys()].toSorted((a, b) => a - b)).toEqual(
    expect.arrayContaining([200, 400, 404, 405, 413, 415, 417, 431]),
  );
});

test.for(invalid)('%j is refused as a body', async (text) => {
  expect(await statusFor(target.port, post(infer, latin1(text)))).toBe(400);
});
