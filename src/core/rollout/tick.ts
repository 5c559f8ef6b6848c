import type { VersionRef } from '../catalog/version.ts';
import { analyse } from '../analysis/analyse.ts';
import { emptyEvidence } from '../analysis/evidence.ts';
import { frozenThresholds } from '../analysis/freeze.ts';
import { judgeOutcomes } from '../analysis/outcome-verdict.ts';
import { invariant } from '../lib/invariant.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import { project } from '../routing/project.ts';
import type { Verdict } from '../analysis/verdict.ts';
import type { Thresholds } from '../routing/table.ts';
import { apply } from './apply.ts';
import { decide, overtaking } from './decide.ts';
import { asCandidate, contendersOf, evidenceKey } from './contenders.ts';
import type { Cause, Decision } from './decision.ts';
import { fleetOf } from './readiness.ts';
import { moveQueues } from './queue.ts';
import { isQueued } from './rollout.ts';
import type { Rollout } from './rollout.ts';
import { candidateShare, sharesOf } from './share.ts';
import type { Transition } from './transition.ts';
import type { Judgement, TickResult, World } from './world.ts';

/**
 * The whole product's judgement: for every rollout the verdicts, the decision, and what follows
 * from it. Pure and total: it looks at nothing but its argument, and every world has a result.
 */
export function tick(world: World): TickResult {
  const { endpoints, rollouts, models, now } = world;
  const published = project({ endpoints, rollouts, models, previous: world.table });
  const fleet = fleetOf(world, published);
  const byName = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
  const judgements = new Map<string, Judgement>();
  const transitions: Transition[] = [];
  const begun = rollouts.filter((one) => !isQueued(one));
  for (const rollout of begun.sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const outcomes = world.outcomes.get(rollout.id) ?? [];
    const { evidence } = world;
    const { verdicts, thresholdsMs } = examine(rollout, { evidence, outcomes, now });
    const endpoint = byName.get(rollout.endpoint) ?? null;
    const overtakenBy = overtaking(rollout, endpoint);
    const known = { rollout, verdicts, outcomes, thresholdsMs, fleet, now };
    const decision = decide({ ...known, overtakenBy });
    judgements.set(rollout.id, { decision, verdicts, outcomes, ...said(overtakenBy) });
    const transition = apply({ rollout, endpoint, now }, decision);
    if (transition === null) continue;
    assertSound(transition);
    transitions.push(transition);
    // Who comes next in the same tick is judged by what is in production then.
    if (transition.endpoint !== null) byName.set(transition.endpoint.name, transition.endpoint);
  }
  const moved = {
    endpoints: endpoints.map((one) => byName.get(one.name) ?? one),
    rollouts: rollouts.map((one) => changedRollout(one, transitions)),
    models,
  };
  const { starts, cancelled, waits } = moveQueues({
    ...moved,
    now,
    takenBack: takenBackIn(transitions),
  });
  for (const [id, sentence] of waits) judgements.set(id, waiting(sentence));
  transitions.push(...cancelled);
  if (transitions.length + starts.length === 0) {
    return { transitions, starts, judgements, table: published };
  }
  const after = [...moved.rollouts.map((one) => changedRollout(one, cancelled)), ...starts];
  const table = project({ ...moved, rollouts: after, previous: world.table });
  return { transitions, starts, judgements, table };
}

const said = (overtakenBy: VersionRef | undefined): Pick<Judgement, 'overtakenBy'> =>
  overtakenBy === undefined ? {} : { overtakenBy };

/** Nothing is known of what has not begun, but what it waits for. */
const waiting = (sentence: string): Judgement => ({
  decision: { type: 'hold', reason: { code: 'queued', sentence }, etaMs: null },
  verdicts: [],
  outcomes: [],
});

/** Where somebody took a candidate out at a gateway, without control. */
function takenBackIn(transitions: readonly Transition[]): ReadonlyMap<string, Cause> {
  const causes = transitions.flatMap(({ before, why }) => {
    if (!('decision' in why) || why.decision.type !== 'revert') return [];
    const { cause } = why.decision;
    return cause.by === 'person' ? [[before.endpoint, cause] as const] : [];
  });
  return new Map(causes);
}

/** What may give candidates more traffic than they have. */
const GIVES_MORE: ReadonlySet<Decision['type']> = new Set(['advance', 'promote', 'reweigh']);

/** What the evidence, and what came back, say of every candidate that is still in. */
export function examine(
  rollout: Rollout,
  { evidence, outcomes, now }: Pick<World, 'evidence' | 'now'> & Pick<Judgement, 'outcomes'>,
): { readonly verdicts: readonly Verdict[]; readonly thresholdsMs: Thresholds | null } {
  const shares = sharesOf(rollout);
  const found = contendersOf(rollout).map((one) => {
    const alone = asCandidate(rollout, one, shares);
    const known = evidence.get(evidenceKey(rollout, one)) ?? emptyEvidence(alone);
    return { ...one, alone, known };
  });
  const verdicts = found
    .filter(({ arm }) => !rollout.dropped.includes(arm))
    .flatMap(({ arm, alone, known }) =>
      analyse(alone, known, now).map((verdict) => ({ ...verdict, arm })),
    );
  const [first] = found;
  const thresholdsMs = first === undefined ? null : frozenThresholds(rollout, first.known);
  return { verdicts: [...verdicts, ...judgeOutcomes(rollout, outcomes)], thresholdsMs };
}

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
  invariant(!more || GIVES_MORE.has(type), `${type} gives no more traffic`);
  invariant(type !== 'revert' || share === 0, 'reverting leaves the candidate nothing');
}

const changedRollout = (rollout: Rollout, transitions: readonly Transition[]): Rollout =>
  transitions.find(({ before }) => before.id === rollout.id)?.after ?? rollout;
