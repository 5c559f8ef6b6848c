import { decisionReason } from '../../core/replay/record.ts';
import { isFinal, type Rollout } from '../../core/rollout/rollout.ts';
import { candidateShare } from '../../core/rollout/share.ts';
import type { Judgement } from '../../core/rollout/world.ts';
import type { RolloutBody } from '../../protocol/admin/rollout.ts';
import { momentBody } from '../../protocol/admin/scalars.ts';
import { ladderOf } from '../../core/strategy/ladder.ts';
import { resultOf } from '../../core/strategy/result.ts';
import type { StrategyResult } from '../../core/strategy/result.ts';
import type { Overlap } from '../overlap-book.ts';

type VerdictBody = RolloutBody['verdicts'][number];

/** A rollout as clients get it. */
export function rolloutBody(
  rollout: Rollout,
  judgement: Judgement | undefined,
  outcomes: Judgement['outcomes'] = judgement?.outcomes ?? [],
): RolloutBody {
  const { spec, hold, cause } = rollout;
  const verdicts = isFinal(rollout) ? [] : (judgement?.verdicts ?? []);
  return {
    id: rollout.id,
    endpoint: rollout.endpoint,
    revision: rollout.revision,
    baseline: rollout.baseline,
    candidate: rollout.candidate,
    strategy: spec.strategy.kind,
    phase: rollout.phase,
    stage: rollout.stage,
    stages: ladderOf(spec).length,
    shareBps: candidateShare(rollout),
    sliceBps: sliceBpsOf(rollout),
    createdAt: momentBody(rollout.createdAt),
    createdBy: rollout.createdBy,
    phaseSince: momentBody(rollout.phaseSince),
    stageSince: momentBody(rollout.stageSince),
    hold: hold === null ? null : causeBody(hold),
    cause: cause === null ? null : causeBody(cause),
    doing: doingOf(rollout, judgement),
    etaMs: etaOf(judgement),
    verdicts: verdicts.map(verdictBody),
    result: resultBody(resultOf(rollout, outcomes)),
    spec,
  };
}

/** What it cost that more than one version was loaded; nothing where nothing is known of it. */
export function overlapBody(overlap: Overlap | null): Pick<RolloutBody, 'overlap'> {
  if (overlap === null) return {};
  const { since, versionMs, byteMs } = overlap;
  const counted = { versionSeconds: versionMs / 1_000, byteSeconds: byteMs / 1_000 };
  return { overlap: { since: momentBody(since), ...counted } };
}

/** The part of the endpoint's units that a rollout has for itself; null: it has all. */
export const sliceBpsOf = ({ slice }: Rollout): number | null =>
  slice === undefined ? null : slice.toBps - slice.fromBps;

/** As clients get it: lists of their own. */
const resultBody = (result: StrategyResult | null): RolloutBody['result'] =>
  result === null ? null : (structuredClone(result) as RolloutBody['result']);

function causeBody(cause: NonNullable<Rollout['cause']>): NonNullable<RolloutBody['cause']> {
  return { ...cause, verdict: cause.verdict === null ? null : verdictBody(cause.verdict) };
}

/** A verdict as clients get it. */
export function verdictBody({ interval, ...verdict }: Judgement['verdicts'][number]): VerdictBody {
  // JSON has no infinity: an interval without an upper end has null there.
  const high = interval !== null && Number.isFinite(interval[1]) ? interval[1] : null;
  return { ...verdict, interval: interval === null ? null : [interval[0], high] };
}

function etaOf(judgement: Judgement | undefined): number | null {
  return judgement?.decision.type === 'hold' ? judgement.decision.etaMs : null;
}

/** What a rollout waits for or does, in one sentence. */
export function doingOf(rollout: Rollout, judgement: Judgement | undefined): string {
  if (isFinal(rollout)) return rollout.cause?.sentence ?? `it is ${rollout.phase}`;
  if (judgement === undefined) return 'it has not been judged yet';
  return decisionReason(judgement.decision);
}
