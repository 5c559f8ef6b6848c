import type { Verdict } from '../analysis/verdict.ts';
import type { MetricOutcome } from '../feedback/outcome.ts';
import type { Instant } from '../lib/units.ts';
import { sameVersion, versionName } from '../catalog/version.ts';
import type { VersionRef } from '../catalog/version.ts';
import type { Endpoint } from '../routing/endpoint.ts';
import type { Thresholds } from '../routing/table.ts';
import { ladderOf, placeOf } from '../strategy/ladder.ts';
import { SAMPLE_RATIO } from '../strategy/arm-integrity.ts';
import { decideBy } from '../strategy/strategies.ts';
import type { Step } from '../strategy/strategy.ts';
import { assertNever } from '../lib/invariant.ts';
import { duration } from '../lib/wording.ts';
import type { Decision, HoldReason } from './decision.ts';
import { CANDIDATE_ARM } from './arm.ts';
import { quietUntil } from './quiet-time.ts';
import { guard } from './guardrail.ts';
import { confirmationOf, readinessOf, refusedByFleet } from './readiness.ts';
import { proofOf, proofText } from './golden-proof.ts';
import type { Fleet, Readiness } from './readiness.ts';
import { isFinal } from './rollout.ts';
import { candidateShare, sharesOf } from './share.ts';
import type { Rollout } from './rollout.ts';

/** One rollout with everything its decision may depend on. */
export type Case = {
  readonly rollout: Rollout;
  readonly verdicts: readonly Verdict[];
  readonly outcomes: readonly MetricOutcome[];
  /** What counts as slow can be fixed now; null: it cannot, or has been. */
  readonly thresholdsMs: Thresholds | null;
  readonly fleet: Fleet;
  readonly now: Instant;
  /** What is in production instead of what it is compared with; absent: nothing. */
  readonly overtakenBy?: VersionRef | undefined;
};

/**
 * What to do with a rollout now: revert > ask > everything else. Guardrails outrank the strategy in
 * every phase that is not final, also while it holds and while a promotion is not yet confirmed.
 */
export function decide(seen: Case): Decision {
  const { rollout, verdicts, thresholdsMs, fleet } = seen;
  if (isFinal(rollout)) return hold('final', `The rollout is ${rollout.phase}.`);
  if (rollout.phase === 'queued') return hold('queued', 'Its turn has not come yet.');
  if (rollout.phase === 'reverting') return settleWhen(confirmationOf(rollout, fleet));
  const refused = refusedByFleet(rollout, fleet);
  if (refused !== null) return refused;
  const demand = guard(rollout, verdicts);
  if (demand?.type === 'revert' || demand?.type === 'drop') return demand;
  if (rollout.phase === 'promoting') return settleWhen(readinessOf(rollout, fleet));
  if (demand !== null && rollout.phase === 'advancing') return demand;
  if (thresholdsMs !== null) return { type: 'freeze', thresholdsMs };
  return proceed(seen);
}

function proceed(seen: Case): Decision {
  const { rollout, verdicts, outcomes, fleet, now } = seen;
  const { phase } = rollout;
  if (phase === 'holding') return heldBy(rollout);
  const readiness = readinessOf(rollout, fleet);
  if (readiness.type !== 'ready') return hold(readiness.type, readiness.sentence);
  const until = quietUntil(rollout.spec.quiet, now);
  if (phase === 'preparing') {
    if (until !== null) return keepStill(until, now);
    const gateways = fleet.gateways.length;
    const where = gateways === 1 ? 'the gateway' : `all ${gateways} gateways`;
    const reason = `The candidate is ready on ${where}.`;
    return onceProved({ type: 'advance', stage: 0, reason }, rollout, fleet);
  }
  const shares = sharesOf(rollout);
  const step = decideBy({ ...placeOf(rollout), verdicts, outcomes, shares, now });
  const next = stepped(seen, step);
  if (!UPWARD.has(step.type)) return next;
  if (until !== null) return keepStill(until, now);
  return candidateShare(rollout) > 0 ? next : onceProved(next, rollout, fleet);
}

/** Before its first user, a candidate has answered its golden rows on every gateway, just now. */
function onceProved(next: Decision, rollout: Rollout, fleet: Fleet): Decision {
  const proof = proofOf(rollout, fleet);
  if (proof.type !== 'ready') return hold(proof.type, proof.sentence);
  const shown = proofText(rollout, fleet);
  if (shown === null || (next.type !== 'advance' && next.type !== 'promote')) return next;
  return { ...next, reason: `${next.reason} ${shown}` };
}

/** Steps that a quiet time puts off. Taking a candidate out is never put off. */
const UPWARD: ReadonlySet<Step['type']> = new Set(['next', 'done', 'promote', 'swap']);

const keepStill = (until: Instant, now: Instant): Decision => ({
  type: 'hold',
  reason: {
    code: 'quiet',
    sentence: `It could go on, but this is a quiet time; it ends in ${duration(until - now)}.`,
  },
  etaMs: until - now,
});

/** What a strategy's step means for the whole rollout. */
function stepped(seen: Case, step: Step): Decision {
  const { rollout } = seen;
  const stage = rollout.stage + 1;
  switch (step.type) {
    case 'promote':
      return promotionOf(seen, step);
    case 'hold':
    case 'ask':
    case 'reweigh':
    case 'swap':
    case 'revert':
      return step;
    case 'next':
      return { type: 'advance', stage, reason: step.reason };
    case 'done':
      return stage < ladderOf(rollout.spec).length
        ? { type: 'advance', stage, reason: step.reason }
        : promotionOf(seen, { type: 'promote', reason: step.reason, arm: CANDIDATE_ARM });
    default:
      return assertNever(step, 'stepped');
  }
}

type Promotion = Extract<Decision, { type: 'promote' }>;

/** What was not compared with what is in production is not promoted unless a person says so. */
function promotionOf({ rollout, overtakenBy }: Case, promotion: Promotion): Decision {
  if (overtakenBy === undefined) return promotion;
  const { endpoint, baseline } = rollout;
  const { reason, arm } = promotion;
  const sentence =
    `${reason} But it was compared with ${versionName(baseline)}, and ${endpoint} serves ` +
    `${versionName(overtakenBy)} by now.`;
  const who = placeOf(rollout).spec.kind;
  return { type: 'ask', cause: { by: 'strategy', who, sentence, verdict: null, arm } };
}

/** What is in production instead of what the rollout is compared with; undefined: nothing is. */
export function overtaking(
  { slice, baseline }: Rollout,
  endpoint: Pick<Endpoint, 'version'> | null | undefined,
): VersionRef | undefined {
  if (slice === undefined || endpoint === null || endpoint === undefined) return undefined;
  return sameVersion(endpoint.version, baseline) ? undefined : endpoint.version;
}

function heldBy({ hold: cause }: Rollout): Decision {
  if (cause === null) return hold('paused', 'Paused.');
  return cause.by === 'person'
    ? hold('paused', `Paused by ${cause.who}: ${cause.sentence}`)
    : hold(
        cause.who === SAMPLE_RATIO ? 'invalid' : 'asked',
        `${cause.who} asks for a person: ${cause.sentence}`,
      );
}

const settleWhen = (readiness: Readiness): Decision =>
  readiness.type === 'ready' ? { type: 'settle' } : hold(readiness.type, readiness.sentence);

const hold = (code: HoldReason['code'], sentence: string): Decision => ({
  type: 'hold',
  reason: { code, sentence },
  etaMs: null,
});
