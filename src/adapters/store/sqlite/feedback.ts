import type { SQLOutputValue } from 'node:sqlite';
import type { Cohort, CohortKey } from '../../../core/feedback/cohort.ts';
import type { FeedbackKey, FeedbackRow, Stretch } from '../../../core/feedback/feedback.ts';
import { PAIR_HALVES_MAX } from '../../../core/feedback/pair.ts';
import type { PairHalf } from '../../../core/feedback/pair.ts';
import { addSeen, CHUNK_NUMBERS, emptyChunk } from '../../../core/feedback/seen.ts';
import { instant } from '../../../core/lib/units.ts';
import type { Change } from '../../../ports/store.ts';
import { foldChange } from '../feedback-shelf.ts';
import type { FeedbackShelf, UnitScope } from '../feedback-shelf.ts';
import type { Prepare } from './write.ts';

const GET_SEEN = 'SELECT body FROM feedback_seen WHERE maker = ? AND metric = ? AND chunk = ?';
const PUT_SEEN = `INSERT INTO feedback_seen (maker, metric, chunk, newest_at, body)
  VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET body = excluded.body, newest_at = max(newest_at, excluded.newest_at)`;
const PUT_OWN = `INSERT INTO feedback_own (endpoint, metric, id, at) VALUES (?, ?, ?, ?)
  ON CONFLICT DO NOTHING`;
const GET_COHORT = `SELECT body FROM feedback_cohort WHERE endpoint = ? AND rollout = ?
  AND start = ? AND arm = ? AND revision = ? AND version = ? AND metric = ? AND width_ms = ?`;
const PUT_COHORT = `INSERT INTO feedback_cohort
  (endpoint, rollout, start, arm, revision, version, metric, width_ms, body)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET body = excluded.body`;
const GET_SCOPE = `SELECT id FROM feedback_scope
  WHERE rollout = ? AND arm = ? AND metric = ? AND segment = ?`;
const PUT_SCOPE = 'INSERT INTO feedback_scope (rollout, arm, metric, segment) VALUES (?, ?, ?, ?)';
const GET_UNIT =
  'SELECT events, sum, start, width_ms FROM feedback_unit WHERE scope = ? AND unit = ?';
const PUT_UNIT = `INSERT INTO feedback_unit (scope, unit, events, sum, start, width_ms)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET events = excluded.events, sum = excluded.sum`;
const ADD_TOTALS = `INSERT INTO feedback_total
  (scope, start, width_ms, units, answered, events, sum, squares, events_squares, products)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET units = units + excluded.units, answered = answered + excluded.answered,
    events = events + excluded.events, sum = sum + excluded.sum,
    squares = squares + excluded.squares,
    events_squares = events_squares + excluded.events_squares,
    products = products + excluded.products`;

const GET_HALVES = 'SELECT body FROM feedback_half WHERE maker = ? AND number = ?';
const PUT_HALF = `INSERT INTO feedback_half (maker, number, arm, at, body) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`;
const DROP_HALVES = `DELETE FROM feedback_half
  WHERE position <= (SELECT max(position) FROM feedback_half) - ?`;
/** The oldest are looked at only: nobody waits for all of them to be read. */
const OLDEST_HALVES = 'SELECT position FROM feedback_half ORDER BY position LIMIT 50000';

/** Rollouts of which all units were first seen before a moment. */
const OLD_SCOPES = `SELECT id FROM feedback_scope WHERE rollout NOT IN
  (SELECT s.rollout FROM feedback_scope s JOIN feedback_total t ON t.scope = s.id
   WHERE t.start >= ?)`;
const FORGET = [
  'DELETE FROM feedback_seen WHERE newest_at < ?',
  'DELETE FROM feedback_own WHERE at < ?',
  'DELETE FROM feedback_cohort WHERE start < ?',
  `DELETE FROM feedback_half WHERE position IN (${OLDEST_HALVES}) AND at < ?`,
  `DELETE FROM feedback_unit WHERE scope IN (${OLD_SCOPES})`,
  `DELETE FROM feedback_total WHERE scope IN (${OLD_SCOPES})`,
];

/** Folds and forgets what a change says of feedback, within its transaction. */
export function writeFeedback(prepare: Prepare, change: Change): void {
  const { feedback, exposures, copies } = change;
  if (feedback.length + exposures.length + copies.length > 0) {
    foldChange(createShelf(prepare), change);
  }
  if (copies.length > 0) prepare(DROP_HALVES).run(PAIR_HALVES_MAX);
  const before = change.feedbackForgottenBefore;
  if (before === null) return;
  for (const sql of FORGET) prepare(sql).run(before);
}

