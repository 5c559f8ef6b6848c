import { noThresholds } from '../routing/table.ts';
import type { Thresholds } from '../routing/table.ts';
import { SLOW_QUANTILE, TAIL_QUANTILE, stretched } from '../analysis/freeze.ts';
import { normalQuantile } from '../stats/normal.ts';
import { wilson } from '../stats/proportion.ts';
import type { Interval } from '../stats/proportion.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { percent } from '../lib/wording.ts';
import { adviceOn } from './advice.ts';
import type { Advice } from './advice.ts';
import { feedbackMeaning, harmed, lossRates, meaningOf, scenariosFor } from './scenario.ts';
import type { Behaviour, Meaning, Scenario } from './scenario.ts';
import { proposalFor } from './proposal.ts';
import type { Proposal } from './proposal.ts';
import { isPlayed } from './situation.ts';
import { playPortion, portionsOf } from './play.ts';
import type { PlanRequest } from './play.ts';
import { feedbackOf } from './simulate.ts';
import type { Outcome, Setting } from './simulate.ts';
import { detectableErrors, ladderTimes } from './stage-time.ts';
import type { Ground } from './stage-time.ts';
import { ladderOf, readsOutcomes, usesOutcomes } from '../strategy/ladder.ts';

/** Median and 95th percentile; null when there is nothing to take them from. */
export type Spread = { readonly median: number; readonly p95: number };

/** What became of one scenario's rollouts. */
export type ScenarioFigures = {
  readonly name: string;
  readonly meaning: Meaning;
  readonly rollouts: number;
  /** Parts of the rollouts. */
  readonly reverted: number;
  readonly promoted: number;
  readonly held: number;
  /** Ended by the strategy with another version than this one: no alarm. */
  readonly kept: number;
  readonly undecided: number;
  /** From the candidate's first traffic to its removal. */
  readonly detectionMs: Spread | null;
  /** Requests that went worse than they would have with the version in production. */
  readonly harmedRequests: Spread | null;
};

/** How long a healthy candidate spends in a stage. */
export type StageFigures = {
  readonly share: number;
  readonly margin: number;
  readonly reached: number;
  /** In the simulated rollouts that finished the stage or ran out of time in it. */
  readonly ms: Spread | null;
  /** By the mean growth of the evidence, without what earlier stages have shown. */
  readonly expectedMs: number;
};

/** What a rollout would cost, how long it would take and what it would catch. */
export type Plan = {
  readonly rollouts: number;
  readonly seed: number | string;
  readonly unitsPerSecond: number;
  readonly falseRollback: number;
  /** Wilson's interval of the false-rollback rate at 95 %. */
  readonly falseRollbackInterval: Interval;
  /** Largest chance to promote among the scenarios that are bad by the declaration. */
  readonly wrongPromotion: number;
  readonly stages: readonly StageFigures[];
  readonly healthyMs: Spread | null;
  readonly scenarios: readonly ScenarioFigures[];
  /** Scenarios not within what is declared as tolerable that are taken out in less than 80 %. */
  readonly undetected: readonly string[];
  /** Smallest factor on errors that is found on average; null: none. */
  readonly smallestErrorFactor: number | null;
  readonly advice: readonly Advice[];
  /** What would work, when something does not; null: all does, or nothing would. */
  readonly proposal: Proposal | null;
  /** What is not played, and why. */
  readonly notJudged: readonly string[];
};

/** A harm taken out less often than this counts as not detected. */
export const DETECTED_PART = 0.8;

/** Simulates every scenario and reads the figures off. Pure: the same request, the same plan. */
export function plan(request: PlanRequest): Plan {
  const portions = portionsOf(request, request.rollouts);
  return planFrom(
    request,
    portions.map((portion) => playPortion(request, portion)),
  );
}

/** Reads the figures off what was played: the outcomes of each scenario, in their order. */
export function planFrom(request: PlanRequest, outcomes: readonly (readonly Outcome[])[]): Plan {
  const { unitsPerSecond, rollouts, seed } = request;
  const scenarios = scenariosFor(request.spec);
  const figures = scenarios.map((one, at) => figuresOf(request, one, outcomes[at] ?? []));
  const healthy = outcomes[0] ?? [];
  const ground = groundOf(request);
  const byMean = adviceOn(ground);
  // A champion has no end, and a test has its own.
  const isOpen = usesOutcomes(request.spec);
  const advice = byMean.length > 0 || isOpen ? byMean : lateness(healthy);
  const stages = stagesOf(request, healthy);
  const alarms = healthy.filter(({ end }) => end === 'reverted').length;
  const bad = figures.filter(({ meaning }) => meaning === 'bad');
  const typical = stages.map(({ ms }) => ms?.median ?? 0);
  return {
    rollouts,
    seed,
    unitsPerSecond,
    falseRollback: alarms / rollouts,
    falseRollbackInterval: wilson({ hits: alarms, trials: rollouts }, 0.05),
    wrongPromotion: Math.max(0, ...bad.map(({ promoted }) => promoted)),
    stages,
    healthyMs: spreadOf(healthy.filter(({ end }) => end === 'promoted').map(({ ms }) => ms)),
    scenarios: figures,
    undetected: scenarios.flatMap((one, at) => {
      const found = figures[at];
      return found !== undefined && isMissed(request.spec, one, found) ? [one.name] : [];
    }),
    smallestErrorFactor: detectableErrors(ground, typical),
    advice,
    proposal: advice.length === 0 ? null : proposalFor(ground),
    notJudged: notJudged(request.spec),
  };
}

