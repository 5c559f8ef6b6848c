import { sha256Hex } from '../core/lib/sha256.ts';
import {
  attributeMade,
  attributeUnit,
  predictionKeyOf,
  routeOfUnit,
} from '../core/feedback/attribute.ts';
import type { Fineness, PlacedSpan } from '../core/feedback/attribute.ts';
import { LABEL_METRIC } from '../core/feedback/feedback.ts';
import type { Exposure, FeedbackRow } from '../core/feedback/feedback.ts';
import type { CopiedAnswer } from '../core/feedback/pair.ts';
import { stretchAt, unitWidthMs } from '../core/feedback/maturity.ts';
import { spanAt } from '../core/feedback/route-span.ts';
import { placeOf } from '../core/strategy/ladder.ts';
import { emptyChange } from '../ports/store.ts';
import type { Change } from '../ports/store.ts';
import type { FedBack, FeedbackBatch, ToldCopy } from '../protocol/feed/feedback.ts';
import { inPieces } from './breather.ts';
import type { ControlContext } from './context.ts';
import { goingRolloutsOf, metricKey, type State } from './state.ts';

type Parts = Pick<ControlContext, 'journal' | 'store' | 'spans' | 'outcomes' | 'clock'>;

/** Characters of a unit's digest: enough to tell all units apart, none to tell who it is. */
const DIGEST_CHARS = 32;

/** Pieces and exposures in one commit, at the least and at the most. */
const AT_ONCE = { least: 250, first: 400, most: 2_000 } as const;
/** A commit holds up decisions and commands: they are made as small as takes about this long. */
const COMMIT_MS = 6;

/**
 * Attributes what came back and folds it into the store; on disk when it resolves. When it rejects,
 * part of it may be: sent again, it counts once.
 */
export async function receiveFeedback(parts: Parts, batch: FeedbackBatch): Promise<void> {
  const { journal, outcomes, clock } = parts;
  const state = journal.state();
  const spans = await spansFor(parts, batch);
  const paired = pairedRollouts(state);
  const feedback = await inPieces(rowsOf({ batch, state, spans }, paired), () =>
    clock.monotonicMs(),
  );
  const copies = (batch.copies ?? []).flatMap((copy) => copiedAnswer(copy, state));
  const exposures = batch.exposures.flatMap((group) => exposuresOf(group, state));
  // In the order of their cohorts, so that each commit has cohorts of its own to read and write.
  feedback.sort((a, b) => a.cohort.start - b.cohort.start);
  try {
    await storeInParts(parts, { feedback, exposures, copies });
  } finally {
    // A commit that failed may have been made all the same.
    const told = [...feedback, ...exposures, ...copies].flatMap(({ rollout }) => rollout ?? []);
    const meant = feedback.flatMap((row) =>
      row.isForCopies ? (paired.get(row.endpoint) ?? []) : [],
    );
    outcomes.touch(new Set([...told, ...meant]));
  }
}

/** Stores all of it; whoever else has something to do gets his turn after each commit. */
async function storeInParts(
  { store, clock }: Parts,
  { feedback, exposures, copies }: CameBack,
): Promise<void> {
  const never = new AbortController().signal;
  const most = Math.max(feedback.length, exposures.length, copies.length);
  let many: number = AT_ONCE.first;
  for (let at = 0; at < most;) {
    if (at > 0) await clock.sleep(0, never);
    const end = at + many;
    const before = clock.monotonicMs();
    await store.commit({
      ...emptyChange,
      feedback: feedback.slice(at, end),
      exposures: exposures.slice(at, end),
      copies: copies.slice(at, end),
    });
    at = end;
    many = manyInTime(many, clock.monotonicMs() - before);
  }
}

/** How many take as long as a commit may, if so many took so long. */
function manyInTime(many: number, tookMs: number): number {
  const fitting = tookMs <= 0 ? AT_ONCE.most : Math.round((many * COMMIT_MS) / tookMs);
  return Math.max(AT_ONCE.least, Math.min(AT_ONCE.most, 2 * many, fitting));
}

/** Rows are made in steps of so many. */
const ROWS_PER_STEP = 100;

function* rowsOf(
  known: Known,
  paired: ReadonlyMap<string, string>,
): Generator<undefined, FeedbackRow[]> {
  const rows: FeedbackRow[] = [];
  for (const said of known.batch.feedback) {
    const row = attributed(said, known);
    rows.push(isForCopies(row, paired) ? { ...row, isForCopies: true } : row);
    if (rows.length % ROWS_PER_STEP === 0) yield undefined;
  }
  return rows;
}

type CameBack = Pick<Change, 'feedback' | 'exposures' | 'copies'>;

/** Rollouts whose challengers are scored on copies, by endpoint. */
const pairedRollouts = (state: State): ReadonlyMap<string, string> =>
  new Map(
    goingRolloutsOf(state).flatMap((rollout) => {
      const { spec } = placeOf(rollout);
      const isPaired = spec.kind === 'champion-challenger' && spec.pairing !== undefined;
      return isPaired ? [[rollout.endpoint, rollout.id]] : [];
    }),
  );

const isForCopies = ({ metric, endpoint }: FeedbackRow, paired: Paired): boolean =>
  metric === LABEL_METRIC && paired.has(endpoint);

type Paired = ReturnType<typeof pairedRollouts>;

/** The answer of a copy under the prediction it is a copy of; none when nothing names that. */
function copiedAnswer(told: ToldCopy, state: State): readonly CopiedAnswer[] {
  const { nonce, ...answer } = told;
  const key = predictionKeyOf(nonce);
  if (key.type !== 'prediction') return [];
  const { maker, number } = key;
  const unitStretch = stretchAt(told.at, unitWidthMs(bucketMsOf(state, told.rollout)));
  return [{ ...answer, maker, number, unitStretch }];
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
    const rollout = span === null ? null : routeOfUnit(span, about.unit).route.rollout;
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
