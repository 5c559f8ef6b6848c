import { afterEach, expect, test } from 'vitest';
import { answerJson, startAnsweringServer } from '../test/http/answering-server.ts';
import type { AnsweringServer } from '../test/http/answering-server.ts';
import { createPredictor } from './prediction.ts';

const servers: AnsweringServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function gateway(status: number, body: unknown, failures = 0): Promise<AnsweringServer> {
  const server = await startAnsweringServer((_request, response, count) => {
    if (count <= failures) {
      response.destroy();
      return;
    }
    response.setHeader('x-understudy-arm', 'candidate');
    response.setHeader('x-model-version', '2');
    response.setHeader('x-prediction-id', 'p1.a.b.c');
    answerJson(response, status, body);
  });
  servers.push(server);
  return server;
}

const madeBy = { arm: 'candidate', version: '2', predictionId: 'p1.a.b.c' };

test('a prediction names endpoint, version and unit, and says what made it', async () => {
  const server = await gateway(200, { prediction: 0.25, model_version: 2 }, 1);
  const predictor = createPredictor({ gateway: server.url, backoffMs: 1 });
  const options = { endpoint: 'churn', version: 2, unit: 'user-7' };
  const answer = await predictor.predict([1, 2], options);
  expect(answer).toMatchObject({ ...madeBy, prediction: 0.25 });
  const [, asked] = server.received;
  expect(asked).toMatchObject({ method: 'POST', target: '/predict' });
  expect(asked?.headers['x-unit-id']).toBe('user-7');
  expect(JSON.parse(asked?.body ?? '')).toEqual({
    endpoint: 'churn',
    model_version: 2,
    features: [1, 2],
  });
});

test.for([
  { version: undefined, target: '/v2/models/churn/infer' },
  { version: 3, target: '/v2/models/churn/versions/3/infer' },
])('the standard protocol is asked at $target', async ({ version, target }) => {
  const outputs = [{ name: 'y', shape: [1], datatype: 'FP32', data: [1] }];
  const server = await gateway(200, { model_name: 'churn', outputs });
  const predictor = createPredictor({ gateway: server.url });
  const request = { inputs: [{ name: 'x', shape: [1], datatype: 'FP32', data: [1] }] };
  const pinned = version === undefined ? {} : { version };
  const answer = await predictor.infer(request, { endpoint: 'churn', ...pinned });
  expect(answer).toMatchObject({ ...madeBy, model_name: 'churn', outputs });
  expect(server.received[0]?.target).toBe(target);
});

test('a fault of the gateway is thrown with its code', async () => {
  const server = await gateway(404, {
    error: 'there is no endpoint churn',
    code: 'ENDPOINT_UNKNOWN',
    fix: 'List them.',
  });
  const predictor = createPredictor({ gateway: server.url });
  await expect(predictor.predict([1], { endpoint: 'churn' })).rejects.toMatchObject({
    code: 'ENDPOINT_UNKNOWN',
    status: 404,
  });
});

test('a gateway that is not there is an error of its own', async () => {
  const server = await gateway(200, {}, 9);
  const predictor = createPredictor({ gateway: server.url, backoffMs: 1 });
  await expect(predictor.predict([1], { endpoint: 'churn' })).rejects.toMatchObject({
    code: 'GATEWAY_UNREACHABLE',
  });
});

test('feedback goes in lines, again while no answer came, and says what became of it', async () => {
  const said = { state: 'stored', taken: 2, refused: 0, errors: [] };
  const server = await gateway(200, said, 1);
  const predictor = createPredictor({ gateway: server.url, backoffMs: 1 });
  const pieces = [
    { prediction_id: 'p2.a', label: 1 },
    { prediction_id: 'p2.b', metric: { name: 'sales', value: 2 } },
  ];
  expect(await predictor.feedback(pieces)).toEqual(said);
  const [, asked] = server.received;
  expect(asked).toMatchObject({ method: 'POST', target: '/v1/feedback' });
  expect(asked?.headers['content-type']).toBe('application/x-ndjson');
  expect(asked?.body.split('\n').map((line) => JSON.parse(line) as unknown)).toEqual(pieces);
});

test('feedback of which nothing was good throws what was wrong with its first line', async () => {
  const fault = { error: 'line 1: label is missing', code: 'FEEDBACK_INVALID', fix: 'Say it.' };
  const server = await gateway(400, { state: 'refused', taken: 0, refused: 1, ...fault });
  const sent = createPredictor({ gateway: server.url }).feedback('{}\n');
  await expect(sent).rejects.toMatchObject({ code: 'FEEDBACK_INVALID', status: 400 });
});
