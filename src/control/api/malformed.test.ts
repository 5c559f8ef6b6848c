import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operations, type OperationId } from '../../protocol/admin/operations.ts';
import type { Operation } from '../../protocol/admin/operation.ts';
import {
  openDesk,
  prepare,
  tokenOf,
  type Asked,
  type Desk,
} from '../../../test/simulator/admin-desk.ts';

const all = (Object.keys(operations) as OperationId[]).map((id) => {
  const operation: Operation = operations[id];
  return { id, operation };
});
const withBody = all.filter(({ operation }) => typeof (operation.body ?? '') !== 'string');
const withQuery = all.filter(({ operation }) => operation.query !== null);
const withParams = all.filter(({ operation }) => operation.params !== null);

let desk: Desk;
let example: (id: OperationId) => Asked;
beforeAll(async () => {
  desk = await openDesk();
  example = await prepare(desk);
});
afterAll(() => desk.close());

type Got = { readonly status: number; readonly text: string };

/** What is wrong with a refusal; null when a client can use it: coded, without our stack. */
function complaint({ status, text }: Got): string | null {
  if (![400, 404, 409, 413, 422].includes(status)) return `${status}: ${text}`;
  const { code, fix } = JSON.parse(text) as Record<string, unknown>;
  if (typeof code !== 'string' || typeof fix !== 'string' || code === 'INTERNAL') return text;
  return /\bat \S+:\d+:\d+|node_modules|\.ts\b/.test(text) ? text : null;
}

/** What is wrong with an answer that may as well be a success. */
const complaintUnlessDone = (got: Got): string | null => (got.status < 300 ? null : complaint(got));

const odd: readonly unknown[] = [null, true, 0, -1, 1e308, '', 'x', [], [[]], {}, { a: 1 }];

describe('a body that is not what it must be', () => {
  test.for(withBody)('$id: something else', async ({ id }) => {
    for (const body of odd) {
      expect(complaint(await desk.ask('admin', id, { ...example(id), body }))).toBeNull();
    }
  });

  test.for(withBody)('$id: a member nobody knows', async ({ id }) => {
    const { body, ...rest } = example(id);
    const said = await desk.ask('admin', id, { ...rest, body: { ...(body as object), colour: 1 } });
    expect(complaint(said)).toBeNull();
    expect(said.text).toContain('colour');
  });

  test.for(withBody)('$id: a member of another kind', async ({ id }) => {
    const { body, ...rest } = example(id);
    for (const key of Object.keys(body as object)) {
      for (const value of [{ odd: [] }, [[[]]], -0.5]) {
        const said = await desk.ask('admin', id, {
          ...rest,
          body: { ...(body as object), [key]: value },
        });
        expect(complaint(said)).toBeNull();
        expect(said.text).toContain(key);
      }
    }
  });

  const raw = [
    { what: 'no JSON', payload: '{"a":' },
    { what: 'two values', payload: '{} {}' },
    { what: 'no UTF-8', payload: Buffer.from([0x22, 0xff, 0x22]) },
    { what: 'a byte order mark', payload: '\u{feff}{}' },
    { what: 'nothing at all', payload: '' },
    { what: 'a hundred thousand brackets', payload: '['.repeat(100_000) },
    { what: 'more than any valid body', payload: `"${'x'.repeat(5 * 1_048_576)}"` },
  ];
  test.for(withBody.flatMap((one) => raw.map((bytes) => ({ ...one, ...bytes }))))(
    '$id: $what',
    async ({ id, operation, payload }) => {
      const { params = {} } = example(id);
      const { method, path } = operation;
      const response = await desk.server.inject({
        method,
        url: path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => params[name] ?? ''),
        headers: {
          authorization: `Bearer ${tokenOf('admin')}`,
          'content-type': 'application/json',
        },
        payload,
      });
      expect(complaint({ status: response.statusCode, text: response.body })).toBeNull();
    },
  );

  test.for(withBody)('$id: another content type', async ({ id }) => {
    for (const type of ['text/plain', 'application/octet-stream', 'application/xml', 'x']) {
      const headers = { 'content-type': type };
      expect(complaint(await desk.ask('admin', id, { ...example(id), headers }))).toBeNull();
    }
  });

  test('an upload that is no octet stream', async () => {
    expect(complaint(await desk.ask('admin', 'blob.put', { body: { a: 1 } }))).toBeNull();
    expect(complaint(await desk.ask('admin', 'blob.put', {}))).toBeNull();
  });

  test('an upload beyond the limit', async () => {
    const body = new Uint8Array(1_048_577);
    const said = await desk.ask('admin', 'blob.put', { body });
    expect(complaint(said)).toBeNull();
    expect(said.json()['code']).toBe('BLOB_TOO_LARGE');
  });
});

describe('a query or a path that is not what it must be', () => {
  test.for(withQuery)('$id: a member nobody knows', async ({ id }) => {
    expect(complaint(await desk.ask('admin', id, { query: { colour: 'red' } }))).toBeNull();
  });

  test.for(withQuery)('$id: a value of another kind', async ({ id, operation }) => {
    for (const key of Object.keys(operation.query?.shape ?? {})) {
      for (const value of ['', '-1', '1e400', 'x y', 'Ü'.repeat(300)]) {
        const { status, text } = await desk.ask('admin', id, { query: { [key]: value } });
        expect(complaintUnlessDone({ status, text })).toBeNull();
      }
    }
  });

  const paths = ['%00', '..', '%2e%2e', 'a'.repeat(250), 'Ü', '__proto__', '{}', '-'];
  test.for(withParams)('$id: names that are none', async ({ id, operation }) => {
    const { method, path } = operation;
    for (const name of paths) {
      const { body } = example(id);
      const response = await desk.server.inject({
        method,
        url: path.replaceAll(/\{\w+\}/g, encodeURI(name)),
        headers: { authorization: `Bearer ${tokenOf('admin')}` },
        ...(body === undefined ? {} : { payload: body as object }),
      });
      expect(complaint({ status: response.statusCode, text: response.body })).toBeNull();
    }
  });
});

describe('anything at all', () => {
  // Valid members, with one of them replaced by what nobody thought of.
  test.for(withBody)('$id: never a bug of ours', async ({ id }) => {
    const { body, ...rest } = example(id);
    const keys = Object.keys(body as object);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...keys),
        fc.jsonValue({ maxDepth: 3 }),
        async (key, value) => {
          const said = await desk.ask('admin', id, {
            ...rest,
            body: { ...(body as object), [key]: value },
          });
          expect(complaintUnlessDone(said)).toBeNull();
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  const extremes = [Number.MAX_SAFE_INTEGER, 1e15, 8.64e15, 1e300, -1, 0.5, 0];
  test.for(extremes)('numbers at the edge: %s', async (number) => {
    const asked: readonly (readonly [OperationId, Asked])[] = [
      ['token.create', { body: { name: `t${number}`, role: 'viewer', expiresInMs: number } }],
      ['endpoint.create', { body: { name: 'e', version: 'tumour@1', deadlineMs: number } }],
      ['alias.move', { ...example('alias.move'), body: { version: number, expect: number } }],
      ['health.read', { query: { lastMs: String(number) } }],
      ['health.read', { query: { meanMsMax: String(number) } }],
      ['rollout.list', { query: { limit: String(number) } }],
      [
        'rollout.command',
        {
          ...example('rollout.command'),
          body: { command: 'pause', reason: 'x', revision: number },
        },
      ],
    ];
    for (const [id, given] of asked) {
      const said = await desk.ask('admin', id, given);
      expect(complaintUnlessDone(said)).toBeNull();
    }
  });
});
