import { FEEDBACK_TAKEN_MS } from '../core/feedback/retention.ts';
import type { Clock } from '../ports/clock.ts';
import { Fault, faultBody } from '../protocol/errors.ts';
import type { FeedbackAnswer, FeedbackError } from '../protocol/feedback/answer.ts';
import { FEEDBACK_ERRORS_MAX, NDJSON_TYPE } from '../protocol/feedback/answer.ts';
import { readFeedbackItem } from '../protocol/feedback/item.ts';
import type { PredictionNamed, UnitNamed } from '../protocol/feedback/item.ts';
import { parseJson, utf8Text } from '../protocol/inference/json-body.ts';
import { isPredictionIdLike, readPredictionId } from '../protocol/inference/prediction-id.ts';
import type { Mac, OriginCache } from '../protocol/inference/prediction-id.ts';
import { admitMediaType } from './admit.ts';
import { jsonAnswer } from './exchange.ts';
import type { Answer, GatewayRequest, Headers } from './exchange.ts';
import type { FeedbackBuffer, Waiting } from './feedback-buffer.ts';

/** What taking feedback needs. */
export type FeedbackDeskParts = {
  readonly clock: Clock;
  readonly mac: Mac;
  readonly buffer: FeedbackBuffer;
  readonly isEndpoint: (name: string) => boolean;
  /** Something waits to be sent. */
  readonly hurry: () => void;
  /** How long an answer waits for control to store what was sent. */
  readonly feedbackWaitMs: number;
  readonly feedbackLinesMax: number;
};

/** Lines that are read in one go: predictions must not wait for longer than these take. */
const LINES_AT_ONCE = 100;
/** A prediction may seem to come from the future by this: clocks differ. */
const AHEAD_MS = 300_000;
const NEWLINE = 0x0a;
const STATUS = { stored: 200, accepted: 202, refused: 400 } as const;

/** Takes `POST /v1/feedback`: reads, verifies, and waits for control to have it. */
export class FeedbackDesk {
  readonly #parts: FeedbackDeskParts;
  readonly #origins: OriginCache = new Map();

  constructor(parts: FeedbackDeskParts) {
    this.#parts = parts;
  }

  /** Answers one piece of JSON, or a batch of lines. Rejects with the `Fault` of the one piece. */
  async take({ headers, body, signal }: GatewayRequest): Promise<Answer> {
    if (isBatch(headers)) return this.#batch(body, signal);
    admitMediaType(headers);
    this.#reserve(1);
    this.#parts.buffer.release(1);
    const piece = this.#read(parseJson(utf8Text(body), false));
    return this.#answer({ pieces: [piece], errors: [], refused: 0 });
  }

