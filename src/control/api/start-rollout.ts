import { startEffects, startRollout } from '../../core/rollout/start.ts';
import { invariant } from '../../core/lib/invariant.ts';
import type { Instant } from '../../core/lib/units.ts';
import { startDraft } from '../../core/replay/record.ts';
import { PROGRAM_VERSION } from '../../protocol/program-version.ts';
import type { ControlContext } from '../context.ts';
import { activeRolloutsOf, catalogOf, declaredMetrics, endpointsOf, type State } from '../state.ts';
import { endpointNamed, versionNamed } from './endpoints.ts';
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
    const [candidate, ...others] = body.candidates.map((name) => versionNamed(state, name));
    invariant(candidate !== undefined, 'a declaration names a candidate');
    const started = startRollout(
      {
        id: nextId(state, now, tail),
        endpoint,
        candidate,
        others,
        spec,
        salt,
        createdBy: principal.name,
        now,
      },
      {
        endpoints: endpointsOf(state),
        rollouts: activeRolloutsOf(state),
        models: catalogOf(state, [candidate, ...others]),
        metrics: declaredMetrics(state, endpoint).map(({ metric }) => metric),
      },
    );
    if (!started.ok) throw faultOf(started.error);
    const rollout = started.value;
    const { attributes } = endpointNamed(state, endpoint).settings;
    return {
      puts: [{ kind: 'rollout', key: rollout.id, value: rollout }],
      audit: [startDraft(rollout, { reason, program: PROGRAM_VERSION, attributes })],
      effects: startEffects(rollout, reason),
      answer: rolloutBody(rollout, undefined),
    };
  });
  context.loop.wake();
  return answer;
};

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
