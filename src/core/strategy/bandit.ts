import { bps } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import { count, duration, list, percent, plural } from '../lib/wording.ts';
import type { Cause } from '../rollout/decision.ts';
import { requiredChecks } from '../rollout/guardrail.ts';
import { levelText, valueText } from './ab-recommendation.ts';
import { banditProblems } from './bandit-problems.ts';
import { isBaseline, moves } from './bandit-figures.ts';
import type { BanditArm, BanditResult, BanditSegment } from './bandit-figures.ts';
import { banditResult } from './bandit-result.ts';
import { isContextual } from './outcome-spec.ts';
import { evenSplit, splitSum } from './split.ts';
import type { StrategySpec } from './spec.ts';
import { hold } from './stage-gate.ts';
import { plainStage, type Stage } from './stage.ts';
import type { Place, Situation, Step, Strategy } from './strategy.ts';

/** Shares follow what comes back, between floors, until one arm is known to be best (S6). */
export const bandit: Strategy<'bandit'> = { check: banditProblems, stages, decide, explain };

/** Guardrails of an arm that is to get everything. */
const GUARDRAIL_MARGIN = 1.5;

/** Who ends it, in causes. */
const WHO = 'bandit';

function stages({ candidates, audience }: StrategySpec<'bandit'>): readonly Stage[] {
  const split = evenSplit(candidates);
  const share = bps(splitSum(split));
  const margin = GUARDRAIL_MARGIN;
  return [plainStage({ name: 'bandit', share, split, audience, margin, leastMs: 0 })];
}

function decide(situation: Situation<'bandit'>): Step {
  const { spec } = situation;
  const result = banditResult(situation);
  if (result === null) {
    return hold(
      { code: 'starved', sentence: `Nothing has come back for ${spec.reward.name}.` },
      null,
    );
  }
  const best = result.arms.find(({ arm }) => arm === result.winner);
  if (best !== undefined) return ended(situation, best);
  if (result.wanted === null)
    return hold({ code: 'starved', sentence: warming(result, spec) }, null);
  if (!moves(result)) {
    const sentence = `${standing(result, spec)} The shares stay as they are.`;
    return hold({ code: 'unsure', sentence }, null);
  }
  const segments = result.segments?.map(({ wanted }) => wanted ?? []);
  return {
    type: 'reweigh',
    weights: result.wanted,
    ...(segments === undefined ? {} : { segments }),
    reason: moving(result, result.wanted),
  };
}

/** The best arm is known: it gets everything once its guardrails have passed. */
function ended(situation: Situation<'bandit'>, best: BanditArm): Step {
  const { spec, verdicts } = situation;
  const sentence = `${best.arm} is the best: ${figures(best, spec)}.`;
  if (isBaseline(best.arm)) return { type: 'revert', cause: causeOf(sentence) };
  const own = verdicts.filter(({ arm }) => arm === best.arm);
  const missing = requiredChecks(situation, own).filter(({ outcome }) => outcome !== 'pass');
  if (missing.length === 0) return { type: 'promote', arm: best.arm, reason: sentence };
  const names = list(missing.map(({ check }) => check));
  return hold(
    { code: 'unsure', sentence: `${sentence} Its guardrails have yet to pass: ${names}.` },
    null,
  );
}

const causeOf = (sentence: string): Cause => ({
  by: 'strategy',
  who: WHO,
  sentence,
  verdict: null,
});

function moving({ arms, segments }: BanditResult, wanted: readonly Bps[]): string {
  if (segments !== undefined) return movingApart(segments);
  const told = arms.map(({ arm, chance }, at) => {
    const why = chance === null ? 'it is out' : `the best with ${chanceText(chance)}`;
    return `${arm} ${count((wanted[at] ?? 0) / 100)} % (${why})`;
  });
  return `Shares follow what came back: ${list(told)}.`;
}

/** Segment by segment who gets most: all shares of all segments are in the result. */
function movingApart(segments: readonly BanditSegment[]): string {
  const told = segments.map(({ segment, arms, wanted }) => {
    const most = Math.max(...(wanted ?? [0]));
    const arm = arms[wanted?.findIndex((share) => share === most) ?? -1]?.arm ?? 'nobody';
    return `${segment} mostly ${arm} (${count(most / 100)} %)`;
  });
  return `Shares follow what came back, by segment: ${list(told)}.`;
}

function warming({ arms }: BanditResult, { burnIn, reward }: StrategySpec<'bandit'>): string {
  const units = list(arms.map((one) => `${one.arm} ${count(one.units)}`));
  const least = `${plural(burnIn.units, 'unit')} and ${plural(burnIn.responses, 'response')}`;
  return `Too little is known of ${reward.name} to move the shares: ${units}; each needs ${least}.`;
}

function standing({ arms }: BanditResult, spec: StrategySpec<'bandit'>): string {
  const told = arms.filter(({ chance }) => chance !== null);
  return `${list(told.map((one) => `${one.arm}: ${figures(one, spec)}`))}.`;
}

function figures({ chance, loss, mean }: BanditArm, { reward }: StrategySpec<'bandit'>): string {
  return (
    `${reward.name} ${levelText(mean ?? 0, reward)}, the best with ${chanceText(chance ?? 0)}, ` +
    `expected to lose ${valueText(loss ?? 0, reward)}`
  );
}

/** Nobody needs to know a chance to more than a tenth of a per cent. */
const chanceText = (chance: number): string => percent(Math.round(chance * 1_000) / 1_000);

function explain({ spec }: Place<'bandit'>): readonly string[] {
  const { candidates, algorithm, updateMs, floor, stop, reward, burnIn } = spec;
  const way = reward.better === 'higher' ? 'more' : 'less';
  const where = isContextual(spec) ? ' in every segment' : '';
  return [
    `The baseline and ${plural(candidates, 'candidate')} begin with equal shares; every ` +
      `${duration(updateMs)} the shares follow ${reward.name} (${way} is better) by ${algorithm}.`,
    ...(isContextual(spec)
      ? ['Every segment has shares of its own; it learns from those it shares a value with.']
      : []),
    `Every arm keeps ${count(floor / 100)} % at least; nothing moves before each has ` +
      `${plural(burnIn.units, 'unit')} and ${plural(burnIn.responses, 'response')}.`,
    stop === null
      ? 'It goes on until somebody ends it.'
      : `It ends when one arm is the best${where} with ${percent(stop.chance)} and choosing it ` +
        `is expected to lose ${valueText(stop.lossMax, reward)} at the most.`,
  ];
}
