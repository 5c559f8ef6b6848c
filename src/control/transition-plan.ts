import { moveAlias } from '../core/catalog/alias.ts';
import type { VersionRef } from '../core/catalog/version.ts';
import type { AuditDraft } from '../core/governance/audit.ts';
import type { Instant } from '../core/lib/units.ts';
import type { Transition } from '../core/rollout/transition.ts';
import type { Judgement } from '../core/rollout/world.ts';
import type { Endpoint } from '../core/routing/endpoint.ts';
import type { PlannedPut } from './journal.ts';
import type { State } from './state.ts';

/** The actor of everything nobody asked for by hand. */
export const SYSTEM_ACTOR = 'understudy';

/** What one transition makes durable. */
export type TransitionPlan = {
  readonly puts: readonly PlannedPut[];
  readonly audit: readonly AuditDraft[];
  readonly effects: Transition['effects'];
};

type Moment = { readonly state: State; readonly now: Instant };

/** A transition as records, an audit entry with its evidence, and effects. */
export function planTransition(
  transition: Transition,
  judgement: Judgement | null,
  { state, now }: Moment,
): TransitionPlan {
  const { after, endpoint, effects } = transition;
  const moved =
    endpoint === null ? [] : planEndpoint(endpoint, actorOf(transition), { state, now });
  return {
    puts: [{ kind: 'rollout', key: after.id, value: after }, ...moved],
    audit: [auditOf(transition, judgement, now)],
    effects,
  };
}

/** An endpoint's new record, and the aliases that follow what is in production. */
export function planEndpoint(
  endpoint: Endpoint,
  actor: string,
  { state, now }: Moment,
): readonly PlannedPut[] {
  const move = (name: string, to: VersionRef | null): readonly PlannedPut[] => {
    if (to === null) return [];
    const key = `${to.model}/${name}`;
    const alias = state.records.alias.get(key)?.value ?? null;
    if (alias?.version === to.version) return [];
    const { model, version } = to;
    const value = moveAlias(alias, { model, name, version, movedAt: now, movedBy: actor });
    return [{ kind: 'alias', key, value }];
  };
  return [
    { kind: 'endpoint', key: endpoint.name, value: endpoint },
    ...move('production', endpoint.version),
    ...move('previous', endpoint.previous),
  ];
}

function actorOf({ why }: Transition): string {
  return 'command' in why ? why.command.actor : SYSTEM_ACTOR;
}

function auditOf(transition: Transition, judgement: Judgement | null, at: Instant): AuditDraft {
  const { before, after, why } = transition;
  const verb = 'command' in why ? why.command.kind : why.decision.type;
  return {
    at,
    actor: actorOf(transition),
    action: `rollout.${verb}`,
    subject: `rollout/${after.id}`,
    reason: reasonOf(transition),
    detail: {
      endpoint: after.endpoint,
      from: { phase: before.phase, stage: before.stage, revision: before.revision },
      to: { phase: after.phase, stage: after.stage, revision: after.revision },
      cause: causeOf(after),
      verdicts: judgement?.verdicts ?? [],
    },
  };
}

/** Who or what made it hold or end: a rollback on a gateway's own socket has a name, too. */
function causeOf({ hold, cause }: Transition['after']) {
  const found = hold ?? cause;
  return found === null ? null : { by: found.by, who: found.who, sentence: found.sentence };
}

/** Why a transition happened, in one sentence. */
export function reasonOf({ why }: Transition): string {
  if ('command' in why) return why.command.reason;
  const { decision } = why;
  switch (decision.type) {
    case 'hold':
      return decision.reason.sentence;
    case 'freeze':
      return 'the latencies that count as slow were fixed from what the baseline did';
    case 'advance':
    case 'promote':
    case 'reweigh':
    case 'swap':
      return decision.reason;
    case 'ask':
    case 'drop':
    case 'revert':
      return decision.cause.sentence;
    case 'settle':
      return 'every gateway confirmed';
  }
}
