import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifyChain } from '../../core/governance/chain.ts';
import { permits, type Action } from '../../core/governance/permission.ts';
import { ROLES } from '../../core/governance/role.ts';
import { COMMANDS } from '../../core/rollout/command.ts';
import { operations, type OperationId } from '../../protocol/admin/operations.ts';
import type { Operation } from '../../protocol/admin/operation.ts';
import { faults } from '../../protocol/errors.ts';
import { tokenKey } from './auth.ts';
import {
  openDesk,
  prepare,
  tokenOf,
  type Asked,
  type Desk,
} from '../../../test/simulator/admin-desk.ts';

const ids = Object.keys(operations) as OperationId[];
const mutating = ids.filter((id) => operations[id].method !== 'GET' && id !== 'blob.put');

const forbidden = { status: 403, code: 'FORBIDDEN' };

/** The code of a fault; none in what is no JSON object. */
function codeIn(text: string): { readonly code?: unknown } {
  return text.startsWith('{') ? (JSON.parse(text) as { readonly code?: unknown }) : {};
}

let desk: Desk;
let example: (id: OperationId) => Asked;
beforeEach(async () => {
  desk = await openDesk();
  example = await prepare(desk);
});
afterEach(() => desk.close());

// Every call of the API: those of G1 to G3 are among them.
describe('every call', () => {
  test.for(ids)('%s answers in its documented shape', async (id) => {
    const { status, text } = await desk.ask('admin', id, example(id));
    const operation: Operation = operations[id];
    expect({ status, text }).toMatchObject({ status: operation.status });
    if (typeof operation.answer === 'string') return;
    expect(operation.answer.safeParse(JSON.parse(text)).error).toBeUndefined();
  });

  const matrix = ids.flatMap((id) => ROLES.map((role) => ({ id, role })));
  test.for(matrix)('$id asked by a $role', async ({ id, role }) => {
    const { status, text } = await desk.ask(role, id, example(id));
    const action: Action = id === 'rollout.command' ? 'rollout.cancel' : operations[id].action;
    const { status: done } = operations[id];
    const wanted = permits(role, action) ? { status: done } : forbidden;
    expect({ status, ...codeIn(text) }).toMatchObject(wanted);
  });
});

