import type { MetricOutcome } from '../feedback/outcome.ts';
import { count, list, percent } from '../lib/wording.ts';
import { BASELINE_ARM } from '../rollout/arm.ts';
import { contendersOf } from '../rollout/contenders.ts';
import {
  DEFAULT_MISMATCH_ALPHA,
  anytimePValue,
  logMismatchEvidence,
} from '../stats/ratio-mismatch.ts';
import { unitsWithin } from './compare.ts';
import type { Span, Standing } from './compare.ts';
import type { Step } from './strategy.ts';

/** Whether units arrive in the arms as the shares say. */
export type ArmIntegrity = {
  /** Anytime-valid: it may be looked at as often as one likes. Null: nothing to compare. */
  readonly pValue: number | null;
  readonly isBroken: boolean;
  readonly sentence: string;
};

/** Who asks when they do not. */
export const SAMPLE_RATIO = 'sample ratio';

/** A person must look: nothing may be promoted on such data. */
export const askAbout = ({ sentence }: ArmIntegrity): Extract<Step, { readonly type: 'ask' }> => ({
  type: 'ask',
  cause: { by: 'strategy', who: SAMPLE_RATIO, sentence, verdict: null },
});

/**
 * Sample-ratio mismatch of the units first seen within a span, by the sequential test (Lindon &
 * Malek). Once a candidate is out its units go to the baseline, whose share is then another than it
 * was: from there on the candidates that stayed are held against each other.
 */
export function armIntegrity(
  { rollout, shares }: Pick<Standing<unknown>, 'rollout' | 'shares'>,
  outcome: MetricOutcome,
  span: Span,
): ArmIntegrity {
  const { dropped } = rollout;
  const names = [BASELINE_ARM, ...contendersOf(rollout).map(({ arm }) => arm)];
  const units = unitsWithin(outcome, span);
  const compared = names
    .map((arm, index) => ({ arm, share: shares[index] ?? 0, units: units.get(arm)?.units ?? 0 }))
    .filter(({ arm }) => !dropped.includes(arm) && (dropped.length === 0 || arm !== BASELINE_ARM));
  const all = compared.reduce((sum, one) => sum + one.units, 0);
  const whole = compared.reduce((sum, one) => sum + one.share, 0);
  if (compared.length < 2 || all === 0 || whole === 0) {
    return { pValue: null, isBroken: false, sentence: 'No units to compare with the shares yet.' };
  }
  const evidence = logMismatchEvidence({
    units: compared.map((one) => one.units),
    shares: compared.map(({ share }) => share),
  });
  const pValue = anytimePValue(evidence);
  const isBroken = pValue <= DEFAULT_MISMATCH_ALPHA;
  const seen = list(
    compared.map((one) => {
      const [seen, wanted] = [percent(one.units / all), percent(one.share / whole)];
      return `${one.arm} has ${count(one.units)} units (${seen}, not ${wanted})`;
    }),
  );
  const sentence = isBroken
    ? `Units do not arrive as the shares say: ${seen}. Assignment or logging is broken, so ` +
      'nothing the arms seem to show can be believed.'
    : 'Units arrive in the arms as the shares say.';
  return { pValue, isBroken, sentence };
}
