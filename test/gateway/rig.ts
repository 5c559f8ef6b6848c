import { createFunctionBackend } from '../../src/adapters/backend/function.ts';
import type { FunctionModel } from '../../src/adapters/backend/function.ts';
import type { Observation } from '../../src/core/telemetry/observation.ts';
import type { RoutingTable } from '../../src/core/routing/table.ts';
import type { Window } from '../../src/core/telemetry/window.ts';
import type { TableFiles } from '../../src/gateway/deps.ts';
import type { Answer } from '../../src/gateway/exchange.ts';
import { createGateway } from '../../src/gateway/gateway.ts';
import type { Gateway } from '../../src/gateway/gateway.ts';
import type { GatewayLimits } from '../../src/gateway/limits.ts';
import type { ReadGolden } from '../../src/gateway/proofs.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Entropy } from '../../src/ports/entropy.ts';
import type { Feed } from '../../src/ports/feed.ts';
import type { PairSink } from '../../src/ports/pair-sink.ts';
import type { PredictionSink } from '../../src/ports/prediction-sink.ts';
import type { ModelBackend } from '../../src/ports/model-backend.ts';
import type { FeedbackBatch } from '../../src/protocol/feed/feedback.ts';
import type { GatewayReport } from '../../src/protocol/feed/report.ts';
import type { Tensor } from '../../src/protocol/inference/tensor.ts';
import { createKeyedDigest } from '../../src/runtime/keyed-digest.ts';

/** Control's side of a feed in memory, with switches for what may go wrong. */
export type MemoryFeed = Feed & {
  publish(table: unknown): void;
  readonly reports: GatewayReport[];
  readonly fedBack: FeedbackBatch[];
  /** While true, all calls reject. */
  isAway: boolean;
};