  async #batch(body: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const lines = linesOf(body, this.#parts.feedbackLinesMax);
    this.#reserve(lines.length);
    // Nobody comes between giving the room back and taking it.
    const read = await this.#readAll(lines, signal).finally(() => {
      this.#parts.buffer.release(lines.length);
    });
    return this.#answer(read);
  }

  async #readAll(lines: readonly Line[], signal: AbortSignal): Promise<Read> {
    const read = { pieces: [] as Waiting[], errors: [] as FeedbackError[], refused: 0 };
    for (const [index, { number, bytes }] of lines.entries()) {
      if (index > 0 && index % LINES_AT_ONCE === 0) await this.#parts.clock.sleep(0, signal);
      try {
        read.pieces.push(this.#read(parseJson(utf8Text(bytes), false)));
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        read.refused += 1;
        if (read.errors.length < FEEDBACK_ERRORS_MAX) read.errors.push(errorOf(number, error));
      }
    }
    return read;
  }

  #reserve(pieces: number): void {
    const { buffer } = this.#parts;
    if (buffer.reserve(pieces)) return;
    const what = `${buffer.waiting} pieces of feedback wait for control already`;
    throw new Fault('FEEDBACK_BUFFER_FULL', what);
  }

  #read(value: unknown): Waiting {
    const { about, metric, value: given, id } = readFeedbackItem(value);
    const said = { metric, value: given, id, receivedAt: this.#parts.clock.now() };
    return { said, about: about.type === 'unit' ? this.#unit(about) : this.#prediction(about) };
  }

  #unit(about: UnitNamed): Waiting['about'] {
    if (!this.#parts.isEndpoint(about.endpoint)) {
      throw new Fault('ENDPOINT_UNKNOWN', `no endpoint is named ${about.endpoint}`, 'endpoint');
    }
    if (about.at > this.#parts.clock.now() + AHEAD_MS) {
      throw new Fault('FEEDBACK_INVALID', 'the prediction is yet to be made', 'at');
    }
    this.#requireYoung(about.at, 'at');
    return about;
  }

  #prediction({ id }: PredictionNamed): Waiting['about'] {
    const path = 'prediction_id';
    const identity = readPredictionId(id, this.#parts.mac, this.#origins);
    if (identity === null) {
      if (isPredictionIdLike(id)) throw new Fault('PREDICTION_ID_FORGED', 'not signed here', path);
      throw new Fault('PREDICTION_ID_MALFORMED', 'this is no whole prediction id', path);
    }
    const { origin, nonce, unit, at, predicted } = identity;
    this.#requireYoung(at, path);
    return { type: 'prediction', origin, nonce, unit, at, predicted };
  }

  #requireYoung(at: number, path: string): void {
    if (at >= this.#parts.clock.now() - FEEDBACK_TAKEN_MS) return;
    const day = new Date(at).toISOString().slice(0, 10);
    throw new Fault('PREDICTION_EXPIRED', `the prediction is of ${day}`, path);
  }

  async #answer({ pieces, errors, refused }: Read): Promise<Answer> {
    const state = pieces.length === 0 ? 'refused' : await this.#handOn(pieces);
    const answer: FeedbackAnswer = { state, taken: pieces.length, refused, errors };
    const [first] = state === 'refused' ? errors : [];
    return jsonAnswer({ ...answer, ...(first && faultOf(first)) }, STATUS[state]);
  }

  /** Hands pieces on, and waits a while for control to have them. */
  async #handOn(pieces: readonly Waiting[]): Promise<'stored' | 'accepted'> {
    const { buffer, clock, hurry, feedbackWaitMs } = this.#parts;
    const ticket = buffer.push(pieces);
    hurry();
    const done = new AbortController();
    let isStored = false;
    const leave = buffer.watch(ticket, () => {
      isStored = true;
      done.abort();
    });
    if (!isStored) await clock.sleep(feedbackWaitMs, done.signal);
    leave();
    return isStored ? 'stored' : 'accepted';
  }
}

/** Whether the body is lines of JSON. Faults: MEDIA_TYPE_UNSUPPORTED for a charset of its own. */
function isBatch(headers: Headers): boolean {
  const [type = '', parameter] = (headers.get('content-type') ?? '').toLowerCase().split(';');
  if (type.trim() !== NDJSON_TYPE) return false;
  if (parameter === undefined || /^\s*charset="?utf-?8"?\s*$/.test(parameter)) return true;
  throw new Fault('MEDIA_TYPE_UNSUPPORTED', 'text is UTF-8 here');
}

/** What a body held. */
type Read = {
  readonly pieces: readonly Waiting[];
  readonly errors: readonly FeedbackError[];
  readonly refused: number;
};

type Line = { readonly number: number; readonly bytes: Uint8Array };

/** The lines that are not blank, with their numbers. */
function linesOf(body: Uint8Array, linesMax: number): readonly Line[] {
  const lines: Line[] = [];
  let number = 0;
  for (let from = 0; from < body.length;) {
    const end = body.indexOf(NEWLINE, from);
    const to = end < 0 ? body.length : end;
    number += 1;
    const bytes = body.subarray(from, to);
    if (bytes.some((byte) => byte > 0x20)) lines.push({ number, bytes });
    if (lines.length > linesMax) {
      throw new Fault('FEEDBACK_TOO_MANY', `there are more than ${linesMax} lines`);
    }
    from = to + 1;
  }
  if (lines.length > 0) return lines;
  throw new Fault('REQUEST_MALFORMED', 'there is not a single line');
}

const errorOf = (line: number, { code, message, path }: Fault): FeedbackError => ({
  line,
  code,
  error: message,
  path,
});

/** What a client says that knows nothing of lines. */
const faultOf = ({ line, code, error, path }: FeedbackError): object =>
  faultBody(new Fault(code, `line ${line}: ${error}`, path));
