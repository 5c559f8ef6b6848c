import { startDraft } from '../core/replay/record.ts';
import type { Instant } from '../core/lib/units.ts';
import { obey } from '../core/rollout/obey.ts';
import { startEffects } from '../core/rollout/start.ts';
import type { Rollout } from '../core/rollout/rollout.ts';
import type { Endpoint } from '../core/routing/endpoint.ts';
import { PROGRAM_VERSION } from '../protocol/program-version.ts';
import { queueOf, type State } from './state.ts';
import { planTransition, type TransitionPlan } from './transition-plan.ts';

/** Why a rollout that waited begins. */
export const TURN_CAME = 'its turn came: the endpoint is free';

/** A rollout that begins, or begins to wait, as a record, an audit entry and effects. */
export function planStart(rollout: Rollout, reason: string, state: State): TransitionPlan {
  const { settings } = state.records.endpoint.get(rollout.endpoint)?.value ?? {};
  const attributes = settings?.attributes ?? [];
  return {
    puts: [{ kind: 'rollout', key: rollout.id, value: rollout }],
    audit: [startDraft(rollout, { reason, program: PROGRAM_VERSION, attributes })],
    effects: startEffects(rollout, reason),
  };
}

/**
 * Takes out whatever waits for an endpoint: who takes an endpoint back wants nothing to move there
 * by itself.
 */
export function planEmptying(
  state: State,
  endpoint: Endpoint,
  asked: { readonly actor: string; readonly reason: string; readonly now: Instant },
): TransitionPlan {
  const { actor, now } = asked;
  const reason = `taken out when ${endpoint.name} went back: ${asked.reason}`;
  const command = { kind: 'cancel', actor, reason } as const;
  const plans = queueOf(state, endpoint.name).flatMap((rollout) => {
    const obeyed = obey({ rollout, endpoint, command, now });
    return obeyed.ok ? [planTransition(obeyed.value, null, { state, now })] : [];
  });
  return {
    puts: plans.flatMap(({ puts }) => puts),
    audit: plans.flatMap(({ audit }) => audit),
    effects: plans.flatMap(({ effects }) => effects),
  };
}
