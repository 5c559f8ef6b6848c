import { bps } from '../lib/units.ts';
import { count, duration, percent, plural } from '../lib/wording.ts';
import { requiredChecks } from '../rollout/guardrail.ts';
import type { Cause } from '../rollout/decision.ts';
import { abResult } from './ab-result.ts';
import type { AbResult } from './ab-result.ts';
import { valueText } from './ab-recommendation.ts';
import { askAbout } from './arm-integrity.ts';
import { abTestProblems } from './ab-problems.ts';
import { splitSum } from './split.ts';
import type { StrategySpec } from './spec.ts';
import { hold } from './stage-gate.ts';
import { plainStage, type Stage } from './stage.ts';
import type { Place, Situation, Step, Strategy } from './strategy.ts';

/** Fixed shares until the sample is complete; then one result (S4). */
export const abTest: Strategy<'ab-test'> = { check: abTestProblems, stages, decide, explain };

/** Guardrails of weeks of traffic show as much as a canary at half of it. */
const GUARDRAIL_MARGIN = 1.5;

/** Who asks, in causes. */
const WHO = 'ab-test';

function stages({ split, audience, leastMs }: StrategySpec<'ab-test'>): readonly Stage[] {
  const share = bps(splitSum(split));
  const margin = GUARDRAIL_MARGIN;
  return [plainStage({ name: 'test', share, split, audience, margin, leastMs })];
}

function decide(situation: Situation<'ab-test'>): Step {
  const { spec } = situation;
  const result = abResult(situation);
  if (result === null) {
    const sentence = `Nothing has come back for ${spec.primary.name}.`;
    return hold({ code: 'starved', sentence }, null);
  }
  switch (result.recommendation.code) {
    case 'invalid':
      return askAbout(result.integrity);
    case 'running':
      return hold(
        { code: waitsFor(result, spec), sentence: told(result, spec) },
        etaOf(result, spec),
      );
    default:
      return concluded(situation, result);
  }
}

/** Over: by itself where that was declared and the guardrails have passed, else a person says. */
function concluded(situation: Situation<'ab-test'>, { recommendation }: AbResult): Step {
  const { spec, verdicts } = situation;
  const { arm, sentence } = recommendation;
  const command = arm === null ? 'rollback' : `promote --arm ${arm}`;
  const ask: Step = { type: 'ask', cause: causeOf(`${sentence} Answer with \`${command}\`.`, arm) };
  if (spec.winner === 'manual') return ask;
  if (arm === null) {
    return { type: 'revert', cause: causeOf(`No winner. ${sentence}`, null) };
  }
  const own = verdicts.filter((one) => one.arm === arm);
  const missing = requiredChecks(situation, own).filter(({ outcome }) => outcome !== 'pass');
  return missing.length === 0 ? { type: 'promote', arm, reason: sentence } : ask;
}

const causeOf = (sentence: string, arm: string | null): Cause => ({
  by: 'strategy',
  who: WHO,
  sentence,
  verdict: null,
  arm,
});

type Code = 'starved' | 'unsure' | 'soaking';

function waitsFor({ information, matureMs }: AbResult, { leastMs }: StrategySpec<'ab-test'>): Code {
  if (information === 0) return 'starved';
  return information < 1 || matureMs >= leastMs ? 'unsure' : 'soaking';
}

function told(result: AbResult, { leastMs, cycleMs }: StrategySpec<'ab-test'>): string {
  const { recommendation, information, matureMs } = result;
  if (information < 1) return recommendation.sentence;
  const whole =
    cycleMs === 0 ? leastMs : Math.max(leastMs, (Math.floor(matureMs / cycleMs) + 1) * cycleMs);
  const left = duration(whole - matureMs);
  return `${recommendation.sentence} It lasts ${left} more, for whole cycles.`;
}

/** Units go on coming as they came. */
function etaOf({ information, matureMs }: AbResult, spec: StrategySpec<'ab-test'>): number | null {
  if (information <= 0 || matureMs <= 0) return null;
  const { leastMs, cycleMs } = spec;
  const whole = Math.max(leastMs, matureMs / information);
  const ends = cycleMs === 0 ? whole : Math.ceil(whole / cycleMs) * cycleMs;
  return Math.max(0, ends - matureMs);
}

function explain({ spec }: Place<'ab-test'>): readonly string[] {
  const { primary, planned, alpha, power, leastMs, cycleMs, winner, split, audience } = spec;
  const whose = audience === null ? 'all units' : `those for whom \`${audience}\``;
  const shares = split.map((share) => `${count(share / 100)} %`).join(', ');
  const way = primary.better === 'higher' ? 'more' : 'less';
  const verb = split.length === 1 ? 'gets' : 'get';
  const units = planned === null ? '?' : count(planned.unitsInAll);
  const expected = planned?.expectedMs ?? null;
  const end = expected === null ? '' : ` It was expected to take ${duration(expected)}.`;
  return [
    `${plural(split.length, 'candidate')} ${verb} ${shares} of ${whose}; a unit stays where it is.`,
    `What decides is ${primary.name}: ${way} is better, and a difference of ` +
      `${valueText(primary.effectMin, primary)} is found with ${percent(power)} at a chance of ` +
      `${percent(alpha)} to find one that is not there.`,
    `That takes ${units} units, and ${duration(leastMs)} at least in whole cycles of ` +
      `${duration(cycleMs)}.${end}`,
    winner === 'automatic'
      ? 'The winner is promoted by itself once its guardrails have passed; without one the ' +
        'baseline gets everything again.'
      : 'When it is over a person says who wins.',
  ];
}
