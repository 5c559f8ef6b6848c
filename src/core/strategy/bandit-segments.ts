import type { MetricOutcome } from '../feedback/outcome.ts';
import { withoutDropped } from '../rollout/ceded.ts';
import { isWarm } from './bandit-belief.ts';
import { contextOf } from './bandit-context.ts';
import type { BanditContext } from './bandit-context.ts';
import { banditData, totalsOf } from './bandit-data.ts';
import { BATCHES_SHOWN, armsFrom, batchesOf, winnerOf } from './bandit-figures.ts';
import type { BanditBatch, BanditResult, BanditSegment } from './bandit-figures.ts';
import { meanShares, segmentShares } from './bandit-shares.ts';
import type { Standing } from './compare.ts';
import type { BanditSpec } from './outcome-spec.ts';

type Asked = Standing<BanditSpec> & { readonly outcome: MetricOutcome };

/**
 * How a contextual bandit stands at its latest update. Its arms are what they would be if everybody
 * got the same one; it ends only when one arm is the best in every segment that anybody is in.
 */
export function contextualResult(asked: Asked): BanditResult {
  const { rollout, spec, shares, outcome } = asked;
  const data = banditData(rollout, spec, outcome);
  const context = contextOf(rollout, spec, outcome);
  const warm = context !== null && isWarm(data, totalsOf(data), spec);
  const arms = armsFrom(context?.whole ?? [], { rollout, shares, data });
  const segments = (context?.segments ?? []).map((known, index): BanditSegment => {
    const given = rollout.segmentWeights?.[index];
    return {
      segment: known.segment,
      arms: armsFrom(known.beliefs, {
        rollout,
        shares: given === undefined ? shares : withoutDropped(rollout, given),
        data: known.data,
      }),
      wanted: warm ? segmentShares(known.beliefs, spec, data.names.length) : null,
    };
  });
  const wanted = segments.map((one) => one.wanted ?? []);
  const parts = context?.segments.map(({ part }) => part) ?? [];
  return {
    kind: 'bandit',
    asOf: outcome.asOf,
    isWarm: warm,
    arms,
    batches: regretIn(context, spec).slice(-BATCHES_SHOWN),
    wanted: warm ? meanShares(wanted, parts) : null,
    winner: warm ? commonWinner(seenOf(segments), spec) : null,
    segments,
  };
}

/** Those that anybody was in: a name that nobody ever has must not hold up the end. */
const seenOf = (segments: readonly BanditSegment[]): readonly BanditSegment[] =>
  segments.filter(({ arms }) => arms.some(({ units }) => units > 0));

/** The arm that fulfils the stop rule in every segment; null: none does. */
function commonWinner(segments: readonly BanditSegment[], spec: BanditSpec): string | null {
  const winners = segments.map(({ arms }) => winnerOf(arms, spec));
  const [first = null] = winners;
  return winners.every((winner) => winner === first) ? first : null;
}

/** Regret against the best arm of each segment, added up over the segments. */
function regretIn(context: BanditContext | null, spec: BanditSpec): readonly BanditBatch[] {
  const all = (context?.segments ?? []).map(({ data, beliefs }) => batchesOf(data, beliefs, spec));
  const moments = [...new Set(all.flat().map(({ from }) => from))].sort((a, b) => a - b);
  return moments.map((from) => {
    // Where nobody came in a batch, what was missed before is still missed.
    const latest = all.flatMap((own) => own.findLast((one) => one.from <= from) ?? []);
    const now = latest.filter((one) => one.from === from);
    return {
      from,
      units: columnSums(now.map(({ units }) => units)),
      rewards: columnSums(now.map(({ rewards }) => rewards)),
      regret: latest.reduce((sum, one) => sum + one.regret, 0),
      regretOfEqual: latest.reduce((sum, one) => sum + one.regretOfEqual, 0),
    };
  });
}

const columnSums = (rows: readonly (readonly number[])[]): readonly number[] =>
  (rows[0] ?? []).map((_, column) => rows.reduce((sum, row) => sum + (row[column] ?? 0), 0));
