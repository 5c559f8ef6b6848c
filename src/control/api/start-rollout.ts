import { invariant } from '../../core/lib/invariant.ts';
import type { Instant } from '../../core/lib/units.ts';
import { goldenRefusal } from '../../core/rollout/golden-proof.ts';
import { requestRollout } from '../../core/rollout/queue.ts';
import type { Refusal } from '../../core/rollout/refusal.ts';
import type { RolloutSpec } from '../../core/rollout/spec.ts';
import { declaredPath } from '../../protocol/admin/declared-path.ts';
import type { Fault } from '../../protocol/errors.ts';
import type { ControlContext } from '../context.ts';
import { activeRolloutsOf, catalogOf, declaredMetrics, endpointsOf, type State } from '../state.ts';
import { planStart } from '../queue-plan.ts';
import { planTransition } from '../transition-plan.ts';
import { versionNamed } from './endpoints.ts';
import type { Handler } from './handler.ts';
import { faultOf } from './refusal.ts';
import { rolloutBody } from './rollout-body.ts';

const SALT_BYTES = 16;
const ID_BYTES = 4;

/**
 * Starts a rollout: refused as a whole or made as a whole; nothing is sent to the candidate yet.
 * What it supersedes ends in the same commit.
 */
export const startHandler: Handler<'rollout.start'> = async (
  context,
  { body, sent, principal, commit },
) => {
  const { endpoint, reason } = body;
  const salt = hexOf(context, SALT_BYTES);
  const tail = hexOf(context, ID_BYTES);
  const answer = await commit((state, now) => {
    const [candidate, ...others] = body.candidates.map((name) => versionNamed(state, name));
    invariant(candidate !== undefined, 'a declaration names a candidate');
    const spec = withBaseline(body.spec, body.baseline, state);
    const lack = goldenRefusal(spec, [candidate, ...others]);
    if (lack !== null) throw faultIn(sent, lack);
    const asked = requestRollout(
      {
        id: nextId(state, now, tail),
        endpoint,
        candidate,
        others,
        spec,
        salt,
        createdBy: principal.name,
        now,
        reason,
      },
      {
        endpoints: endpointsOf(state),
        rollouts: activeRolloutsOf(state),
        models: catalogOf(state, [candidate, ...others]),
        metrics: declaredMetrics(state, endpoint).map(({ metric }) => metric),
      },
    );
    if (!asked.ok) throw faultIn(sent, asked.error);
    const { rollout, superseded } = asked.value;
    const ends = superseded.map((one) =>
      planTransition(one, context.loop.seen(one.before.id), { state, now }),
    );
    const plans = [...ends, planStart(rollout, reason, state)];
    return {
      puts: plans.flatMap(({ puts }) => puts),
      audit: plans.flatMap(({ audit }) => audit),
      effects: plans.flatMap(({ effects }) => effects),
      answer: rolloutBody(rollout, undefined),
    };
  });
  context.loop.wake();
  return answer;
};

/** Why it is not started, with the place in the declaration as it was written. */
const faultIn = (sent: unknown, refused: Refusal): Fault =>
  faultOf({ ...refused, path: refused.path === null ? null : declaredPath(sent, refused.path) });

/** The declaration with the version that its `baseline` names now. */
function withBaseline(spec: RolloutSpec, name: string | undefined, state: State): RolloutSpec {
  if (name === undefined) return spec;
  const { model, version } = versionNamed(state, name);
  return { ...spec, baseline: { model, version } };
}

/** Ids begin with the time, so that their order is that of the starts, also on a clock set back. */
function nextId({ records }: State, now: Instant, tail: string): string {
  const times = [...records.rollout.keys()].map((id) =>
    Number.parseInt(id.split('-')[1] ?? '', 36),
  );
  const newest = times.reduce((latest, time) => (time > latest ? time : latest), 0);
  return `r-${Math.max(Math.floor(now), newest + 1).toString(36)}-${tail}`;
}

const hexOf = ({ entropy }: ControlContext, bytes: number): string =>
  Buffer.from(entropy.bytes(bytes)).toString('hex');
