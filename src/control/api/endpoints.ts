import { refOf, type Version } from '../../core/catalog/version.ts';
import { obey } from '../../core/rollout/obey.ts';
import { goBack } from '../../core/rollout/go-back.ts';
import { hasBegun, type Rollout } from '../../core/rollout/rollout.ts';
import { defaultEndpointSettings, type Endpoint } from '../../core/routing/endpoint.ts';
import type { Instant } from '../../core/lib/units.ts';
import { defaultLogSettings } from '../../core/routing/logging.ts';
import { defaultHealthThresholds } from '../../core/telemetry/health.ts';
import { Fault } from '../../protocol/errors.ts';
import type { EndpointBody, RollbackAnswer } from '../../protocol/admin/endpoint.ts';
import { momentBody } from '../../protocol/admin/scalars.ts';
import { requireSegments, segmentsBody } from '../../protocol/segments.ts';
import { parseVersionName, resolveVersion } from '../../registry/naming.ts';
import type { Plan } from '../journal.ts';
import { planEmptying } from '../queue-plan.ts';
import { endpointsOf, goingRolloutsOf, rolloutsOf, tableOf, type State } from '../state.ts';
import { planEndpoint, planTransition } from '../transition-plan.ts';
import {
  changedEndpoint,
  changeEntry,
  healthSetting,
  logSetting,
  requireKnownRules,
} from './endpoint-change.ts';
import type { Handlers } from './handler.ts';
import { modelCatalog } from './models.ts';
import { faultOf } from './refusal.ts';
import { readTraffic } from './traffic.ts';

/** The version a name such as `model@3` or `model@production` means now. */
export function versionNamed(state: State, name: string): Version {
  const picked = parseVersionName(name);
  return resolveVersion(picked, modelCatalog(state, picked.model));
}

/** The version in production at an endpoint. */
const versionAt = (state: State, { version }: Endpoint): Version =>
  versionNamed(state, `${version.model}@${version.version}`);

/** The endpoint of this name. Fault `ENDPOINT_UNKNOWN`. */
export function endpointNamed(state: State, name: string): Endpoint {
  const endpoint = state.records.endpoint.get(name)?.value;
  if (endpoint !== undefined) return endpoint;
  const names = endpointsOf(state).map((one) => one.name);
  const known =
    names.length === 0 ? 'there is none yet' : `known: ${names.slice(0, 10).join(', ')}`;
  throw new Fault('ENDPOINT_UNKNOWN', `there is no endpoint ${name}; ${known}`);
}

/** The rollouts that go on at an endpoint: one, or several in slices of its units, or none. */
export const goingAt = (state: State, endpoint: string): readonly Rollout[] =>
  goingRolloutsOf(state).filter((rollout) => rollout.endpoint === endpoint);

function bodyOf(state: State, endpoint: Endpoint): EndpointBody {
  const { segments: _segments, ...settings } = endpoint.settings;
  const { attributes, health = defaultHealthThresholds, log = defaultLogSettings } = settings;
  return {
    ...endpoint,
    settings: {
      ...settings,
      ...segmentsBody(endpoint.settings),
      attributes: [...attributes],
      health,
      log: { ...log, fields: [...log.fields], redact: [...log.redact] },
    },
    createdAt: momentBody(endpoint.createdAt),
    changedAt: momentBody(endpoint.changedAt),
    rollout: goingAt(state, endpoint.name)[0]?.id ?? null,
  };
}

/** Calls about endpoints. */
export const endpointHandlers: Pick<
  Handlers,
  | 'endpoint.list'
  | 'endpoint.read'
  | 'endpoint.create'
  | 'endpoint.change'
  | 'endpoint.rollback'
  | 'endpoint.traffic'