/** A part of the healthy rollouts that is too large to be still open at the horizon. */
const OPEN_PART_MAX = 0.2;

/** What the mean growth of the evidence does not tell: how many are not done in time. */
function lateness(healthy: readonly Outcome[]): readonly Advice[] {
  const open = healthy.filter(({ end }) => end === 'undecided').length / healthy.length;
  if (!(open > OPEN_PART_MAX)) return [];
  const sentence = `${percent(open)} of healthy rollouts are not done within the horizon.`;
  return [{ path: 'horizon', sentence, proposal: null }];
}

function notJudged(spec: RolloutSpec): readonly string[] {
  const others = spec.checks.filter((check) => !isPlayed(check));
  return [
    ...(readsOutcomes(spec) ? [] : ['accuracy: no feedback metric declared']),
    ...others.map(({ name }) => `${name}: what another version answers is not played`),
  ];
}

/**
 * Whether a harm stays too often. A strategy that chooses by what comes back may have a version in
 * it that is worse for as long as it likes: of feedback it counts only that it is not promoted.
 */
function isMissed(spec: RolloutSpec, { harm }: Scenario, figures: ScenarioFigures): boolean {
  const { meaning, reverted, held, kept, promoted } = figures;
  if (meaning !== 'bad' && meaning !== 'between') return false;
  const isChosen = harm.kind === 'feedback' && usesOutcomes(spec);
  return (isChosen ? 1 - promoted : reverted + held + kept) < DETECTED_PART;
}

function figuresOf(
  request: PlanRequest,
  { name, harm }: Scenario,
  outcomes: readonly Outcome[],
): ScenarioFigures {
  const { spec, usual } = request;
  const thresholds = thresholdsOf(spec, usual);
  const part = (wanted: Outcome['end']): number =>
    outcomes.filter(({ end }) => end === wanted).length / outcomes.length;
  const caught = outcomes.filter(({ end }) => OUT.has(end));
  const before = lossRates(usual, thresholds);
  const now = lossRates(harmed(usual, harm), thresholds);
  return {
    name,
    meaning:
      harm.kind === 'feedback'
        ? feedbackMeaning(spec, feedbackOf(request).metrics, harm.part)
        : meaningOf(spec, before, now),
    rollouts: outcomes.length,
    reverted: part('reverted'),
    promoted: part('promoted'),
    held: part('held'),
    kept: part('kept'),
    undecided: part('undecided'),
    detectionMs: spreadOf(caught.map(({ ms }) => ms)),
    harmedRequests: spreadOf(outcomes.map(({ harmedRequests }) => harmedRequests)),
  };
}

const OUT: ReadonlySet<Outcome['end']> = new Set(['reverted', 'held', 'kept']);

function stagesOf(request: PlanRequest, healthy: readonly Outcome[]): readonly StageFigures[] {
  const ground = groundOf(request);
  const stages = ladderOf(request.spec);
  const expected = ladderTimes(ground, stages);
  return stages.map((stage, index) => {
    const times = healthy.flatMap(({ stagesMs }) => stagesMs[index] ?? []);
    return {
      share: stage.share,
      margin: stage.margin,
      reached: times.length / healthy.length,
      ms: spreadOf(times),
      expectedMs: expected[index]?.ms ?? 0,
    };
  });
}

/** What times are worked out for. */
export const groundOf = ({
  spec,
  usual,
  unitsPerSecond,
}: Pick<Setting, 'spec' | 'usual' | 'unitsPerSecond'>): Ground => ({
  spec,
  unitsPerSecond,
  usual: lossRates(usual, thresholdsOf(spec, usual)),
});

/** What would count as slow if the baseline's quantiles were known exactly. */
function thresholdsOf(spec: RolloutSpec, { medianMs, sigma }: Behaviour): Thresholds {
  const objective = spec.checks.find(({ metric }) => metric === 'latency_objective');
  const late = objective?.objectiveMs ?? null;
  const check = spec.checks.find(({ metric }) => metric === 'latency');
  if (check === undefined) return { ...noThresholds, late };
  const above = (q: number): number =>
    stretched(medianMs * Math.exp(sigma * normalQuantile(q)), check.stretch);
  return { slow: above(SLOW_QUANTILE), tail: above(TAIL_QUANTILE), late };
}

function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
  return { median: at(0.5), p95: at(0.95) };
}