describe('a stranger', () => {
  const strangers = [
    { who: 'nobody', header: undefined },
    { who: 'somebody with an unknown token', header: 'Bearer ust_unknown' },
    { who: 'somebody with another scheme', header: `Basic ${tokenOf('admin')}` },
    { who: 'somebody with two tokens', header: `Bearer ${tokenOf('admin')} ${tokenOf('admin')}` },
    { who: 'somebody with the hash of a token', header: `Bearer ${tokenKey(tokenOf('admin'))}` },
  ];
  test.for(strangers)('$who is told nothing by any call', async ({ header }) => {
    const headers = header === undefined ? {} : { authorization: header };
    const before = await desk.audit();
    for (const id of ids) {
      const { status, json, headers: got } = await desk.ask(null, id, { ...example(id), headers });
      expect({ id, status, ...json() }).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
      expect(got['www-authenticate']).toBe('Bearer');
    }
    expect(await desk.audit()).toEqual(before);
  });

  test('a token ends when it expires or is revoked', async () => {
    const create = { body: { name: 'brief', role: 'viewer', expiresInMs: 5_000 } };
    const { token } = (await desk.ask('admin', 'token.create', create)).json();
    const status = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${String(token)}` };
      return (await desk.ask(null, 'status.read', { headers })).status;
    };
    expect(await status()).toBe(200);
    await desk.timeline.advance(4_999);
    expect(await status()).toBe(200);
    await desk.timeline.advance(1);
    expect(await status()).toBe(401);
  });
});

describe('every command', () => {
  const matrix = COMMANDS.flatMap((command) => ROLES.map((role) => ({ command, role })));
  test.for(matrix)('$command given by a $role', async ({ command, role }) => {
    const { params } = example('rollout.command');
    const body = { command, reason: 'to see' };
    const asked = { ...(params === undefined ? {} : { params }), body };
    const { status, text } = await desk.ask(role, 'rollout.command', asked);
    const isForbidden = status === 403 && codeIn(text).code === 'FORBIDDEN';
    expect({ isForbidden, isAnswered: [200, 403, 409].includes(status) }).toEqual({
      isForbidden: !permits(role, `rollout.${command}`),
      isAnswered: true,
    });
  });
});

/** What each call that changes something leaves in the audit log. */
const entries: Partial<Record<OperationId, { readonly action: string; readonly subject: RegExp }>> =
  {
    'version.push': { action: 'version.push', subject: /^version\/identity@1$/ },
    'version.delete': { action: 'version.delete', subject: /^version\/fraud@2$/ },
    'alias.move': { action: 'alias.move', subject: /^alias\/tumour\/champion$/ },
    'endpoint.create': { action: 'endpoint.create', subject: /^endpoint\/second$/ },
    'endpoint.change': { action: 'endpoint.change', subject: /^endpoint\/risk$/ },
    'endpoint.rollback': { action: 'rollout.rollback', subject: /^rollout\/r-/ },
    'feedback.declare': { action: 'endpoint.change', subject: /^endpoint\/risk$/ },
    'rollout.start': { action: 'rollout.start', subject: /^rollout\/r-/ },
    'rollout.command': { action: 'rollout.cancel', subject: /^rollout\/r-/ },
    'token.create': { action: 'token.create', subject: /^token\/ci$/ },
    'token.revoke': { action: 'token.revoke', subject: /^token\/spare$/ },
  };

describe('every call that changes something', () => {
  test('is known to these tests', () => {
    expect(Object.keys(entries).sort()).toEqual([...mutating].sort());
  });

  test.for(mutating)('%s leaves one audit entry under the name of who asked', async (id) => {
    const before = await desk.audit();
    await desk.ask('admin', id, example(id));
    const after = await desk.audit();
    expect(after).toHaveLength(before.length + 1);
    const entry = after.at(-1);
    expect(entry).toMatchObject({ actor: 'admin', action: entries[id]?.action });
    expect(entry?.subject).toMatch(entries[id]?.subject ?? /^$/);
    expect(verifyChain(after)).toEqual({ ok: true, count: after.length });
  });

  test.for(mutating)('%s refused leaves nothing', async (id) => {
    const before = await desk.audit();
    await desk.ask('viewer', id, example(id));
    expect(await desk.audit()).toEqual(before);
  });

  test.for(mutating)('%s is done once under one key, and answered the same', async (id) => {
    const headers = { 'idempotency-key': `once-${id}` };
    const asked = { ...example(id), headers };
    const [one, two] = await Promise.all([
      desk.ask('admin', id, asked),
      desk.ask('admin', id, asked),
    ]);
    const before = await desk.audit();
    const three = await desk.ask('admin', id, asked);
    const reopened = await openDesk({ store: desk.store, timeline: desk.timeline });
    const four = await reopened.ask('admin', id, asked);
    await reopened.close();
    expect(one.status).toBe(operations[id].status);
    for (const { status, text } of [two, three, four]) {
      expect({ status, text }).toEqual({ status: one.status, text: one.text });
    }
    expect(await desk.audit()).toEqual(before);
  });

  test.for(mutating)('%s refuses a key that was used for something else', async (id) => {
    const headers = { 'idempotency-key': 'shared' };
    const first = id === 'token.create' ? 'endpoint.create' : 'token.create';
    await desk.ask('admin', first, { ...example(first), headers });
    const before = await desk.audit();
    const { status, json } = await desk.ask('admin', id, { ...example(id), headers });
    expect({ status, ...json() }).toMatchObject({ status: 422, code: 'IDEMPOTENCY_MISMATCH' });
    expect(await desk.audit()).toEqual(before);
  });

  test.for(['', 'x'.repeat(201)])(
    'an idempotency key of the wrong length is refused',
    async (key) => {
      const headers = { 'idempotency-key': key };
      const asked = { ...example('token.create'), headers };
      const { status, json } = await desk.ask('admin', 'token.create', asked);
      expect({ status, ...json() }).toMatchObject({ status: 422, code: 'INPUT_INVALID' });
    },
  );

  test('one key of two people is two keys', async () => {
    const headers = { 'idempotency-key': 'mine' };
    const create = (name: string): Asked => ({
      body: { name, version: 'tumour@1' },
      headers,
    });
    const one = await desk.ask('admin', 'endpoint.create', create('one'));
    const two = await desk.ask('operator', 'endpoint.create', create('two'));
    expect([one.status, two.status]).toEqual([201, 201]);
  });

  test('a refusal is not remembered: the same key may succeed later', async () => {
    const headers = { 'idempotency-key': 'later' };
    const asked = { params: { endpoint: 'alarm' }, body: { reason: 'back' }, headers };
    const first = await desk.ask('admin', 'endpoint.rollback', asked);
    expect(first.json()['code']).toBe('ROLLOUT_NOTHING_BEFORE');
    await desk.ask('admin', 'rollout.start', example('rollout.start'));
    expect((await desk.ask('admin', 'endpoint.rollback', asked)).status).toBe(200);
  });
});

test('rolling back twice takes out the candidate and nothing more', async () => {
  const roll = (further: boolean) =>
    desk.ask('admin', 'endpoint.rollback', {
      params: { endpoint: 'alarm' },
      body: { reason: 'odd', further },
    });
  await desk.ask('admin', 'rollout.start', example('rollout.start'));
  const first = (await roll(false)).json();
  expect(first).toMatchObject({ changed: true, version: { version: 1 } });
  expect((await roll(false)).json()).toMatchObject({ changed: false, version: { version: 1 } });
});

test('a fault has a code of the catalogue and says how to mend it', async () => {
  const { status, json } = await desk.ask('admin', 'endpoint.read', {
    params: { endpoint: 'none' },
  });
  expect({ status, ...json() }).toMatchObject({
    status: faults.ENDPOINT_UNKNOWN.status,
    code: 'ENDPOINT_UNKNOWN',
    fix: faults.ENDPOINT_UNKNOWN.fix,
    error: expect.stringContaining('none'),
    request_id: expect.any(String),
  });
});
