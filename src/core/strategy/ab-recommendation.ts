import { count, list, percent } from '../lib/wording.ts';
import type { ArmIntegrity } from './arm-integrity.ts';
import type { ArmFinding } from './ab-finding.ts';
import { advantageOf } from './compare.ts';
import type { AbTestSpec, OutcomeMetric } from './outcome-spec.ts';

/** What an A/B test advises. */
export type Recommendation = {
  readonly code:
    /** Neither sample nor time is complete, and no declared rule has stopped it. */
    | 'running'
    /** Give everything to `arm`. */
    | 'ship'
    /** The sample was complete, and nothing of the size that was asked for is there. */
    | 'no-difference'
    /** The test is over, with too few units to have found what was asked for. */
    | 'not-enough'
    /** Every candidate is worse. */
    | 'harm'
    /** Units do not arrive as the shares say: nothing can be concluded. */
    | 'invalid';
  readonly arm: string | null;
  /** Nothing will change it: the test is over. */
  readonly isFinal: boolean;
  readonly sentence: string;
};

/** What a recommendation is made from. */
export type Grounds = {
  /** Of the primary metric. */
  readonly findings: readonly ArmFinding[];
  readonly integrity: ArmIntegrity;
  readonly spec: AbTestSpec;
  readonly isLast: boolean;
  /** The least time is over. */
  readonly isWholeTime: boolean;
  /** Part of the planned sample the look was made on. */
  readonly information: number;
  readonly powerReached: number | null;
  readonly effectFound: number | null;
};

/** What to do, and why, in a sentence. */
export function recommendationOf(grounds: Grounds): Recommendation {
  const { findings, integrity, isLast, isWholeTime } = grounds;
  if (integrity.isBroken) return advice('invalid', integrity.sentence, { isFinal: false });
  const stops = isLast || isWholeTime;
  const best = bestOf(grounds);
  if (best !== null && stops) {
    return advice('ship', shipSentence(best, grounds), { arm: best.arm, isFinal: true });
  }
  if (findings.length > 0 && findings.every(({ finding }) => finding === 'worse') && stops) {
    const told = findings.map((one) => `${one.arm} (${effectText(one, grounds.spec.primary)})`);
    return advice('harm', `Worse than the baseline: ${list(told)}.`, { isFinal: true });
  }
  if (!isLast) return advice('running', runningSentence(grounds), { isFinal: false });
  return grounds.information >= 1
    ? advice('no-difference', noDifferenceSentence(grounds), { isFinal: true })
    : advice('not-enough', notEnoughSentence(grounds), { isFinal: true });
}

function advice(
  code: Recommendation['code'],
  sentence: string,
  { arm = null, isFinal }: { readonly arm?: string | null; readonly isFinal: boolean },
): Recommendation {
  return { code, arm, isFinal, sentence };
}

/** The candidate with the largest advantage among those found better; null: none. */
function bestOf({ findings, spec }: Grounds): ArmFinding | null {
  const gain = ({ effect }: ArmFinding): number => advantageOf(effect ?? 0, spec.primary);
  const better = findings.filter(({ finding }) => finding === 'better');
  return better.reduce<ArmFinding | null>(
    (best, one) => (best === null || gain(one) > gain(best) ? one : best),
    null,
  );
}

function shipSentence(best: ArmFinding, { spec, findings, isLast }: Grounds): string {
  const { adjusted, interval } = best;
  const text = (value: number): string => valueText(value, spec.primary);
  const range = interval === null ? '' : `, interval ${text(interval[0])} to ${text(interval[1])}`;
  const p = adjusted === null ? 'by the bound of this look' : `p = ${pText(adjusted)}`;
  const others = findings.length === 1 ? '' : `, the best of ${count(findings.length)} candidates`;
  const early = isLast ? '' : ' The declared rule stops the test early.';
  return (
    `${best.arm} is better in ${best.metric}: ${effectText(best, spec.primary)} (${p}${range})` +
    `${others}.${early}`
  );
}

function runningSentence({ spec, information, findings }: Grounds): string {
  const units = findings.reduce((sum, one) => sum + one.units, findings[0]?.baselineUnits ?? 0);
  const planned = spec.planned === null ? '' : ` of ${count(spec.planned.unitsInAll)}`;
  const part = information > 0 ? ` (looked at with ${percent(information)} of the sample)` : '';
  return `The test runs: ${count(units)}${planned} units are complete${part}.`;
}

function noDifferenceSentence({ findings, spec, powerReached }: Grounds): string {
  const told = findings.map((one) => `${one.arm} ${effectText(one, spec.primary)}`);
  const power =
    powerReached === null ? '' : `, which would have been found with ${percent(powerReached)}`;
  return (
    `No difference of ${valueText(spec.primary.effectMin, spec.primary)} in ${spec.primary.name}` +
    `${power}: ${list(told)}.`
  );
}

function notEnoughSentence({ spec, effectFound, information }: Grounds): string {
  const { primary } = spec;
  const text = (value: number): string => valueText(value, primary);
  const found =
    effectFound === null
      ? 'they would find nothing'
      : `they find ${text(effectFound)}, not ${text(primary.effectMin)}`;
  return `The test is over with ${percent(information)} of its units: ${found}.`;
}

/** `+1.2 points`, `-0.3`: an effect with its sign. */
export function effectText({ effect }: ArmFinding, metric: OutcomeMetric): string {
  if (effect === null) return 'too few units';
  return `${effect < 0 ? '' : '+'}${valueText(effect, metric)}`;
}

/** A value of a metric: points of a hundred for a proportion. */
export function valueText(value: number, { kind }: OutcomeMetric): string {
  if (!Number.isFinite(value)) return 'no bound';
  const number = Number((kind === 'proportion' ? value * 100 : value).toPrecision(3));
  return kind === 'proportion' ? `${number} points` : String(number);
}

/** How high a metric is: per cent for a proportion. */
export const levelText = (value: number, metric: OutcomeMetric): string =>
  metric.kind === 'proportion' ? percent(value) : valueText(value, metric);

const pText = (p: number): string =>
  p < 0.0001 ? 'below 0.0001' : String(Number(p.toPrecision(2)));