/** A feed that hands out tables and keeps reports. */
export function createMemoryFeed(): MemoryFeed {
  let newest: unknown = null;
  const waiting = new Set<() => void>();
  const generation = (): number =>
    (newest as { readonly generation?: number } | null)?.generation ?? -1;
  const feed: MemoryFeed = {
    isAway: false,
    reports: [],
    fedBack: [],
    publish: (table) => {
      newest = table;
      for (const wake of waiting) wake();
    },
    table: async (after, signal) => {
      if (feed.isAway) throw new Error('away');
      const isNewer = (): boolean => newest !== null && generation() > after;
      while (!isNewer()) {
        await new Promise<void>((resolve) => {
          waiting.add(resolve);
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
        waiting.clear();
        if (signal.aborted) return null;
      }
      return newest as RoutingTable;
    },
    report: (report) => {
      if (feed.isAway) return Promise.reject(new Error('away'));
      feed.reports.push(report);
      return Promise.resolve();
    },
    feedback: (batch) => {
      if (feed.isAway) return Promise.reject(new Error('away'));
      feed.fedBack.push(batch);
      return Promise.resolve();
    },
  };
  return feed;
}

/** Files in memory. */
export function createMemoryFiles(): TableFiles & { readonly content: Map<string, Uint8Array> } {
  const content = new Map<string, Uint8Array>();
  return {
    content,
    read: (name) => Promise.resolve(content.get(name) ?? null),
    write: (name, bytes) => {
      content.set(name, bytes);
      return Promise.resolve();
    },
  };
}

/** Chance that is the same every time, and differs from draw to draw. */
export function createCountingEntropy(): Entropy {
  let state = 1;
  return {
    bytes: (count) =>
      Uint8Array.from({ length: count }, () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state >>> 24;
      }),
  };
}

/** A log that keeps what it is told. */
export function createMemoryLog() {
  const lines: string[] = [];
  const keep = (_fields: object, message: string): void => {
    lines.push(message);
  };
  return { info: keep, warn: keep, error: keep, lines };
}

/** The sums of the rows of `x`. */
export function sums([x]: readonly Tensor[]): readonly Tensor[] {
  const rows = x?.shape[0] ?? 0;
  const data = Float32Array.from(
    { length: rows },
    (_none, row) => Number(x?.data[row * 2]) + Number(x?.data[row * 2 + 1]),
  );
  return [{ name: 'sum', datatype: 'FP32', shape: [rows, 1], data }];
}

/** A model that adds. */
export const adding: FunctionModel = { predict: ({ inputs }) => sums(inputs) };

/** The secret of every rig. */
/** Tests that are about something else copy all there is to copy. */
const COPY_PROCESSORS = 1_000;
export const RIG_SECRET = '42'.repeat(32);

/** A gateway in one process with everything around it in the hands of the test. */
export type Rig = {
  readonly gateway: Gateway;
  readonly feed: MemoryFeed;
  readonly files: ReturnType<typeof createMemoryFiles>;
  readonly log: ReturnType<typeof createMemoryLog>;
  /** What each version does; may be changed before it is loaded. */
  readonly models: Map<number, FunctionModel>;
  ask(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** What the gateway says of itself to Prometheus. */
  metrics(): Promise<string>;
  /** Every window reported so far, the newest state of each. */
  windows(): readonly Window[];
};

/** An answer with its body parsed and its headers by name. */
export type Reply = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly json: Readonly<Record<string, unknown>>;
};

/** Makes a rig on a clock; versions without a model of their own add. */
export function createRig(options: {
  readonly clock: Clock;
  readonly limits?: Partial<GatewayLimits>;
  readonly files?: ReturnType<typeof createMemoryFiles>;
  readonly backend?: ModelBackend;
  readonly pairs?: PairSink;
  readonly predictions?: PredictionSink;
  readonly golden?: ReadGolden;
}): Rig {
  const { clock } = options;
  const models = new Map<number, FunctionModel>();
  const feed = createMemoryFeed();
  const files = options.files ?? createMemoryFiles();
  const log = createMemoryLog();
  const modelOf = ({ version }: { readonly version: number }): FunctionModel =>
    models.get(version) ?? adding;
  const gateway = createGateway({
    name: 'g1',
    version: '0.0.0',
    backend: options.backend ?? createFunctionBackend({ clock, modelOf }),
    feed,
    clock,
    entropy: createCountingEntropy(),
    secret: RIG_SECRET,
    files,
    log,
    limits: { copyProcessors: COPY_PROCESSORS, ...options.limits },
    ...(options.golden === undefined ? {} : { golden: options.golden }),
    ...(options.pairs === undefined ? {} : { pairs: options.pairs }),
    ...(options.predictions === undefined
      ? {}
      : { predictions: { sink: options.predictions, digest: createKeyedDigest(RIG_SECRET) } }),
  });
  const ask: Rig['ask'] = async (path, body, headers = {}) =>
    replyOf(
      await gateway.handle({
        method: body === undefined ? 'GET' : 'POST',
        target: path,
        headers: new Map(Object.entries(headers)),
        body: bytesOf(body),
        signal: new AbortController().signal,
      }),
    );
  const metrics = async (): Promise<string> => {
    const { body } = await gateway.handle({
      method: 'GET',
      target: '/metrics',
      headers: new Map(),
      body: new Uint8Array(),
      signal: new AbortController().signal,
    });
    return String(body);
  };
  const windows = (): readonly Window[] => feed.reports.flatMap((report) => report.windows);
  return { gateway, feed, files, log, models, ask, metrics, windows };
}

function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  if (body === undefined) return new Uint8Array();
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
}

function replyOf({ status, headers, body }: Answer): Reply {
  const byName = new Map<string, string>();
  for (let at = 0; at + 1 < headers.length; at += 2) {
    byName.set(headers[at] ?? '', headers[at + 1] ?? '');
  }
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const isJson = byName.get('content-type') === 'application/json';
  return { status, headers: byName, json: isJson ? JSON.parse(text) : {} };
}

/** An infer request for rows of two numbers. */
export const inferBody = (...rows: readonly (readonly [number, number])[]) => ({
  inputs: [{ name: 'x', shape: [rows.length, 2], datatype: 'FP32', data: rows.flat() }],
});

/** An observation that went well. */
export const goodObservation = (unit: number): Observation => ({
  unit,
  outcome: 'ok',
  latencyMs: 1,
  fallback: false,
});
