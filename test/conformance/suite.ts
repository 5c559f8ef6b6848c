import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errors } from './errors.ts';
import { modelNames } from './models.ts';
import {
  difference,
  HEAD_LENGTH,
  int32,
  jsonOf,
  numbers,
  ones,
  post,
  simple,
  sum,
} from './requests.ts';
import type { Call, Json } from './requests.ts';
import type { Target } from './target.ts';

/**
 * The Open Inference Protocol, version 2, over REST, as its common servers and clients understand
 * it: health, metadata, inference with JSON and binary tensors, parameters, errors. Knows nothing
 * of the server but its address and the models of `models.ts`.
 */
export function conformanceSuite(name: string, start: () => Promise<Target>): void {
  describe(`${name} speaks the Open Inference Protocol`, () => {
    let target: Target;
    beforeAll(async () => {
      target = await start();
    });
    afterAll(async () => {
      await target.close();
    });
    const call: Call = (path, init) => fetch(target.url + path, init);
    health(call);
    metadata(call);
    inference(call);
    everyDatatype(call);
    binaryTensors(call);
    rawBodies(call);
    errors(call);
  });
}

function health(call: Call): void {
  test.for(['/v2/health/live', '/v2/health/ready', '/v2/models/simple/ready'])(
    '%s',
    async (path) => {
      expect((await call(path)).status).toBe(200);
    },
  );

  test('readiness of a version, by number and by label', async () => {
    expect((await call('/v2/models/simple/versions/1/ready')).status).toBe(200);
    expect((await call('/v2/models/simple/versions/first/ready')).status).toBe(200);
  });

  test('an unknown model is not ready', async () => {
    expect((await call('/v2/models/none/ready')).status).toBe(404);
  });
}

function metadata(call: Call): void {
  test.for(['/v2', '/v2/'])('of the server: %s', async (path) => {
    expect(await jsonOf(await call(path))).toMatchObject({
      name: expect.any(String),
      version: expect.any(String),
      extensions: expect.arrayContaining(['binary_tensor_data']),
    });
  });

  test.for(['', '/versions/1', '/versions/first'])('of a model: simple%s', async (version) => {
    const tensor = (name: string): object => ({ name, datatype: 'INT32', shape: [-1, 16] });
    expect(await jsonOf(await call(`/v2/models/simple${version}`))).toMatchObject({
      name: 'simple',
      versions: ['1'],
      platform: expect.any(String),
      inputs: [tensor('INPUT0'), tensor('INPUT1')],
      outputs: [tensor('OUTPUT0'), tensor('OUTPUT1')],
    });
  });

  test('the list of models', async () => {
    const { models } = await jsonOf(await call('/v2/models'));
    expect([...(models as readonly string[])].toSorted()).toEqual(modelNames.toSorted());
  });

  test('the repository index', async () => {
    const response = await call('/v2/repository/index', post({}));
    expect(await response.json()).toContainEqual(
      expect.objectContaining({ name: 'simple', version: '1', state: 'READY' }),
    );
  });
}

function inference(call: Call): void {
  test.for(['', '/versions/1', '/versions/first'])(
    'simple%s adds and subtracts',
    async (version) => {
      const response = await call(
        `/v2/models/simple${version}/infer`,
        post({ id: '42', ...simple }),
      );
      expect(response.status).toBe(200);
      expect(await jsonOf(response)).toMatchObject({
        model_name: 'simple',
        model_version: '1',
        id: '42',
        outputs: [sum, difference],
      });
    },
  );

  test('without an id, none comes back', async () => {
    const answer = await jsonOf(await call('/v2/models/simple/infer', post(simple)));
    expect(Object.keys(answer)).not.toContain('id');
  });

  test('outputs come as wanted, in that order', async () => {
    const names = (list: readonly string[]): object => ({
      ...simple,
      outputs: list.map((name) => ({ name })),
    });
    for (const [list, outputs] of [
      [['OUTPUT1'], [difference]],
      [
        ['OUTPUT1', 'OUTPUT0'],
        [difference, sum],
      ],
      [[], [sum, difference]],
    ] as const) {
      const answer = await jsonOf(await call('/v2/models/simple/infer', post(names(list))));
      expect(answer['outputs']).toMatchObject(outputs);
    }
  });

  test('data may be nested as the shape says', async () => {
    const nested = { inputs: [int32('INPUT0', [numbers]), int32('INPUT1', [ones])] };
    const answer = await jsonOf(await call('/v2/models/simple/infer', post(nested)));
    expect(answer['outputs']).toMatchObject([sum, difference]);
  });

  test('inputs may come in any order, with parameters nobody knows', async () => {
    const [first, second] = simple.inputs;
    const request = {
      parameters: { a: 'b', priority: 1, timeout: 5_000_000, d: true },
      inputs: [{ ...second, parameters: { content_type: 'np' } }, first],
    };
    const answer = await jsonOf(await call('/v2/models/simple/infer', post(request)));
    expect(answer['outputs']).toMatchObject([sum, difference]);
  });

  test('a batch of three', async () => {
    const batch = (name: string, data: readonly number[]): object => ({
      ...int32(name, [data, data, data].flat()),
      shape: [3, 16],
    });
    const request = { inputs: [batch('INPUT0', numbers), batch('INPUT1', ones)] };
    const answer = await jsonOf(await call('/v2/models/simple/infer', post(request)));
    expect(answer['outputs']).toMatchObject([{ shape: [3, 16] }, { shape: [3, 16] }]);
  });

  test('a body without content type is JSON', async () => {
    const body = new TextEncoder().encode(JSON.stringify(simple));
    const response = await call('/v2/models/simple/infer', { method: 'POST', body });
    expect(response.status).toBe(200);
  });

  test('text', async () => {
    const text = (name: string, data: readonly number[]): object => ({
      name,
      datatype: 'BYTES',
      shape: [1, 16],
      data: data.map(String),
    });
    const request = { inputs: [text('INPUT0', numbers), text('INPUT1', ones)] };
    const answer = await jsonOf(await call('/v2/models/simple_string/infer', post(request)));
    expect(answer['outputs']).toMatchObject([
      { datatype: 'BYTES', data: sum.data.map(String) },
      { datatype: 'BYTES', data: difference.data.map(String) },
    ]);
  });
}

