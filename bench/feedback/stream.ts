import { FeedbackBuffer } from '../../src/gateway/feedback-buffer.ts';
import { FeedbackDesk } from '../../src/gateway/feedback-desk.ts';
import { FeedbackLoop } from '../../src/gateway/feedback-loop.ts';
import { CopiedAnswers } from '../../src/gateway/copied-answers.ts';
import { Exposures } from '../../src/gateway/exposures.ts';
import { gatewayLimits } from '../../src/gateway/limits.ts';
import { createMac } from '../../src/gateway/mac.ts';
import { OutcomeBook } from '../../src/control/outcome-book.ts';
import { receiveFeedback } from '../../src/control/feedback.ts';
import { loadState } from '../../src/control/state.ts';
import { SpanBook } from '../../src/control/span-book.ts';
import { bps, instant } from '../../src/core/lib/units.ts';
import type { Feed } from '../../src/ports/feed.ts';
import type { Store } from '../../src/ports/store.ts';
import { parseFeedbackBatch } from '../../src/protocol/feed/feedback.ts';
import type { FeedbackBatch } from '../../src/protocol/feed/feedback.ts';
import type { FeedbackAnswer } from '../../src/protocol/feedback/answer.ts';
import { predictedText } from '../../src/protocol/inference/predicted-text.ts';
import {
  makePredictionId,
  predictionIdPrefix,
  predictionMoment,
} from '../../src/protocol/inference/prediction-id.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';

const DAY_MS = 86_400_000;
const HISTORY_DAYS = 60;
const UNITS = 200_000;
const GATEWAYS = ['0a1b2c3d4e5f', 'zz9y8x7w6v5u'];
/** Coprime with every count of labels that is a power of ten: walks through all of them once. */
const STRIDE = 7_368_787;

/** A stream of labels: every prediction is labelled, in no order, some of them twice. */
export type Stream = {
  readonly labels: number;
  readonly linesPerBatch: number;
  /** One in so many lines is sent once more. */
  readonly repeatEvery: number;
};

/** Everything a label passes on its way to the disk, in one process. */
export type Way = { readonly send: (lines: string) => Promise<FeedbackAnswer> };

/** The parts of gateway and control that feedback passes, joined by what they say as JSON. */
export async function openWay(
  store: Store,
): Promise<Way & { readonly close: () => Promise<void> }> {
  const clock = systemClock;
  const state = await loadState(store);
  const control = {
    store,
    clock,
    journal: { state: () => state } as Parameters<typeof receiveFeedback>[0]['journal'],
    spans: new SpanBook(store),
    outcomes: new OutcomeBook(store),
  };
  const feed: Pick<Feed, 'feedback'> = {
    feedback: (batch) =>
      receiveFeedback(control, parseFeedbackBatch(JSON.parse(JSON.stringify(batch)))),
  };
  const buffer = new FeedbackBuffer(gatewayLimits.feedbackMax);
  const exposures = new Exposures({ clock, ...gatewayLimits });
  const loop = new FeedbackLoop({
    feed: feed as Feed,
    clock,
    log: { info: ignore, warn: ignore, error: ignore },
    gateway: 'g1',
    instance: GATEWAYS[0] ?? '',
    buffer,
    exposures,
    copied: new CopiedAnswers(),
    reportMs: gatewayLimits.reportMs,
  });
  const desk = new FeedbackDesk({
    ...gatewayLimits,
    feedbackWaitMs: 60_000,
    clock,
    mac,
    buffer,
    isEndpoint: () => true,
    hurry: () => loop.hurry(),
  });
  const stopped = new AbortController();
  const running = loop.run(stopped.signal);
  const headers = new Map([['content-type', 'application/x-ndjson']]);
  const { signal } = new AbortController();
  return {
    send: async (lines) => {
      const body = new TextEncoder().encode(lines);
      const target = '/v1/feedback';
      const answer = await desk.take({ method: 'POST', target, headers, body, signal });
      return JSON.parse(String(answer.body)) as FeedbackAnswer;
    },
    close: async () => {
      stopped.abort();
      await running;
    },
  };
}