function createShelf(prepare: Prepare): FeedbackShelf {
  const scopes = new Map<string, number>();
  const scopeId = ({ rollout, arm, metric, segment = '' }: UnitScope): number => {
    const place = [rollout, arm, metric, segment] as const;
    const name = place.join('\0');
    const known = scopes.get(name) ?? idOf(prepare(GET_SCOPE).get(...place)?.['id']);
    const id = known ?? Number(prepare(PUT_SCOPE).run(...place).lastInsertRowid);
    scopes.set(name, id);
    return id;
  };
  return {
    markSeen: (rows) => markSeen(prepare, rows),
    cohort: (key) => {
      const row = prepare(GET_COHORT).get(...placeOf(key));
      return row === undefined ? null : (JSON.parse(String(row['body'])) as Cohort);
    },
    putCohort: (cohort) => {
      prepare(PUT_COHORT).run(...placeOf(cohort), JSON.stringify(cohort));
    },
    unit: (scope, unit) => {
      const row = prepare(GET_UNIT).get(scopeId(scope), unit);
      if (row === undefined) return null;
      const stretch = stretchOf(row['start'], row['width_ms']);
      return { events: Number(row['events']), sum: Number(row['sum']), stretch };
    },
    putUnit: (scope, unit, { events, sum, stretch }) => {
      const { start, widthMs } = stretch;
      prepare(PUT_UNIT).run(scopeId(scope), unit, events, sum, start, widthMs);
    },
    addTotals: (added) => {
      const { units, answered, events, sum, sumSquares, eventsSquares, products } = added;
      const { start, widthMs } = added.stretch;
      const figures = [units, answered, events, sum, sumSquares, eventsSquares, products];
      prepare(ADD_TOTALS).run(scopeId(added), start, widthMs, ...figures);
    },
    halves: ({ maker, number }) =>
      prepare(GET_HALVES)
        .all(maker, number)
        .map((row) => JSON.parse(String(row['body'])) as PairHalf),
    putHalf: (half) => {
      const { maker, number, at } = half;
      const arm = half.side === 'copy' ? half.arm : '';
      const { changes } = prepare(PUT_HALF).run(maker, number, arm, at, JSON.stringify(half));
      return Number(changes) === 1;
    },
  };
}

const idOf = (value: SQLOutputValue | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);

/** A stretch from its columns. */
export const stretchOf = (
  start: SQLOutputValue | undefined,
  widthMs: SQLOutputValue | undefined,
): Stretch => ({ start: instant(Number(start)), widthMs: Number(widthMs) });

function placeOf(key: CohortKey): readonly (string | number)[] {
  const { endpoint, rollout, stretch, arm, revision, version, metric } = key;
  const { start, widthMs } = stretch;
  return [endpoint, rollout ?? '', start, arm, revision, version, metric, widthMs];
}

type Numbered = {
  readonly maker: string;
  readonly metric: string;
  readonly chunk: number;
  readonly numbers: number[];
  readonly places: number[];
  newestAt: number;
};

function markSeen(prepare: Prepare, rows: readonly FeedbackRow[]): readonly boolean[] {
  const isNew = rows.map(() => false);
  const chunks = new Map<string, Numbered>();
  rows.forEach((row, place) => {
    const { key, endpoint, metric, at } = row;
    if (key.type === 'own') {
      isNew[place] = prepare(PUT_OWN).run(endpoint, metric, key.id, at).changes !== 0;
    } else {
      const chunk = chunkOf(chunks, key, metric);
      chunk.numbers.push(key.number % CHUNK_NUMBERS);
      chunk.places.push(place);
      chunk.newestAt = Math.max(chunk.newestAt, at);
    }
  });
  for (const numbered of chunks.values()) {
    const { maker, metric, chunk, newestAt } = numbered;
    const body = prepare(GET_SEEN).get(maker, metric, chunk)?.['body'];
    const added = addSeen(
      body instanceof Uint8Array ? wordsOf(body) : emptyChunk,
      numbered.numbers,
    );
    prepare(PUT_SEEN).run(maker, metric, chunk, newestAt, bytesOf(added.chunk));
    numbered.places.forEach((place, index) => {
      isNew[place] = added.isNew[index] === true;
    });
  }
  return isNew;
}

function chunkOf(
  chunks: Map<string, Numbered>,
  { maker, number }: Extract<FeedbackKey, { type: 'prediction' }>,
  metric: string,
): Numbered {
  const chunk = Math.floor(number / CHUNK_NUMBERS);
  const name = `${maker}\0${metric}\0${chunk}`;
  const known = chunks.get(name);
  if (known !== undefined) return known;
  const made: Numbered = { maker, metric, chunk, numbers: [], places: [], newestAt: 0 };
  chunks.set(name, made);
  return made;
}

/** Two bytes a number, whatever boundary the database hands them out on. */
const wordsOf = (bytes: Uint8Array): Uint16Array => new Uint16Array(bytes.slice().buffer);

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
