import type { Action } from '../../core/governance/permission.ts';
import { permits } from '../../core/governance/permission.ts';
import type { CommandKind } from '../../core/rollout/command.ts';
import { obey } from '../../core/rollout/obey.ts';
import { isFinal, type Rollout } from '../../core/rollout/rollout.ts';
import { usesOutcomes } from '../../core/strategy/ladder.ts';
import { Fault } from '../../protocol/errors.ts';
import type { ControlContext } from '../context.ts';
import { declaredMetrics, rolloutsOf, type State } from '../state.ts';
import { planTransition } from '../transition-plan.ts';
import { endpointNamed } from './endpoints.ts';
import type { Handlers } from './handler.ts';
import { faultOf } from './refusal.ts';
import type { RolloutBody } from '../../protocol/admin/rollout.ts';
import { receiptBody } from '../../protocol/admin/receipt.ts';
import { explanationOf } from './explain.ts';
import { receiptOf } from './receipts.ts';
import { overlapBody, rolloutBody } from './rollout-body.ts';
import { startHandler } from './start-rollout.ts';

/** The rollout of this id. Fault `ROLLOUT_UNKNOWN`. */
function rolloutNamed(state: State, id: string): Rollout {
  const rollout = state.records.rollout.get(id)?.value;
  if (rollout === undefined) throw new Fault('ROLLOUT_UNKNOWN', `there is no rollout ${id}`);
  return rollout;
}

const actionOf: Readonly<Record<CommandKind, Action>> = {
  pause: 'rollout.pause',
  resume: 'rollout.resume',
  advance: 'rollout.advance',
  promote: 'rollout.promote',
  rollback: 'rollout.rollback',
  cancel: 'rollout.cancel',
};

const shown = ({ loop, overlaps }: ControlContext, rollout: Rollout): RolloutBody => ({
  ...rolloutBody(rollout, loop.judgements.get(rollout.id)),
  ...overlapBody(overlaps.of(rollout)),
});

/** Calls about rollouts. */
export const rolloutHandlers: Pick<
  Handlers,
  | 'rollout.list'
  | 'rollout.start'
  | 'rollout.read'
  | 'rollout.explain'
  | 'rollout.receipt'
  | 'rollout.command'
> = {
  'rollout.list': async (context, { query }) => {
    const { endpoint, active, limit } = query;
    const wanted = rolloutsOf(context.journal.state())
      .filter((rollout) => endpoint === undefined || rollout.endpoint === endpoint)
      .filter((rollout) => active === undefined || String(!isFinal(rollout)) === active)
      .reverse();
    return wanted.slice(0, limit).map((rollout) => shown(context, rollout));
  },

  'rollout.start': startHandler,

  'rollout.read': async (context, { params }) => {
    const { journal, loop, outcomes, clock } = context;
    const state = journal.state();
    const rollout = rolloutNamed(state, params.rollout);
    if (!isFinal(rollout) || !usesOutcomes(rollout.spec)) return shown(context, rollout);
    // What came back after the end still tells how it was.
    const declared = declaredMetrics(state, rollout.endpoint);
    const came = await outcomes.outcomesOf(rollout, { declared, now: clock.now() });
    const body = rolloutBody(rollout, loop.judgements.get(rollout.id), came);
    return { ...body, ...overlapBody(context.overlaps.of(rollout)) };
  },

  'rollout.explain': async (context, { params }) =>
    explanationOf(context, rolloutNamed(context.journal.state(), params.rollout)),

  'rollout.receipt': async (context, { params }) =>
    receiptBody(await receiptOf(context, rolloutNamed(context.journal.state(), params.rollout))),

  'rollout.command': async (context, { params, body, principal, commit }) => {
    const kind = body.command;
    if (!permits(principal.role, actionOf[kind])) {
      throw new Fault('FORBIDDEN', `the role ${principal.role} may not ${actionOf[kind]}`);
    }
    const command = { kind, actor: principal.name, reason: body.reason, arm: body.arm ?? null };
    const answer = await commit((state, now) => {
      const rollout = rolloutNamed(state, params.rollout);
      refuseOther(rollout, body.revision);
      const endpoint = endpointNamed(state, rollout.endpoint);
      const obeyed = obey({ rollout, endpoint, command, now });
      if (!obeyed.ok) throw faultOf(obeyed.error);
      const plan = planTransition(obeyed.value, context.loop.seen(rollout.id), { state, now });
      return { ...plan, answer: shown(context, obeyed.value.after) };
    });
    context.loop.wake();
    return answer;
  },
};

function refuseOther({ id, revision }: Rollout, expected: number | undefined): void {
  if (expected === undefined || expected === revision) return;
  throw new Fault(
    'ROLLOUT_CONFLICT',
    `rollout ${id} is at revision ${revision}, not ${expected}`,
    'revision',
  );
}
