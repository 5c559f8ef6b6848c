import { analyse } from '../analysis/analyse.ts';
import { emptyEvidence } from '../analysis/evidence.ts';
import type { Evidence } from '../analysis/evidence.ts';
import { frozenThresholds } from '../analysis/freeze.ts';
import type { Verdict } from '../analysis/verdict.ts';
import { invariant } from '../lib/invariant.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import { project } from '../routing/project.ts';
import type { Endpoint } from '../routing/endpoint.ts';
import { strategies } from '../strategy/strategies.ts';
import { apply } from './apply.ts';
import type { Decision, HoldReason } from './decision.ts';
import { guard } from './guardrail.ts';
import { confirmationOf, living, readinessOf, refusedByFleet } from './readiness.ts';
import type { Fleet, Readiness } from './readiness.ts';
import { isFinal } from './rollout.ts';
import type { Rollout } from './rollout.ts';
import { candidateShare } from './share.ts';
import type { Transition } from './transition.ts';
import type { Judgement, TickResult, World } from './world.ts';

/**
 * The whole product's judgement: for every rollout the verdicts, the decision, and what follows from
 * it. Pure and total: it looks at nothing but its argument, and every world has a result.
 */
export function tick(world: World): TickResult {
  const { endpoints, rollouts, models, now } = world;
  const published = project({ endpoints, rollouts, models, previous: world.table });
  // When state moved on since the table went out, nobody can have confirmed what it says now.
  const fleet = { gateways: living(world), table: published, current: published === world.table };
  const judgements = new Map<string, Judgement>();
  const transitions: Transition[] = [];
  for (const rollout of [...rollouts].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const evidence = world.evidence.get(rollout.id) ?? emptyEvidence(rollout);
    const verdicts = analyse(rollout, evidence, now);
    const decision = decide({ world, fleet, rollout, evidence, verdicts });
    judgements.set(rollout.id, { decision, verdicts });
    const endpoint = endpoints.find(({ name }) => name === rollout.endpoint) ?? null;
    const transition = apply({ rollout, endpoint, now }, decision);
    if (transition === null) continue;
    assertSound(transition);
    transitions.push(transition);
  }
  if (transitions.length === 0) return { transitions, judgements, table: published };
  const table = project({
    endpoints: endpoints.map((one) => changedEndpoint(one, transitions)),
    rollouts: rollouts.map((one) => changedRollout(one, transitions)),
    models,
    previous: world.table,
  });
  return { transitions, judgements, table };
}

type Case = {
  readonly world: World;
  readonly fleet: Fleet;
  readonly rollout: Rollout;
  readonly evidence: Evidence;
  readonly verdicts: readonly Verdict[];
};

/** Revert before ask before everything else: guardrails outrank the strategy in every phase. */
function decide(seen: Case): Decision {
  const { world, fleet, rollout, evidence, verdicts } = seen;
  if (isFinal(rollout)) return hold('final', `The rollout is ${rollout.phase}.`);
  if (rollout.phase === 'reverting') return settleWhen(confirmationOf(fleet));
  const refused = refusedByFleet(rollout, world.gateways);
  if (refused !== null) return { type: 'revert', cause: refused };
  const demand = guard(rollout, verdicts);
  if (demand?.type === 'revert') return demand;
  if (rollout.phase === 'promoting') return settleWhen(readinessOf(rollout, fleet));
  if (demand !== null && rollout.phase === 'advancing') return demand;
  const thresholdsMs = frozenThresholds(rollout, evidence);
  if (thresholdsMs !== null) return { type: 'freeze', thresholdsMs };
  return proceed(seen);
}

function proceed({ world, fleet, rollout, verdicts }: Case): Decision {
  const { phase } = rollout;
  if (phase === 'holding') return heldBy(rollout);
  const readiness = readinessOf(rollout, fleet);
  if (readiness.type !== 'ready') return hold(readiness.type, readiness.sentence);
  if (phase === 'preparing') {
    const gateways = fleet.gateways.length;
    const reason = `The candidate is ready on ${gateways === 1 ? 'the gateway' : `all ${gateways} gateways`}.`;
    return { type: 'advance', stage: 0, reason };
  }
  const strategy = strategies[rollout.spec.strategy.kind];
  return strategy.decide({ rollout, verdicts, now: world.now });
}

function heldBy({ hold: cause }: Rollout): Decision {
  if (cause === null) return hold('paused', 'Paused.');
  return cause.by === 'person'
    ? hold('paused', `Paused by ${cause.who}: ${cause.sentence}`)
    : hold('asked', `${cause.who} asks for a person: ${cause.sentence}`);
}

const settleWhen = (readiness: Readiness): Decision =>
  readiness.type === 'ready' ? { type: 'settle' } : hold(readiness.type, readiness.sentence);

const hold = (code: HoldReason['code'], sentence: string): Decision => ({
  type: 'hold',
  reason: { code, sentence },
  etaMs: null,
});

/** What no transition may ever do. */
function assertSound({ before, after, why }: Transition): void {
  invariant(after.revision === before.revision + 1, 'a transition is one revision');
  invariant(
    after.id === before.id && after.spec === before.spec,
    'a rollout keeps its declaration',
  );
  invariant('decision' in why, 'a tick decides');
  const share = candidateShare(after);
  invariant(share >= 0 && share <= WHOLE_BPS, 'a share is a part of the whole');
  const more = share > candidateShare(before);
  const { type } = why.decision;
  invariant(!more || type === 'advance' || type === 'promote', `${type} gives no more traffic`);
  invariant(type !== 'revert' || share === 0, 'reverting leaves the candidate nothing');
}

const changedRollout = (rollout: Rollout, transitions: readonly Transition[]): Rollout =>
  transitions.find(({ before }) => before.id === rollout.id)?.after ?? rollout;

const changedEndpoint = (endpoint: Endpoint, transitions: readonly Transition[]): Endpoint =>
  transitions.find((one) => one.endpoint?.name === endpoint.name)?.endpoint ?? endpoint;
