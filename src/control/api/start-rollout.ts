import { startEffects, startRollout } from '../../core/rollout/start.ts';
import type { ControlContext } from '../context.ts';
import { activeRolloutsOf, catalogOf, endpointsOf } from '../state.ts';
import { versionNamed } from './endpoints.ts';
import type { Handler } from './handler.ts';
import { faultOf } from './refusal.ts';
import { rolloutBody } from './rollout-body.ts';

const SALT_BYTES = 16;
const ID_BYTES = 4;

/**
 * Starts a rollout: refused as a whole or made as a whole; nothing is sent to the candidate yet.
 */
export const startHandler: Handler<'rollout.start'> = async (
  context,
  { body, principal, commit },
) => {
  const { endpoint, reason, spec } = body;
  const salt = hexOf(context, SALT_BYTES);
  const tail = hexOf(context, ID_BYTES);
  const answer = await commit((state, now) => {
    const candidate = versionNamed(state, body.candidate);
    const started = startRollout(
      // Ids begin with the time, so that their order is the order of starts.
      {
        id: `r-${now.toString(36)}-${tail}`,
        endpoint,
        candidate,
        spec,
        salt,
        createdBy: principal.name,
        now,
      },
      {
        endpoints: endpointsOf(state),
        rollouts: activeRolloutsOf(state),
        models: catalogOf(state, [candidate]),
      },
    );
    if (!started.ok) throw faultOf(started.error);
    const rollout = started.value;
    return {
      puts: [{ kind: 'rollout', key: rollout.id, value: rollout }],
      audit: [
        {
          at: now,
          actor: principal.name,
          action: 'rollout.start',
          subject: `rollout/${rollout.id}`,
          reason,
          detail: { endpoint, baseline: rollout.baseline, candidate: rollout.candidate, spec },
        },
      ],
      effects: startEffects(rollout, reason),
      answer: rolloutBody(rollout, undefined),
    };
  });
  context.loop.wake();
  return answer;
};

const hexOf = ({ entropy }: ControlContext, bytes: number): string =>
  Buffer.from(entropy.bytes(bytes)).toString('hex');