type Exchange = {
  readonly model: string;
  readonly data: string;
  readonly bytes: readonly number[];
};

const exchanges = JSON.parse(
  readFileSync(join(import.meta.dirname, '../vectors/oip/exchanges.json'), 'utf8'),
) as readonly Exchange[];

const typeOf = (model: string): string => model.replace('identity_', '').toUpperCase();

/** A request as text, so that no number passes through this program's own reader. */
function identityText({ model, data }: Exchange, more = ''): string {
  const count = (JSON.parse(data) as readonly unknown[]).length;
  const head = `{"name":"INPUT0","datatype":"${typeOf(model)}","shape":[1,${count}]`;
  return `{"inputs":[${head},"data":${data}}]${more}}`;
}

function everyDatatype(call: Call): void {
  test.for(exchanges)('$model gives back $data, digit by digit', async (exchange) => {
    const path = `/v2/models/${exchange.model}/infer`;
    const response = await call(path, post(identityText(exchange)));
    const text = await response.text();
    expect({ status: response.status, text }).toMatchObject({ status: 200 });
    const count = (JSON.parse(exchange.data) as readonly unknown[]).length;
    const shape = `"shape":[1,${count}]`;
    expect(text).toContain(shape);
    expect(text).toContain(`"data":${exchange.data}`);
  });
}

const joined = (head: string, tail: Uint8Array): Uint8Array =>
  Uint8Array.from([...new TextEncoder().encode(head), ...tail]);

async function binaryOf(response: Response): Promise<{ head: Json; tail: Uint8Array }> {
  const length = Number(response.headers.get(HEAD_LENGTH));
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes.subarray(0, length));
  return { head: JSON.parse(text) as Json, tail: bytes.subarray(length) };
}

function binaryTensors(call: Call): void {
  test.for(exchanges)('$model takes and gives bytes', async ({ model, data, bytes }) => {
    const count = (JSON.parse(data) as readonly unknown[]).length;
    const head = JSON.stringify({
      parameters: { binary_data_output: true },
      inputs: [
        {
          name: 'INPUT0',
          datatype: typeOf(model),
          shape: [1, count],
          parameters: { binary_data_size: bytes.length },
        },
      ],
    });
    const response = await call(
      `/v2/models/${model}/infer`,
      post(joined(head, Uint8Array.from(bytes)), {
        'content-type': 'application/octet-stream',
        [HEAD_LENGTH]: String(head.length),
      }),
    );
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    const { head: answer, tail } = await binaryOf(response);
    expect(answer['outputs']).toMatchObject([
      { shape: [1, count], parameters: { binary_data_size: bytes.length } },
    ]);
    expect(Array.from(tail)).toEqual(bytes);
  });

  test('each output may be wanted in its own way', async () => {
    const outputs = [
      { name: 'OUTPUT0', parameters: { binary_data: true } },
      { name: 'OUTPUT1', parameters: { binary_data: false } },
    ];
    const response = await call('/v2/models/simple/infer', post({ ...simple, outputs }));
    const { head, tail } = await binaryOf(response);
    expect(head['outputs']).toMatchObject([
      { name: 'OUTPUT0', parameters: { binary_data_size: 64 } },
      difference,
    ]);
    expect(Array.from(new Int32Array(tail.slice().buffer))).toEqual(sum.data);
  });

  test('a wanted output overrides what the request says of all', async () => {
    const request = {
      ...simple,
      parameters: { binary_data_output: true },
      outputs: [{ name: 'OUTPUT0', parameters: { binary_data: false } }, { name: 'OUTPUT1' }],
    };
    const { head } = await binaryOf(await call('/v2/models/simple/infer', post(request)));
    expect(head['outputs']).toMatchObject([sum, { parameters: { binary_data_size: 64 } }]);
  });
}

function rawBodies(call: Call): void {
  test('a raw body is the only input, and outputs come as bytes', async () => {
    const exchange = exchanges.find(({ model }) => model === 'identity_fp32');
    const bytes = Uint8Array.from(exchange?.bytes ?? []);
    const raw = { 'content-type': 'application/octet-stream', [HEAD_LENGTH]: '0' };
    const response = await call('/v2/models/identity_fp32/infer', post(bytes, raw));
    const { tail } = await binaryOf(response);
    expect(response.status).toBe(200);
    expect(Array.from(tail)).toEqual(exchange?.bytes);
  });

  test('a model with two inputs takes none', async () => {
    const raw = { 'content-type': 'application/octet-stream', [HEAD_LENGTH]: '0' };
    const response = await call('/v2/models/simple/infer', post(new Uint8Array(64), raw));
    expect(response.status).toBe(400);
  });
}
