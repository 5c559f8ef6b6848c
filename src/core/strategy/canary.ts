import type { Verdict } from '../analysis/verdict.ts';
import { count, duration, factor, list, plural } from '../lib/wording.ts';
import { WHOLE_BPS } from '../lib/units.ts';
import type { Decision, HoldReason } from '../rollout/decision.ts';
import { requiredChecks } from '../rollout/guardrail.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { stageOf } from '../rollout/share.ts';
import type { CanarySpec } from './spec.ts';
import type { Situation, SpecProblem, Strategy } from './strategy.ts';

/** No ladder needs more. */
export const STAGES_MAX = 20;

/** Stages of rising share, each of which lasts until the evidence suffices (S2). */
export const canary: Strategy = { kind: 'canary', check, decide, explain };

function decide({ rollout, verdicts, now }: Situation): Decision {
  const { spec, stage, stageSince } = rollout;
  const required = requiredChecks(rollout, verdicts);
  const missing = required.filter(({ outcome }) => outcome !== 'pass');
  const soakMs = stageOf(rollout).leastMs - (now - stageSince);
  if (missing.length > 0) return waitFor(missing, soakMs);
  if (soakMs > 0) {
    const sentence = `Every check has passed; the stage lasts another ${duration(soakMs)}.`;
    return hold({ code: 'soaking', sentence }, soakMs);
  }
  const grounds = `every check has passed (${list(required.map((one) => one.check))})`;
  const next = spec.strategy.stages[stage + 1];
  if (next === undefined) {
    return { type: 'promote', reason: `The last stage is done: ${grounds}.` };
  }
  const reason = `Stage ${stage + 1} of ${spec.strategy.stages.length} is done: ${grounds}.`;
  return { type: 'advance', stage: stage + 1, reason };
}

/** Starved comes before unsure: no estimate means anything without traffic. */
function waitFor(missing: readonly Verdict[], soakMs: number): Decision {
  const starved = missing.filter(({ outcome }) => outcome === 'starved');
  const told = starved.length > 0 ? starved : missing;
  const etas = missing.map(({ etaMs }) => etaMs);
  const longest = etas.reduce<number | null>(
    (a, b) => (a === null || b === null ? null : Math.max(a, b)),
    Math.max(0, soakMs),
  );
  const code = starved.length > 0 ? 'starved' : 'unsure';
  const sentence = told.map((one) => `${one.check}: ${one.sentence}`).join(' ');
  return hold({ code, sentence }, starved.length > 0 ? null : longest);
}

const hold = (reason: HoldReason, etaMs: number | null): Decision => ({
  type: 'hold',
  reason,
  etaMs,
});

function check({ stages }: CanarySpec): readonly SpecProblem[] {
  const at = (index: number, field: 'share' | 'margin' | 'least'): string =>
    `strategy.stages[${index}].${field}`;
  const problems: SpecProblem[] = [];
  const found = (path: string, sentence: string): void => void problems.push({ path, sentence });
  if (stages.length === 0 || stages.length > STAGES_MAX) {
    found('strategy.stages', `a canary has 1 to ${STAGES_MAX} stages, not ${stages.length}`);
  }
  for (const [index, { share, margin, leastMs }] of stages.entries()) {
    const before = stages[index - 1];
    const shareText = `${count(share / 100)} %`;
    if (share <= (before?.share ?? 0)) {
      const floor = `${count((before?.share ?? 0) / 100)} %`;
      found(at(index, 'share'), `shares must rise, but ${shareText} follows ${floor}`);
    }
    if (!(margin > 1 && margin <= MARGIN_MAX)) {
      found(at(index, 'margin'), `a margin is above 1 and at most ${MARGIN_MAX}, not ${margin}`);
    }
    if (!(leastMs >= 0 && leastMs <= LEAST_MS_MAX)) {
      found(
        at(index, 'least'),
        `a stage lasts 0 s to ${duration(LEAST_MS_MAX)}, not ${leastMs} ms`,
      );
    }
    if (share < WHOLE_BPS) continue;
    if (before === undefined) {
      found(
        at(index, 'share'),
        'the first stage must leave the baseline traffic to be compared with, so not 100 %',
      );
    } else if (margin < before.margin) {
      found(
        at(index, 'margin'),
        `at 100 % nothing is compared: no closer margin than the ${factor(before.margin)} before`,
      );
    }
  }
  return problems;
}

const MARGIN_MAX = 100;
const LEAST_MS_MAX = 30 * 86_400_000;

function explain(rollout: Rollout): readonly string[] {
  const { stages } = rollout.spec.strategy;
  const { share, margin, leastMs } = stageOf(rollout);
  const checks = requiredChecks(
    rollout,
    rollout.spec.checks.map(({ name }) => ({ check: name })),
  );
  const names = list(checks.map((one) => one.check));
  return [
    `Stage ${rollout.stage + 1} of ${stages.length}: ${count(share / 100)} % of the traffic.`,
    `It lasts ${duration(leastMs)} at least, and until ` +
      `${plural(checks.length, 'check')} (${names}) show the candidate ` +
      `to stay below ${factor(margin)} times the rate that is no harm, ` +
      `or below the declared tolerance.`,
  ];
}
