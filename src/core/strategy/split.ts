import { WHOLE_BPS, bps } from '../lib/units.ts';
import type { Bps } from '../lib/units.ts';
import { count } from '../lib/wording.ts';
import { METRIC_KINDS } from './outcome-spec.ts';
import type { OutcomeMetric } from './outcome-spec.ts';
import type { Found } from './stage-problems.ts';

/** A route has sixteen arms; one of them is the baseline's. */
export const CANDIDATES_MAX = 15;

/** The same for each of so many; what cannot be divided is left to the baseline. */
export const evenShare = (wholeBps: number, parts: number): Bps =>
  bps(Math.floor(wholeBps / parts));

/** The same for the baseline and every candidate. */
export const evenSplit = (candidates: number): readonly Bps[] =>
  Array.from({ length: candidates }, () => evenShare(WHOLE_BPS, candidates + 1));

/** What candidates have together. */
export const splitSum = (split: readonly Bps[]): number => split.reduce((sum, one) => sum + one, 0);

/** Shares that leave the baseline something to be compared with. */
export function checkSplit(split: readonly Bps[], found: Found): void {
  if (split.length === 0 || split.length > CANDIDATES_MAX) {
    found('split', `there are 1 to ${CANDIDATES_MAX} candidates, not ${split.length}`);
  }
  const empty = split.findIndex((share) => share === 0);
  if (empty >= 0) found(`split[${empty}]`, 'a candidate without a share is compared with nothing');
  const all = splitSum(split);
  if (all > WHOLE_BPS) found('split', `the shares sum to ${count(all / 100)} %, above 100 %`);
  if (all === WHOLE_BPS) found('split', 'the shares leave the baseline nothing to compare with');
}

/** A metric that feedback can name. */
export function checkMetric(metric: OutcomeMetric, path: string, found: Found): void {
  if (metric.name === '') found(`${path}.name`, 'a metric has a name');
  if (!METRIC_KINDS.includes(metric.kind)) {
    found(`${path}.kind`, `a metric is one of ${METRIC_KINDS.join(', ')}`);
  }
}
