import type { z } from 'zod';
import type { Action } from '../../core/governance/permission.ts';
import { permits } from '../../core/governance/permission.ts';
import type { CommandKind } from '../../core/rollout/command.ts';
import { obey } from '../../core/rollout/obey.ts';
import { isFinal, type Rollout } from '../../core/rollout/rollout.ts';
import { candidateShare } from '../../core/rollout/share.ts';
import type { Judgement } from '../../core/rollout/world.ts';
import { momentBody } from '../../protocol/admin/scalars.ts';
import type { rolloutBodySchema } from '../../protocol/admin/rollout.ts';
import { Fault } from '../../protocol/errors.ts';
import type { ControlContext } from '../context.ts';
import { rolloutsOf, type State } from '../state.ts';
import { planTransition, reasonOf } from '../transition-plan.ts';
import { endpointNamed } from './endpoints.ts';
import type { Handlers } from './handler.ts';
import { faultOf } from './refusal.ts';
import { startHandler } from './start-rollout.ts';

type RolloutBody = z.input<typeof rolloutBodySchema>;
type VerdictBody = RolloutBody['verdicts'][number];

/** A rollout as clients get it. */
export function rolloutBody(rollout: Rollout, judgement: Judgement | undefined): RolloutBody {
  const { spec, hold, cause } = rollout;
  const verdicts = isFinal(rollout) ? [] : (judgement?.verdicts ?? []);
  return {
    id: rollout.id,
    endpoint: rollout.endpoint,
    revision: rollout.revision,
    baseline: rollout.baseline,
    candidate: rollout.candidate,
    strategy: spec.strategy.kind,
    phase: rollout.phase,
    stage: rollout.stage,
    stages: spec.strategy.stages.length,
    shareBps: candidateShare(rollout),
    createdAt: momentBody(rollout.createdAt),
    createdBy: rollout.createdBy,
    phaseSince: momentBody(rollout.phaseSince),
    stageSince: momentBody(rollout.stageSince),
    hold: hold === null ? null : causeBody(hold),
    cause: cause === null ? null : causeBody(cause),
    doing: doingOf(rollout, judgement),
    etaMs: etaOf(judgement),
    verdicts: verdicts.map(verdictBody),
    spec,
  };
}

function causeBody(cause: NonNullable<Rollout['cause']>): NonNullable<RolloutBody['cause']> {
  return { ...cause, verdict: cause.verdict === null ? null : verdictBody(cause.verdict) };
}

function verdictBody({ interval, ...verdict }: Judgement['verdicts'][number]): VerdictBody {
  // JSON has no infinity: an interval without an upper end has null there.
  const high = interval !== null && Number.isFinite(interval[1]) ? interval[1] : null;
  return { ...verdict, interval: interval === null ? null : [interval[0], high] };
}

function etaOf(judgement: Judgement | undefined): number | null {
  return judgement?.decision.type === 'hold' ? judgement.decision.etaMs : null;
}

/** What a rollout waits for or does, in one sentence. */
export function doingOf(rollout: Rollout, judgement: Judgement | undefined): string {
  if (isFinal(rollout)) return rollout.cause?.sentence ?? `it is ${rollout.phase}`;
  if (judgement === undefined) return 'it has not been judged yet';
  const { decision } = judgement;
  return reasonOf({
    before: rollout,
    after: rollout,
    endpoint: null,
    why: { decision },
    effects: [],
  });
}

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

const shown = ({ loop }: ControlContext, rollout: Rollout): RolloutBody =>
  rolloutBody(rollout, loop.judgements.get(rollout.id));

/** Calls about rollouts. */
export const rolloutHandlers: Pick<
  Handlers,
  'rollout.list' | 'rollout.start' | 'rollout.read' | 'rollout.command'
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

  'rollout.read': async (context, { params }) =>
    shown(context, rolloutNamed(context.journal.state(), params.rollout)),

  'rollout.command': async (context, { params, body, principal, commit }) => {
    const kind = body.command;
    if (!permits(principal.role, actionOf[kind])) {
      throw new Fault('FORBIDDEN', `the role ${principal.role} may not ${actionOf[kind]}`);
    }
    const command = { kind, actor: principal.name, reason: body.reason };
    const answer = await commit((state, now) => {
      const rollout = rolloutNamed(state, params.rollout);
      refuseOther(rollout, body.revision);
      const endpoint = endpointNamed(state, rollout.endpoint);
      const obeyed = obey({ rollout, endpoint, command, now });
      if (!obeyed.ok) throw faultOf(obeyed.error);
      const judgement = context.loop.judgements.get(rollout.id) ?? null;
      const plan = planTransition(obeyed.value, judgement, { state, now });
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