const ignore = (): void => undefined;
const mac = createMac(Buffer.alloc(32, 7));
const prefixes = ['baseline', 'candidate'].map((arm, index) =>
  predictionIdPrefix({
    endpoint: 'risk',
    arm,
    version: index + 1,
    generation: 12,
    rollout: 'r-2026-10-01-ab12',
    revision: 3,
    assigned: arm,
    shareBps: index === 0 ? 9_000 : 1_000,
  }),
);

/** The line that labels one prediction: the same one for the same number, whenever it is made. */
function lineOf(number: number, labels: number, nowMs: number): string {
  const maker = GATEWAYS[number % GATEWAYS.length] ?? '';
  const at = instant(nowMs - (number / labels) * HISTORY_DAYS * DAY_MS - DAY_MS);
  const score = ((number * 7_919) % 10_007) / 10_007;
  const named = score > 0.5 ? '1' : '0';
  const truth = (number * 104_729) % 10 < 8 ? named : 1 - Number(named);
  const answer = {
    moment: predictionMoment(at, maker + number.toString(36)),
    unit: (number % UNITS) * 45_035_996_273,
    predicted: predictedText(named, { kind: 'positive', value: score }),
  };
  const prefix = prefixes[number % 10 === 0 ? 1 : 0] ?? '';
  const id = makePredictionId(prefix, answer, mac);
  return `{"prediction_id":"${id}","label":${truth}}`;
}

/** Batches of the stream, made when they are asked for: nothing of it is held. */
export function* batchesOf(stream: Stream, nowMs: number): Generator<string> {
  const { labels, linesPerBatch, repeatEvery } = stream;
  let lines: string[] = [];
  for (let n = 0; n < labels; n += 1) {
    const number = (n * STRIDE) % labels;
    lines.push(lineOf(number, labels, nowMs));
    // Repeats come long after the first, too: of a line sent a third of the stream ago.
    if (n % repeatEvery === 0) {
      const before = ((n - Math.floor(labels / 3) + labels) * STRIDE) % labels;
      lines.push(lineOf(before, labels, nowMs));
    }
    if (lines.length < linesPerBatch) continue;
    yield `${lines.join('\n')}\n`;
    lines = [];
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`;
}

/** As many labels as they come, of the last ten minutes, in batches as gateways hand them on. */
export function batchesFor(labels: number, piecesPerBatch: number): readonly FeedbackBatch[] {
  const nowMs = Date.now();
  return Array.from({ length: Math.ceil(labels / piecesPerBatch) }, (_, sequence) => ({
    schema: 1,
    gateway: 'g1',
    instance: GATEWAYS[0] ?? '',
    sequence,
    origins: [BASELINE],
    feedback: Array.from({ length: piecesPerBatch }, (_piece, place) => {
      const number = sequence * piecesPerBatch + place;
      return {
        about: {
          type: 'prediction',
          origin: 0,
          nonce: (GATEWAYS[0] ?? '') + number.toString(36),
          unit: (number % UNITS) * 45_035_996_273,
          at: instant(nowMs - ((number * 7_919) % RECENT_MS)),
          predicted: { label: '1', score: { kind: 'positive', value: 0.75 } },
        },
        metric: 'label',
        value: number % 7 === 0 ? '0' : '1',
        id: null,
        receivedAt: instant(nowMs),
      };
    }),
    exposures: [],
    exposuresDropped: 0,
  }));
}

const RECENT_MS = 600_000;
const BASELINE = {
  endpoint: 'risk',
  arm: 'baseline',
  version: 1,
  generation: 12,
  rollout: 'r-2026-10-01-ab12',
  revision: 3,
  assigned: 'baseline',
  shareBps: bps(9_000),
};
