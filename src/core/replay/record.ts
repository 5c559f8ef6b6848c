import type { Verdict } from '../analysis/verdict.ts';
import type { AttributeDeclaration } from '../audience/attribute.ts';
import type { MetricOutcome } from '../feedback/outcome.ts';
import type { AuditDraft } from '../governance/audit.ts';
import type { VersionRef } from '../catalog/version.ts';
import type { Instant } from '../lib/units.ts';
import type { CommandKind } from '../rollout/command.ts';
import type { Cause, Decision } from '../rollout/decision.ts';
import { isQueued } from '../rollout/rollout.ts';
import type { Phase, Rollout } from '../rollout/rollout.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import type { Transition } from '../rollout/transition.ts';
import type { StrategyResult } from '../strategy/result.ts';
import type { FleetFacts } from './fleet-facts.ts';
import type { Grounds } from './grounds.ts';
import { packOutcomes, unpackOutcomes } from './packed-outcomes.ts';
import type { PackedOutcomes } from './packed-outcomes.ts';

/** The actor of everything nobody asked for by hand. */
export const SYSTEM_ACTOR = 'understudy';

/** A rollout without what never changes (its spec) and what nobody may see (its salts). */
export type RolloutState = Omit<Rollout, 'spec' | 'salt' | 'layerSalt'>;

/** When a rollout was judged, and on what: enough to judge it again. */
export type Judged = {
  readonly at: Instant;
  /** Revision of the rollout that was judged. */
  readonly revision: number;
  /** What had come back, where it is looked at; null: more than is kept with a decision. */
  readonly outcomes: readonly MetricOutcome[] | PackedOutcomes | null;
  /** One for each candidate, the first one first. */
  readonly grounds: readonly Grounds[];
  readonly fleet: FleetFacts;
  /** What was in production instead of what it is compared with; absent: nothing. */
  readonly overtakenBy?: VersionRef | undefined;
  /** What came back, as its strategy made of it; absent: it did not look. */
  readonly result?: StrategyResult | undefined;
};

/** Longer ones, as JSON, are not kept: an audit log must not grow with the feedback. */
export const OUTCOMES_CHARS_MAX = 200_000;

/**
 * What a decision rests on, as it is kept with it: tables that decide nothing give way first, then
 * the names of its figures.
 */
function kept(judged: Judged): Judged {
  const { outcomes, result } = judged;
  const came = outcomesIn(judged);
  if (outcomes === null || came === null || isShort(outcomes)) return judged;
  if (result?.kind !== 'ab-test') return { ...judged, outcomes: shortIn([packOutcomes(came)]) };
  const whole = came.map(({ segments: _told, ...outcome }) => outcome);
  const { segments: _segments, ...rest } = result;
  return { ...judged, outcomes: shortIn([whole, packOutcomes(whole)]), result: rest };
}

const shortIn = (ways: readonly NonNullable<Judged['outcomes']>[]): Judged['outcomes'] =>
  ways.find(isShort) ?? null;

const isShort = (outcomes: NonNullable<Judged['outcomes']>): boolean =>
  JSON.stringify(outcomes).length <= OUTCOMES_CHARS_MAX;

/** What had come back, however it was kept; null: it was not. */
export function outcomesIn({ outcomes }: Judged): readonly MetricOutcome[] | null {
  if (outcomes === null || Array.isArray(outcomes)) return outcomes;
  return unpackOutcomes(outcomes as PackedOutcomes);
}

/** What the audit log keeps of the start of a rollout. */
export type StartDetail = {
  readonly endpoint: string;
  readonly baseline: VersionRef;
  readonly candidate: VersionRef;
  readonly spec: RolloutSpec;
  /** What audiences could speak of. */
  readonly attributes: readonly AttributeDeclaration[];
  readonly state: RolloutState;
  /** Version of the program that started it. */
  readonly program: string;
};

