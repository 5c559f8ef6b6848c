import { verifyChain } from '../../core/governance/chain.ts';
import type { AuditEntry } from '../../core/governance/audit.ts';
import { after, type Instant } from '../../core/lib/units.ts';
import { candidateShare } from '../../core/rollout/share.ts';
import { versionName } from '../../core/catalog/version.ts';
import { momentBody } from '../../protocol/admin/scalars.ts';
import type { GatewayBody, StatusBody, TokenBody } from '../../protocol/admin/system.ts';
import { Fault } from '../../protocol/errors.ts';
import { PROGRAM_VERSION } from '../../protocol/program-version.ts';
import type { Stored, TokenRecord } from '../../ports/store.ts';
import type { ControlContext } from '../context.ts';
import type { FleetMember } from '../fleet.ts';
import { endpointsOf, queueOf, tableOf } from '../state.ts';
import { makeToken, tokenKey } from './auth.ts';
import { goingAt } from './endpoints.ts';
import type { Handlers } from './handler.ts';
import { readDrift } from './drift.ts';
import { readHealth } from './health.ts';
import { doingOf, sliceBpsOf } from './rollout-body.ts';

const PAGE = 1_000;
const ID_DIGITS = 12;

const auditBody = (entry: AuditEntry) => ({ ...entry, at: momentBody(entry.at) });

function gatewayBody(member: FleetMember): GatewayBody {
  const { gateway, alive, generation, windowsDropped } = member;
  return {
    gateway,
    alive,
    seenAt: momentBody(member.seenAt),
    generation,
    ready: [...member.ready],
    failed: [...member.failed],
    fuses: [...new Set(member.fuses.map(({ rollout }) => rollout))],
    refused: member.refused,
    windowsDropped,
  };
}

function statusOf(context: ControlContext): StatusBody {
  const { journal, clock, fleet, loop } = context;
  const state = journal.state();
  const now = clock.now();
  return {
    now: momentBody(now),
    version: PROGRAM_VERSION,
    generation: tableOf(state).generation,
    gateways: fleet.members().map(gatewayBody),
    endpoints: endpointsOf(state).flatMap((endpoint) => {
      const going = goingAt(state, endpoint.name);
      const rows = going.length === 0 ? [null] : going;
      const waiting = queueOf(state, endpoint.name).length;
      const queue = waiting === 0 ? '' : ` (${waiting} more in the queue)`;
      return rows.map((rollout) => {
        const judged = rollout === null ? undefined : loop.judgements.get(rollout.id);
        const doing = rollout === null ? 'steady' : doingOf(rollout, judged);
        return {
          endpoint: endpoint.name,
          version: versionName(endpoint.version),
          rollout: rollout?.id ?? null,
          phase: rollout?.phase ?? null,
          candidate: rollout === null ? null : versionName(rollout.candidate),
          shareBps: rollout === null ? 0 : candidateShare(rollout),
          sliceBps: rollout === null ? null : sliceBpsOf(rollout),
          doing: doing + queue,
        };
      });
    }),
  };
}

function tokenBody({ key, value }: Pick<Stored<'token'>, 'key' | 'value'>): TokenBody {
  const { name, role, createdAt, expiresAt } = value;
  return {
    id: key.slice(0, ID_DIGITS),
    name,
    role,
    createdAt: momentBody(createdAt),
    expiresAt: expiresAt === null ? null : momentBody(expiresAt),
  };
}

/** Calls about the whole: status, health, audit, tokens. */
export const systemHandlers: Pick<
  Handlers,
  | 'status.read'
  | 'health.read'
  | 'drift.read'
  | 'audit.list'
  | 'audit.verify'
  | 'token.list'
  | 'token.create'
  | 'token.revoke'
> = {
  'status.read': async (context) => statusOf(context),

  'health.read': async (context, { query }) => readHealth(context, query),
  'drift.read': async (context, { query }) => readDrift(context, query),

  'audit.list': async ({ store }, { query }) => {
    const { subject, limit } = query;
    const about = subject === undefined ? {} : { subject };
    const entries = await store.scan({ log: 'audit', newestFirst: true, limit, ...about });
    return entries.map(auditBody);
  },

  'audit.verify': async ({ store }) => {
    let previous: AuditEntry | null = null;
    let entries = 0;
    for (;;) {
      const page: readonly AuditEntry[] = await store.scan({
        log: 'audit',
        after: previous?.seq ?? 0,
        limit: PAGE,
      });
      const verified = verifyChain(page, previous);
      const head = previous?.hash ?? null;
      if (!verified.ok) {
        return { ok: false, entries, head, broken: { seq: verified.seq, why: verified.why } };
      }
      entries += page.length;
      previous = page.at(-1) ?? previous;
      if (page.length < PAGE)
        return { ok: true, entries, head: previous?.hash ?? null, broken: null };
    }
  },

  'token.list': async ({ journal }) => [...journal.state().records.token.values()].map(tokenBody),

  'token.create': async (_context, { body, principal, commit }) => {
    const token = makeToken();
    const key = tokenKey(token);
    return commit((state, now) => {
      const { name, role } = body;
      const taken = [...state.records.token.values()].some(({ value }) => value.name === name);
      if (taken) throw new Fault('TOKEN_EXISTS', `there is a token named ${name} already`, 'name');
      const expiresAt = body.expiresInMs === null ? null : after(now, body.expiresInMs);
      const value: TokenRecord = { name, role, createdAt: now, expiresAt };
      return {
        puts: [{ kind: 'token', key, value }],
        audit: [tokenAudit('token.create', value, { actor: principal.name, at: now })],
        answer: { ...tokenBody({ key, value }), token },
      };
    });
  },

  'token.revoke': async (_context, { params, principal, commit }) =>
    commit((state, now) => {
      const all = [...state.records.token.values()];
      const found = all.find(
        ({ key, value }) => key.slice(0, ID_DIGITS) === params.token || value.name === params.token,
      );
      if (found === undefined)
        throw new Fault('TOKEN_UNKNOWN', `there is no token ${params.token}`);
      return {
        removes: [{ kind: 'token', key: found.key }],
        audit: [tokenAudit('token.revoke', found.value, { actor: principal.name, at: now })],
        answer: tokenBody(found),
      };
    }),
};

const tokenAudit = (
  action: string,
  { name, role }: TokenRecord,
  { actor, at }: { readonly actor: string; readonly at: Instant },
) => ({ at, actor, action, subject: `token/${name}`, reason: 'on request', detail: { role } });
