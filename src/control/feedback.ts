import { sha256Hex } from '../core/lib/sha256.ts';
import { attributeMade, attributeUnit } from '../core/feedback/attribute.ts';
import type { Fineness, PlacedSpan } from '../core/feedback/attribute.ts';
import type { Exposure, FeedbackRow } from '../core/feedback/feedback.ts';
import { stretchAt, unitWidthMs } from '../core/feedback/maturity.ts';
import { spanAt } from '../core/feedback/route-span.ts';
import { emptyChange } from '../ports/store.ts';
import type { FedBack, FeedbackBatch } from '../protocol/feed/feedback.ts';
import type { ControlContext } from './context.ts';
import { metricKey, type State } from './state.ts';

type Parts = Pick<ControlContext, 'journal' | 'store' | 'spans' | 'outcomes' | 'clock'>;

/** Characters of a unit's digest: enough to tell all units apart, none to tell who it is. */
const DIGEST_CHARS = 32;

/** Pieces and exposures in one commit: decisions and commands wait for no longer than that. */
const AT_ONCE = 2_000;

/**
 * Attributes what came back and folds it into the store; on disk when it resolves. When it rejects,
 * part of it may be: sent again, it counts once.
 */
export async function receiveFeedback(parts: Parts, batch: FeedbackBatch): Promise<void> {
  const { journal, outcomes } = parts;
  const state = journal.state();
  const spans = await spansFor(parts, batch);
  const feedback = batch.feedback.map((said) => attributed(said, { batch, state, spans }));
  const exposures = batch.exposures.flatMap((group) => exposuresOf(group, state));
  // In the order of their cohorts, so that each commit has cohorts of its own to read and write.
  feedback.sort((a, b) => a.cohort.start - b.cohort.start);
  try {
    await storeInParts(parts, feedback, exposures);
  } finally {
    // A commit that failed may have been made all the same.
    outcomes.touch(new Set([...feedback, ...exposures].flatMap(({ rollout }) => rollout ?? [])));
  }
}

/** Stores all of it; whoever else has something to do gets his turn after each commit. */
async function storeInParts(
  { store, clock }: Parts,
  feedback: readonly FeedbackRow[],
  exposures: readonly Exposure[],
): Promise<void> {
  const never = new AbortController().signal;
  for (let at = 0; at < Math.max(feedback.length, exposures.length); at += AT_ONCE) {
    if (at > 0) await clock.sleep(0, never);
    const part = { feedback: feedback.slice(at, at + AT_ONCE) };
    const told = { exposures: exposures.slice(at, at + AT_ONCE) };
    await store.commit({ ...emptyChange, ...part, ...told });
  }
}

type Spans = ReadonlyMap<string, readonly PlacedSpan[]>;

/** How the endpoints were answered of which a unit and a time are all that is known. */
async function spansFor({ spans }: Parts, { feedback }: FeedbackBatch): Promise<Spans> {
  const endpoints = new Set(
    feedback.flatMap(({ about }) => (about.type === 'unit' ? [about.endpoint] : [])),
  );
  const found = await Promise.all(
    [...endpoints].map(async (endpoint) => [endpoint, await spans.of(endpoint)] as const),
  );
  return new Map(found);
}

type Known = {
  readonly batch: FeedbackBatch;
  readonly state: State;
  readonly spans: Spans;
};

function attributed(said: FedBack, { batch, state, spans }: Known): FeedbackRow {
  const { about, metric } = said;
  if (about.type === 'unit') {
    const span = spanAt(spans.get(about.endpoint) ?? [], about.at);
    const rollout = span?.route.rollout ?? null;
    const unitDigest = sha256Hex(about.unit).slice(0, DIGEST_CHARS);
    const answered = { ...about, unitDigest, span };
    return attributeUnit(answered, said, finenessOf(state, { ...about, metric, rollout }));
  }
  const origin = batch.origins[about.origin];
  if (origin === undefined) throw new RangeError('a checked batch names only origins it has');
  const { endpoint, rollout } = origin;
  return attributeMade(
    { ...origin, ...about },
    said,
    finenessOf(state, { endpoint, metric, rollout }),
  );
}

function finenessOf(
  state: State,
  of: { readonly endpoint: string; readonly metric: string; readonly rollout: string | null },
): Fineness {
  const declared = state.records.metric.get(metricKey(of.endpoint, of.metric))?.value;
  return { maturityMs: declared?.maturityMs ?? 0, bucketMs: bucketMsOf(state, of.rollout) };
}

const bucketMsOf = ({ records }: State, rollout: string | null): number | null =>
  rollout === null ? null : (records.rollout.get(rollout)?.value.spec.bucketMs ?? null);

function exposuresOf(group: FeedbackBatch['exposures'][number], state: State): readonly Exposure[] {
  const { rollout, arm, segment, at, units } = group;
  const stretch = stretchAt(at, unitWidthMs(bucketMsOf(state, rollout)));
  const place = { rollout, arm, ...(segment === undefined ? {} : { segment }) };
  return units.map((unit) => ({ ...place, unit, stretch }));
}
