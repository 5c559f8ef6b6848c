import { moveAlias } from '../core/catalog/alias.ts';
import type { VersionRef } from '../core/catalog/version.ts';
import type { AuditDraft } from '../core/governance/audit.ts';
import type { Instant } from '../core/lib/units.ts';
import { actorOf, transitionDraft, type Judged } from '../core/replay/record.ts';
import type { Rollout } from '../core/rollout/rollout.ts';
import { resultOf } from '../core/strategy/result.ts';
import type { Transition } from '../core/rollout/transition.ts';
import type { Judgement } from '../core/rollout/world.ts';
import type { Endpoint } from '../core/routing/endpoint.ts';
import { PROGRAM_VERSION } from '../protocol/program-version.ts';
import type { PlannedPut } from './journal.ts';
import type { State } from './state.ts';

/** What one transition makes durable. */
export type TransitionPlan = {
  readonly puts: readonly PlannedPut[];
  readonly audit: readonly AuditDraft[];
  readonly effects: Transition['effects'];
};

type Moment = { readonly state: State; readonly now: Instant };

/** A judgement with what it rests on. */
export type JudgedCase = { readonly judgement: Judgement; readonly judged: Judged };

/** A transition as records, an audit entry with its evidence, and effects. */
export function planTransition(
  transition: Transition,
  seen: JudgedCase | null,
  { state, now }: Moment,
): TransitionPlan {
  const { after, endpoint, effects } = transition;
  const said = {
    verdicts: seen?.judgement.verdicts ?? [],
    judged: seen === null ? null : withResult(seen, transition.before),
    program: PROGRAM_VERSION,
  };
  const moved =
    endpoint === null ? [] : planEndpoint(endpoint, actorOf(transition), { state, now });
  return {
    puts: [{ kind: 'rollout', key: after.id, value: after }, ...moved],
    audit: [transitionDraft(transition, said, now)],
    effects,
  };
}

/** With what came back as evidence, where a strategy goes by it. */
function withResult({ judged, judgement }: JudgedCase, before: Rollout): Judged {
  const result = resultOf(before, judgement.outcomes);
  return result === null ? judged : { ...judged, result };
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
