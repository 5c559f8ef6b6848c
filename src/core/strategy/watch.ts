import { duration } from '../lib/wording.ts';
import { requiredChecks } from '../rollout/guardrail.ts';
import { hold } from './stage-gate.ts';
import type { Situation, Step } from './strategy.ts';

/**
 * The candidate has everything, so there is nobody to compare it with: guardrails watch it against
 * what the baseline used to do, and silence is not success (law 8).
 */
export function watch(situation: Situation, done: string): Step {
  const { rollout, verdicts, stage, now } = situation;
  const starved = requiredChecks(situation, verdicts).find(({ outcome }) => outcome === 'starved');
  if (starved !== undefined) {
    return hold({ code: 'starved', sentence: `${starved.check}: ${starved.sentence}` }, null);
  }
  const leftMs = stage.leastMs - (now - rollout.stageSince);
  if (leftMs > 0) {
    const sentence = `The candidate serves everything, watched for another ${duration(leftMs)}.`;
    return hold({ code: 'soaking', sentence }, leftMs);
  }
  const reason = `${done} for ${duration(stage.leastMs)}, and no guardrail failed.`;
  return { type: 'done', reason };
}