> = {
  'endpoint.list': async ({ journal }) => {
    const state = journal.state();
    return endpointsOf(state).map((endpoint) => bodyOf(state, endpoint));
  },

  'endpoint.read': async ({ journal }, { params }) => {
    const state = journal.state();
    return bodyOf(state, endpointNamed(state, params.endpoint));
  },

  'endpoint.traffic': async (context, { params, query }) => {
    const endpoint = endpointNamed(context.journal.state(), params.endpoint);
    return readTraffic(context, endpoint, query.lastMs);
  },

  'endpoint.create': async (_context, { body, principal, commit }) =>
    commit((state, now) => {
      if (state.records.endpoint.has(body.name)) {
        throw new Fault('ENDPOINT_EXISTS', `the endpoint ${body.name} exists already`, 'name');
      }
      const version = versionNamed(state, body.version);
      const { log } = logSetting(body.log, defaultEndpointSettings);
      if (log !== undefined) requireKnownRules(log, version.signature);
      const attributes = body.attributes ?? defaultEndpointSettings.attributes;
      const { segments } = body;
      requireSegments(segments, attributes);
      const endpoint: Endpoint = {
        name: body.name,
        model: version.model,
        version: refOf(version),
        previous: null,
        settings: {
          unitKey: body.unitKey ?? defaultEndpointSettings.unitKey,
          deadlineMs: body.deadlineMs ?? defaultEndpointSettings.deadlineMs,
          attributes,
          ...(segments === undefined ? {} : { segments }),
          ...healthSetting(body.health, defaultEndpointSettings),
          ...(log === undefined ? {} : { log }),
        },
        revision: 1,
        createdAt: now,
        changedAt: now,
      };
      return {
        puts: planEndpoint(endpoint, principal.name, { state, now }),
        audit: [
          {
            at: now,
            actor: principal.name,
            action: 'endpoint.create',
            subject: `endpoint/${endpoint.name}`,
            reason: `answers with ${version.model}@${version.version}`,
            detail: endpoint,
          },
        ],
        answer: bodyOf(state, endpoint),
      };
    }),

  'endpoint.change': async (_context, { params, body, principal, commit }) =>
    commit((state, now) => {
      const endpoint = endpointNamed(state, params.endpoint);
      const [rollout = null] = goingAt(state, endpoint.name);
      const changed = changedEndpoint(endpoint, body, { rollout, now });
      if (changed === endpoint) return { answer: bodyOf(state, endpoint) };
      const { log } = changed.settings;
      if (body.log !== undefined && log !== undefined) {
        requireKnownRules(log, versionAt(state, changed).signature);
      }
      return {
        puts: [{ kind: 'endpoint', key: changed.name, value: changed }],
        audit: [changeEntry({ endpoint, changed, actor: principal.name, reason: body.reason })],
        answer: bodyOf(state, changed),
      };
    }),

  'endpoint.rollback': async ({ loop }, { params, body, principal, commit }) => {
    const order = { actor: principal.name, reason: body.reason, further: body.further };
    const answer = await commit((state, now) => {
      const endpoint = endpointNamed(state, params.endpoint);
      const plan = planRollback(state, endpoint, { ...order, now });
      const emptied = planEmptying(state, endpoint, { ...order, now });
      return {
        puts: [...(plan.puts ?? []), ...emptied.puts],
        audit: [...(plan.audit ?? []), ...emptied.audit],
        effects: [...(plan.effects ?? []), ...emptied.effects],
        answer: plan.answer,
      };
    });
    loop.wake();
    return answer;
  },
};

type RollbackOrder = {
  readonly actor: string;
  readonly reason: string;
  readonly further: boolean;
  readonly now: Instant;
};

/** What goes on goes back; where nothing does, the endpoint itself. */
function planRollback(
  state: State,
  endpoint: Endpoint,
  { actor, reason, further, now }: RollbackOrder,
): Plan<RollbackAnswer> {
  const command = { kind: 'rollback', actor, reason } as const;
  const going = goingAt(state, endpoint.name);
  if (going.length > 0) return planEndingAll(state, { endpoint, going, command, now });
  const last = lastAt(state, endpoint.name);
  if (last !== null && last.phase !== 'promoted' && !further) {
    return { answer: alreadyBack(state, endpoint, last) };
  }
  return planGoingBack(state, endpoint, { now, ...command });
}

type Ending = Omit<Parameters<typeof obey>[0], 'rollout'> & { readonly going: readonly Rollout[] };

/** Everything that goes on at an endpoint goes back, the newest first. */
function planEndingAll(state: State, { going, command, now, ...at }: Ending): Plan<RollbackAnswer> {
  let { endpoint } = at;
  const transitions = going.toReversed().map((rollout) => {
    const obeyed = obey({ rollout, endpoint, command, now });
    if (!obeyed.ok) throw faultOf(obeyed.error);
    endpoint = obeyed.value.endpoint ?? endpoint;
    return obeyed.value;
  });
  const plans = transitions.map((one) => planTransition(one, null, { state, now }));
  // Asked again while it goes back, it changes nothing: no further table will come.
  const isMoved = transitions.some(({ before, after }) => after !== before);
  return {
    puts: plans.flatMap(({ puts }) => puts),
    audit: plans.flatMap(({ audit }) => audit),
    effects: plans.flatMap(({ effects }) => effects),
    answer: {
      ...answered(endpoint),
      changed: isMoved,
      rollout: going[0]?.id ?? null,
      rollouts: going.map(({ id }) => id),
      generation: tableOf(state).generation + (isMoved ? 1 : 0),
    },
  };
}

function planGoingBack(
  state: State,
  endpoint: Endpoint,
  {
    now,
    actor,
    reason,
  }: { readonly now: Instant; readonly actor: string; readonly reason: string },
): Plan<RollbackAnswer> {
  const back = goBack(endpoint, now);
  if (!back.ok) throw faultOf(back.error);
  const { version } = back.value;
  return {
    puts: planEndpoint(back.value, actor, { state, now }),
    audit: [
      {
        at: now,
        actor,
        action: 'endpoint.rollback',
        subject: `endpoint/${endpoint.name}`,
        reason,
        detail: { from: endpoint.version, to: version },
      },
    ],
    // The table that carries it is made by the commit that is being planned: the next one.
    answer: {
      ...answered(back.value),
      changed: true,
      rollout: null,
      generation: tableOf(state).generation + 1,
    },
  };
}

const answered = ({ name, version }: Endpoint): Pick<RollbackAnswer, 'endpoint' | 'version'> => ({
  endpoint: name,
  version,
});

/** The newest rollout of an endpoint that ever began, or null. */
const lastAt = (state: State, endpoint: string): Rollout | null =>
  rolloutsOf(state).findLast((one) => one.endpoint === endpoint && hasBegun(one)) ?? null;

/**
 * Somebody who rolls back twice, or a repeat that was on its way when the rollout ended, wants the
 * candidate out and not the version before the baseline in.
 */
function alreadyBack(state: State, endpoint: Endpoint, last: Rollout): RollbackAnswer {
  const { generation } = tableOf(state);
  return { ...answered(endpoint), changed: false, rollout: last.id, generation };
}
