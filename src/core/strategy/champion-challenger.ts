import { WHOLE_BPS, bps } from '../lib/units.ts';
import { count, duration, list, percent, plural } from '../lib/wording.ts';
import { requiredChecks } from '../rollout/guardrail.ts';
import { askAbout } from './arm-integrity.ts';
import { valueText } from './ab-recommendation.ts';
import { championProblems } from './champion-problems.ts';
import { championResult } from './champion-result.ts';
import type { Challenge, ChampionResult } from './champion-result.ts';
import type { ChampionChallengerSpec } from './outcome-spec.ts';
import { splitSum } from './split.ts';
import type { StrategySpec } from './spec.ts';
import { hold } from './stage-gate.ts';
import { plainStage, type Stage } from './stage.ts';
import type { Place, Situation, Step, Strategy } from './strategy.ts';

/** Challengers with fixed shares, without end; one that is shown to be better takes over (S5). */
export const championChallenger: Strategy<'champion-challenger'> = {
  check: championProblems,
  stages,
  decide,
  explain,
};

/** Guardrails of a challenger that is to take over; they have days. */
const GUARDRAIL_MARGIN = 1.5;

/** Who asks, in causes. */
const WHO = 'champion-challenger';

function stages(spec: StrategySpec<'champion-challenger'>): readonly Stage[] {
  const { split, audience, pairing } = spec;
  const plain = { name: 'challenge', audience, margin: GUARDRAIL_MARGIN, leastMs: 0 };
  if (pairing === undefined) return [plainStage({ ...plain, share: bps(splitSum(split)), split })];
  return [plainStage({ ...plain, share: bps(0), mirror: { ...pairing, isPaired: true } })];
}

function decide(situation: Situation<'champion-challenger'>): Step {
  const { spec } = situation;
  const result = championResult(situation);
  if (result === null) {
    return hold(
      { code: 'starved', sentence: `Nothing has come back for ${spec.metric.name}.` },
      null,
    );
  }
  if (result.integrity.isBroken) return askAbout(result.integrity);
  const leader = result.challenges.find(({ arm }) => arm === result.leader);
  if (leader === undefined) return unshown(result, spec);
  return proposed(situation, leader);
}

/** By itself where that was declared and the guardrails have passed, else a person says. */
function proposed(situation: Situation<'champion-challenger'>, leader: Challenge): Step {
  const { spec, verdicts } = situation;
  const { arm } = leader;
  const reason = sentenceOf(leader, spec);
  if (spec.gate === 'approval') {
    const sentence = `${reason} Answer with \`advance\` to let it take over, or \`resume\`.`;
    return { type: 'ask', cause: { by: 'strategy', who: WHO, sentence, verdict: null, arm } };
  }
  const own = verdicts.filter((one) => one.arm === arm);
  const missing = requiredChecks(situation, own).filter(({ outcome }) => outcome !== 'pass');
  if (missing.length === 0) return { type: 'swap', arm, reason };
  const names = list(missing.map((one) => one.check));
  return hold(
    { code: 'unsure', sentence: `${reason} Its guardrails have yet to pass: ${names}.` },
    null,
  );
}

function unshown({ challenges }: ChampionResult, spec: ChampionChallengerSpec): Step {
  const few = challenges.every(({ lower }) => lower === null);
  if (few) {
    const least = count(spec.unitsMin);
    const units = list(challenges.map(({ arm, units: own }) => `${arm} ${count(own)}`));
    const sentence =
      spec.pairing === undefined
        ? `Too few units to compare: ${units}; it takes ${least}, of the champion too.`
        : `Too few copies with a label: ${units}; it takes ${least}, one of a unit.`;
    return hold({ code: 'starved', sentence }, null);
  }
  const sentence = `No challenger is shown to be better. ${challenges
    .map((one) => sentenceOf(one, spec))
    .join(' ')}`;
  return hold({ code: 'unsure', sentence }, null);
}

function sentenceOf(
  { arm, advantage, lower, units }: Challenge,
  spec: ChampionChallengerSpec,
): string {
  if (advantage === null || lower === null) return `${arm} has ${count(units)} units.`;
  const { metric, windowMs, advantageMin } = spec;
  const text = (value: number): string => valueText(value, metric);
  return (
    `${arm} is ${text(Math.abs(advantage))} ${advantage < 0 ? 'worse' : 'better'} in ` +
    `${metric.name} than the champion within ${duration(windowMs)}, ` +
    `better by ${text(lower)} at least; it takes more than ${text(advantageMin)}.`
  );
}

function explain({ spec }: Place<'champion-challenger'>): readonly string[] {
  const { metric, split, windowMs, alpha, advantageMin, gate, pairing } = spec;
  const shares = list(split.map((share) => `${count(share / 100)} %`));
  const least = valueText(advantageMin, metric);
  const verb = split.length === 1 ? 'gets' : 'get';
  return [
    pairing === undefined
      ? `${plural(split.length, 'challenger')} ${verb} ${shares}, without end.`
      : `${split.length === 1 ? 'The challenger answers' : `${split.length} challengers answer`} ` +
        `copies of requests of ${percent(pairing.sample / WHOLE_BPS)} of the units, unseen; ` +
        'when a label comes, both answers are held against it.',
    `Whoever is shown to be better in ${metric.name} by more than ${least} ` +
      `on units first seen within ${duration(windowMs)} takes over; ` +
      `one that is no better does so with a chance of ${percent(alpha)} in that time at most.`,
    gate === 'automatic'
      ? 'It takes over by itself once its guardrails have passed; the champion challenges it then.'
      : 'A person is asked first: `advance` lets it take over, `resume` begins anew.',
  ];
}
