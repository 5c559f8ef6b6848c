import type { Verdict } from '../analysis/verdict.ts';
import { contendersOf } from '../rollout/contenders.ts';
import { onFailOf, requiredChecks } from '../rollout/guardrail.ts';
import { isFinal, isQueued } from '../rollout/rollout.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { amountText, valueText } from '../analysis/outcome-sentence.ts';
import { plural } from '../lib/wording.ts';
import { isCompared, placeOf } from '../strategy/ladder.ts';
import type { Place } from '../strategy/strategy.ts';
import { explainBy } from '../strategy/strategies.ts';
import type { Check } from '../analysis/check.ts';

/** What may go wrong at most, and how it is shared out; chances in [0, 1]. */
export type ErrorBudget = {
  /** Of reverting a candidate that is no worse, over the whole rollout. */
  readonly wrongRevert: number;
  /** Checks that revert by themselves, and candidates: they share it equally. */
  readonly hardChecks: number;
  readonly candidates: number;
  /** What each of them may spend. Looking costs nothing: it holds for all looks together. */
  readonly each: number;
  /** Of passing a stage with a candidate worse than its margin; every check must pass. */
  readonly wrongPromote: number;
  /** Checks on feedback spend chances of their own, each over all candidates. */
  readonly feedback: readonly { readonly check: string; readonly alpha: number }[];
};

/** A verdict with what it means for the rollout. */
export type ExplainedVerdict = {
  readonly verdict: Verdict;
  readonly onFail: Check['onFail'];
  /** A person went on although it had failed. */
  readonly accepted: boolean;
  /**
   * The largest chance of a candidate that is no worse to show so much evidence of harm at any time
   * (Ville's inequality: 1/E).
   */
  readonly harmChance: number;
  /** Below this chance it fails. */
  readonly harmChanceNeeded: number;
  /** The same for a candidate worse than the margin and its evidence of safety. */
  readonly safetyChance: number;
  readonly safetyChanceNeeded: number;
};

/** What the present stage gives the candidate and what it asks for; empty before and after. */
export function wantsOf(rollout: Rollout): readonly string[] {
  const { phase } = rollout;
  if (isFinal(rollout) || isQueued(rollout) || phase === 'reverting') return [];
  const place = placeOf(rollout);
  return [...explainBy(place), ...outcomeWants(place)];
}

/** What the checks on feedback ask for in the present stage. */
function outcomeWants({ rollout, stage }: Place): readonly string[] {
  const { spec } = rollout;
  const asked = (spec.outcomeChecks ?? []).map((check) => ({ check: check.name, declared: check }));
  return requiredChecks({ rollout, stage }, asked).map(({ check, declared }) => {
    const { of, margin, limit, minUnits } = declared;
    const units = `${plural(minUnits, 'complete unit')} of each arm`;
    const than = `than the baseline by ${amountText(margin, of)} in ${of.name}`;
    const beyond = limit === null ? '' : ` It fails beyond ${valueText(limit, of)}.`;
    return isCompared(spec)
      ? `${check}: on ${units} or more it must be shown not to be worse ${than}.${beyond}`
      : `${check}: nobody serves beside the candidate.${beyond}`;
  });
}

/** How a rollout's chances of error are shared out. */
export function budgetOf(rollout: Rollout): ErrorBudget {
  const { checks, outcomeChecks = [], alphaRevert, alphaPromote } = rollout.spec;
  const hardChecks = checks.filter(({ onFail }) => onFail === 'hard').length;
  const candidates = contendersOf(rollout).length;
  return {
    wrongRevert: alphaRevert,
    hardChecks,
    candidates,
    each: alphaRevert / Math.max(1, hardChecks) / candidates,
    wrongPromote: alphaPromote,
    feedback: outcomeChecks.map(({ name, alpha }) => ({ check: name, alpha })),
  };
}

/** Verdicts with what they mean for the rollout. */
export const explainVerdicts = (
  { spec, accepted }: Rollout,
  verdicts: readonly Verdict[],
): readonly ExplainedVerdict[] =>
  verdicts.map((verdict) => {
    const { check, evidence } = verdict;
    return {
      verdict,
      onFail: onFailOf(spec, verdict),
      accepted: accepted.includes(check),
      harmChance: chanceOf(evidence.harm),
      harmChanceNeeded: chanceOf(evidence.harmNeeded),
      safetyChance: chanceOf(evidence.safety),
      safetyChanceNeeded: chanceOf(evidence.safetyNeeded),
    };
  });

const chanceOf = (logE: number): number => Math.min(1, Math.exp(-logE));
