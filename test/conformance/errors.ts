import { expect, test } from 'vitest';
import { HEAD_LENGTH, int32, jsonOf, numbers, ones, post, simple } from './requests.ts';
import type { Call } from './requests.ts';

/** What is refused, with which status, and that the body says why. */
export function errors(call: Call): void {
  const infer = '/v2/models/simple/infer';
  const [first, second] = simple.inputs;
  test.for([
    { name: 'an unknown model', path: '/v2/models/none/infer', body: simple, status: 404 },
    {
      name: 'an unknown version',
      path: '/v2/models/simple/versions/9/infer',
      body: simple,
      status: 404,
    },
    {
      name: 'an unknown label',
      path: '/v2/models/simple/versions/x/infer',
      body: simple,
      status: 404,
    },
    { name: 'an unknown path', path: '/v2/nothing', body: simple, status: 404 },
    { name: 'no JSON', path: infer, body: '{', status: 400 },
    { name: 'no inputs', path: infer, body: {}, status: 400 },
    { name: 'an input is missing', path: infer, body: { inputs: [first] }, status: 400 },
    {
      name: 'an input is twice there',
      path: infer,
      body: { inputs: [first, first, second] },
      status: 400,
    },
    {
      name: 'an unknown input',
      path: infer,
      body: { inputs: [first, second, int32('X', ones)] },
      status: 400,
    },
    {
      name: 'another type',
      path: infer,
      body: { inputs: [first, { ...second, datatype: 'FP32' }] },
      status: 400,
    },
    {
      name: 'another shape',
      path: infer,
      body: { inputs: [first, { ...second, shape: [16] }] },
      status: 400,
    },
    {
      name: 'a negative shape',
      path: infer,
      body: { inputs: [first, { ...second, shape: [-1, 16] }] },
      status: 400,
    },
    {
      name: 'too little data',
      path: infer,
      body: { inputs: [first, int32('INPUT1', [1])] },
      status: 400,
    },
    {
      name: 'data of another kind',
      path: infer,
      body: { inputs: [first, int32('INPUT1', numbers.map(String))] },
      status: 400,
    },
    {
      name: 'a number out of range',
      path: infer,
      body: { inputs: [first, int32('INPUT1', ones.with(3, 2 ** 31))] },
      status: 400,
    },
    {
      name: 'an unknown output',
      path: infer,
      body: { ...simple, outputs: [{ name: 'X' }] },
      status: 400,
    },
    {
      name: 'an output twice',
      path: infer,
      body: { ...simple, outputs: [{ name: 'OUTPUT0' }, { name: 'OUTPUT0' }] },
      status: 400,
    },
    {
      name: 'bottomless nesting',
      path: infer,
      body: `{"inputs":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
      status: 400,
    },
  ])('$name: $status', async ({ path, body, status }) => {
    const response = await call(path, post(body));
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await jsonOf(response)).toMatchObject({ error: expect.stringMatching(/./) });
  });

  test('another method', async () => {
    expect((await call(infer)).status).toBe(405);
  });

  test('a compressed body', async () => {
    const response = await call(infer, post(simple, { 'content-encoding': 'deflate' }));
    expect(response.status).toBe(415);
  });

  test.for(['abc', '-1', '1e9', '999999'])('a head length of %s', async (length) => {
    const response = await call(infer, post(simple, { [HEAD_LENGTH]: length }));
    expect(response.status).toBe(400);
  });
}
