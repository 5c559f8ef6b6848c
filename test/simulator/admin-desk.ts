import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { AuditEntry } from '../../src/core/governance/audit.ts';
import { ROLES, type Role } from '../../src/core/governance/role.ts';
import { tokenKey } from '../../src/control/api/auth.ts';
import { handlers } from '../../src/control/api/handlers.ts';
import { createAdminServer } from '../../src/control/api/http.ts';
import { operations, type OperationId } from '../../src/protocol/admin/operations.ts';
import type { Operation } from '../../src/protocol/admin/operation.ts';
import { refTo, register, twoModels } from './catalog.ts';
import { openControl, type LoneControl, type LoneOptions } from './lone-control.ts';

/** What is given to a call. */
export type Asked = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** JSON, or bytes for an octet stream. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** An answer as it went over the wire. */
export type Said = {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly json: () => { readonly [key: string]: unknown };
};

/** The admin API in front of a small world with a token for every role. */
export type Desk = LoneControl & {
  readonly server: FastifyInstance;
  /** Asks as somebody of this role; null: as somebody without a token. */
  readonly ask: (who: Role | null, id: OperationId, asked?: Asked) => Promise<Said>;
  readonly audit: () => Promise<readonly AuditEntry[]>;
};

/** The token that somebody of this role carries. */
export const tokenOf = (role: Role): string => `ust_token-of-${role}`;

/** A model file that is let in. */
export const modelFile = readFileSync(
  join(import.meta.dirname, '../vectors/onnx/golden/identity_fp32.onnx'),
);

/** A declaration that starts. */
export const declared = (endpoint: string, candidate: string): Record<string, unknown> => ({
  endpoint,
  candidate,
  triggers: 'default',
  reason: 'a new one',
});

/** Opens the desk. On a store that has been used already, the world is as it was left. */
export async function openDesk(options: LoneOptions = {}): Promise<Desk> {
  const lone = await openControl(options);
  const { journal } = lone.context;
  if (journal.state().records.endpoint.size === 0) {
    await register(journal, twoModels);
    await journal.run((_state, now) => ({
      puts: [...ROLES, 'spare' as const].map((name) => ({
        kind: 'token',
        key: tokenKey(name === 'spare' ? 'ust_spare' : tokenOf(name)),
        value: { name, role: name === 'spare' ? 'viewer' : name, createdAt: now, expiresAt: null },
      })),
      answer: undefined,
    }));
  }
  const server = createAdminServer(lone.context, handlers, []);
  return {
    ...lone,
    server,
    ask: (who, id, asked = {}) => ask(server, { who, id, ...asked }),
    audit: () => lone.store.scan({ log: 'audit', limit: 10_000 }),
    close: async () => {
      await server.close();
      await lone.close();
    },
  };
}

type Question = Asked & { readonly who: Role | null; readonly id: OperationId };

async function ask(server: FastifyInstance, question: Question): Promise<Said> {
  const { who, id, params = {}, query = {}, body, headers = {} } = question;
  const { method, path }: Operation = operations[id];
  const url = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(params[name] ?? 'none'),
  );
  const isBytes = body instanceof Uint8Array;
  const type = isBytes ? 'application/octet-stream' : 'application/json';
  const response = await server.inject({
    method,
    url,
    query: { ...query },
    ...(body === undefined ? {} : { payload: isBytes ? Buffer.from(body) : JSON.stringify(body) }),
    headers: {
      ...(who === null ? {} : { authorization: `Bearer ${tokenOf(who)}` }),
      ...(body === undefined ? {} : { 'content-type': type }),
      ...headers,
    },
    payloadAsStream: true,
  });
  return said(response, id === 'events.stream');
}

type Response = Awaited<ReturnType<FastifyInstance['inject']>>;

/** A stream of events never ends by itself: its first piece is all that is waited for. */
async function said(response: Response, isEndless: boolean): Promise<Said> {
  const pieces: Buffer[] = [];
  const stream = response.stream();
  for await (const piece of stream) {
    pieces.push(Buffer.from(piece as Uint8Array));
    if (isEndless) break;
  }
  const text = Buffer.concat(pieces).toString();
  return {
    status: response.statusCode,
    text,
    headers: response.headers,
    json: () => JSON.parse(text) as ReturnType<Said['json']>,
  };
}

/** A call of every kind that succeeds on a fresh desk once `prepare` has been done. */
export const examples: Readonly<Record<OperationId, Asked>> = {
  'status.read': {},
  'health.read': { query: { lastMs: '60000' } },
  'drift.read': { query: { lastMs: '60000' } },
  'blob.put': { body: new TextEncoder().encode('any bytes') },
  'blob.read': { params: { digest: 'uploaded' } },
  'model.list': {},
  'version.list': { params: { model: 'tumour' } },
  'version.push': { params: { model: 'identity' }, body: { digest: 'uploaded', label: 'first' } },
  'version.read': { params: { model: 'tumour', version: '2' } },
  'version.delete': { params: { model: 'fraud', version: '2' } },
  'alias.list': { params: { model: 'tumour' } },
  'alias.move': {
    params: { model: 'tumour', alias: 'champion' },
    body: { version: 2, expect: null },
  },
  'endpoint.list': {},
  'endpoint.create': { body: { name: 'second', version: 'tumour@1' } },
  'endpoint.read': { params: { endpoint: 'risk' } },
  'endpoint.change': {
    params: { endpoint: 'risk' },
    body: { deadlineMs: 500, reason: 'in a hurry' },
  },
  'endpoint.traffic': { params: { endpoint: 'risk' }, query: { lastMs: '3600000' } },
  'endpoint.rollback': { params: { endpoint: 'risk' }, body: { reason: 'it smells' } },
  'feedback.read': { params: { endpoint: 'risk' }, query: { lastMs: '60000', version: '1' } },
  'feedback.declare': {
    params: { endpoint: 'risk', metric: 'label' },
    body: { maturityMs: 86_400_000, positive: '1' },
  },
  'rollout.list': { query: { active: 'true', limit: '5' } },
  'rollout.start': { body: declared('alarm', 'fraud@3') },
  'rollout.read': { params: { rollout: 'started' } },
  'rollout.explain': { params: { rollout: 'started' } },
  'rollout.receipt': { params: { rollout: 'started' } },
  'rollout.command': {
    params: { rollout: 'started' },
    body: { command: 'cancel', reason: 'never mind' },
  },
  'audit.list': { query: { limit: '10' } },
  'audit.verify': {},
  'token.list': {},
  'token.create': { body: { name: 'ci', role: 'operator', expiresInMs: 60_000 } },
  'token.revoke': { params: { token: 'spare' } },
  'events.stream': {},
};

/** Uploads a model file and starts a rollout at `risk`: what the examples are about. */
export async function prepare(desk: Desk): Promise<(id: OperationId) => Asked> {
  const uploaded = (await desk.ask('admin', 'blob.put', { body: modelFile })).json()['digest'];
  const body = declared('risk', `tumour@${refTo('tumour', 2).version}`);
  const started = (await desk.ask('admin', 'rollout.start', { body })).json()['id'];
  const names: Record<string, unknown> = { uploaded, started };
  const named = <T>(value: T): T =>
    JSON.parse(
      JSON.stringify(value).replaceAll(/"(uploaded|started)"/g, (_all, name: string) =>
        JSON.stringify(names[name]),
      ),
    ) as T;
  return (id) => {
    const { body: given, ...rest } = examples[id];
    const isBytes = given instanceof Uint8Array;
    return {
      ...named(rest),
      ...(given === undefined ? {} : { body: isBytes ? given : named(given) }),
    };
  };
}