/** What the audit log keeps of a transition. */
export type TransitionDetail = {
  readonly endpoint: string;
  readonly from: Place;
  readonly to: Place;
  readonly cause: Omit<Cause, 'verdict'> | null;
  readonly verdicts: readonly Verdict[];
  /** What a person asked; null: it was decided. */
  readonly command: CommandKind | null;
  /** What the verdicts rest on, and the decision if it was one; null: nothing had been judged. */
  readonly judged: Judged | null;
  /** The rollout from now on. */
  readonly state: RolloutState;
  /** Version of the program that did it. */
  readonly program: string;
};

type Place = { readonly phase: Phase; readonly stage: number; readonly revision: number };

/** What is said of a transition besides what it is. */
export type Said = {
  readonly verdicts: readonly Verdict[];
  readonly judged: Judged | null;
  readonly program: string;
};

/** A rollout as it may be shown to anybody. */
export function stateOf({
  spec: _spec,
  salt: _salt,
  layerSalt: _layer,
  ...state
}: Rollout): RolloutState {
  return state;
}

/** What is said of a start besides what it is. */
export type StartSaid = Pick<StartDetail, 'attributes' | 'program'> & { readonly reason: string };

/** The audit entry of a rollout's start, or of its place in a queue. */
export function startDraft(
  rollout: Rollout,
  { reason, program, attributes }: StartSaid,
): AuditDraft {
  const { endpoint, baseline, candidate, spec } = rollout;
  const state = stateOf(rollout);
  const of = { endpoint, baseline, candidate };
  const detail: StartDetail = { ...of, spec, attributes, state, program };
  return {
    at: rollout.createdAt,
    actor: rollout.createdBy,
    action: isQueued(rollout) ? 'rollout.queue' : 'rollout.start',
    subject: subjectOf(rollout.id),
    reason,
    detail,
  };
}

/** The audit entry of a transition at `at`. */
export function transitionDraft(transition: Transition, said: Said, at: Instant): AuditDraft {
  const { before, after, why } = transition;
  const { verdicts, judged, program } = said;
  const detail: TransitionDetail = {
    endpoint: after.endpoint,
    from: placeOf(before),
    to: placeOf(after),
    cause: causeOf(after),
    verdicts,
    command: 'command' in why ? why.command.kind : null,
    judged: judged === null ? null : kept(judged),
    state: stateOf(after),
    program,
  };
  return {
    at,
    actor: actorOf(transition),
    action: `rollout.${'command' in why ? why.command.kind : why.decision.type}`,
    subject: subjectOf(after.id),
    reason: reasonOf(transition),
    detail,
  };
}

/** What entries about a rollout are about. */
export const subjectOf = (id: string): string => `rollout/${id}`;

/** Who made a transition happen. */
export const actorOf = ({ why }: Pick<Transition, 'why'>): string =>
  'command' in why ? why.command.actor : SYSTEM_ACTOR;

/** Why a transition happened, in one sentence. */
export const reasonOf = ({ why }: Pick<Transition, 'why'>): string =>
  'command' in why ? why.command.reason : decisionReason(why.decision);

/** Why it was decided so, in one sentence. */
export function decisionReason(decision: Decision): string {
  switch (decision.type) {
    case 'hold':
      return decision.reason.sentence;
    case 'freeze':
      return 'the latencies that count as slow were fixed from what the baseline did';
    case 'advance':
    case 'promote':
    case 'reweigh':
    case 'swap':
      return decision.reason;
    case 'ask':
    case 'drop':
    case 'revert':
    case 'cancel':
      return decision.cause.sentence;
    case 'settle':
      return 'every gateway confirmed';
  }
}

const placeOf = ({ phase, stage, revision }: Rollout): Place => ({ phase, stage, revision });

/** Who or what made it hold or end: a rollback on a gateway's own socket has a name, too. */
function causeOf({ hold, cause }: Rollout): Omit<Cause, 'verdict'> | null {
  const found = hold ?? cause;
  return found === null ? null : { by: found.by, who: found.who, sentence: found.sentence };
}
