import type { Verdict } from '../analysis/verdict.ts';
import { count, duration, factor, list, plural } from '../lib/wording.ts';
import type { HoldReason } from '../rollout/decision.ts';
import { requiredChecks } from '../rollout/guardrail.ts';
import type { Advance, CutOver } from './spec.ts';
import type { Place, Situation, Step } from './strategy.ts';

/** A step that stays where it is. */
export type Hold = Extract<Step, { readonly type: 'hold' }>;

/** The evidence a stage waits for. */
export type Gate = { readonly open: true; readonly grounds: string } | Hold;

/**
 * Whether the present stage is over: its time is up and every check that must pass has passed. By
 * schedule, a check that is merely unsure does not keep it; silence always does (law 8).
 */
export function stageGate(situation: Situation, advance: Advance): Gate {
  const { rollout, verdicts, stage, now } = situation;
  const required = requiredChecks(situation, verdicts);
  const missing = required.filter(({ outcome }) =>
    advance === 'schedule' ? outcome === 'starved' || outcome === 'fail' : outcome !== 'pass',
  );
  const soakMs = stage.leastMs - (now - rollout.stageSince);
  if (missing.length > 0) return waitFor(missing, soakMs);
  const shown = advance === 'schedule' ? 'no check has failed' : 'every check has passed';
  const grounds = `${shown} (${list(required.map((one) => one.check))})`;
  if (soakMs <= 0) return { open: true, grounds };
  const sentence = `${capital(shown)}; the stage lasts another ${duration(soakMs)}.`;
  return hold({ code: 'soaking', sentence }, soakMs);
}

/** Waits for a person where one was asked for. */
export function byHand(gate: Gate, who: Advance | CutOver, command: string): Gate {
  if (!('open' in gate) || who !== 'manual') return gate;
  const sentence = `${capital(gate.grounds)}; waiting for somebody to say \`${command}\`.`;
  return hold({ code: 'awaiting', sentence }, null);
}

/** The next stage, or the end of the strategy, when the gate is open. */
export function goOn({ index, stages }: Place, gate: Gate): Step {
  if (!('open' in gate)) return gate;
  const { grounds } = gate;
  if (index + 1 === stages.length) {
    return { type: 'done', reason: `The last stage is done: ${grounds}.` };
  }
  return { type: 'next', reason: `Stage ${index + 1} of ${stages.length} is done: ${grounds}.` };
}

/** Starved comes before unsure: no estimate means anything without traffic. */
function waitFor(missing: readonly Verdict[], soakMs: number): Hold {
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

/** A step that stays, with its reason. */
export const hold = (reason: HoldReason, etaMs: number | null): Hold => ({
  type: 'hold',
  reason,
  etaMs,
});

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** What a stage of rising share gives and asks for, in sentences. */
export function explainStage({ rollout, stages, stage, index }: Place): readonly string[] {
  const { share, margin, leastMs, audience } = stage;
  const checks = requiredChecks(
    { rollout, stage },
    rollout.spec.checks.map(({ name }) => ({ check: name })),
  );
  const names = list(checks.map((one) => one.check));
  const whose = audience === null ? 'the traffic' : `those for whom \`${audience}\``;
  return [
    `Stage ${index + 1} of ${stages.length}: ${count(share / 100)} % of ${whose}.`,
    `It lasts ${duration(leastMs)} at least, and until ` +
      `${plural(checks.length, 'check')} (${names}) show the candidate ` +
      `to stay below ${factor(margin)} times the rate that is no harm, ` +
      `or below the declared tolerance.`,
  ];
}
