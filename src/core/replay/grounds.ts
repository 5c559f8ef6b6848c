import type { Instant } from '../lib/units.ts';
import type { Window } from '../telemetry/window.ts';
import { NO_BUCKETS, chainWindows } from './window-table.ts';

/** A window as one process of a gateway sent it. */
export type SentWindow = {
  readonly gateway: string;
  /** Names one life of the gateway's process. */
  readonly instance: string;
  readonly window: Window;
};

/**
 * Which stored windows a judgement rests on, so that they can be told from those that came later,
 * and nobody can change one without its showing.
 */
export type Grounds = {
  /** Start of the newest bucket that was in; null: none was. */
  readonly newest: Instant | null;
  /** The oldest bucket of the baseline from before the rollout that was in; null: none was. */
  readonly before: { readonly start: Instant; readonly version: number } | null;
  /** How far each process of a gateway had come; it sends its windows in the order of time. */
  readonly processes: readonly ProcessMark[];
  /** The chain over all windows that were in; see `chainWindows`. */
  readonly digest: string;
};

/** The newest window of one process that was in, of each kind; null: none was. */
export type ProcessMark = {
  readonly gateway: string;
  readonly instance: string;
  readonly during: Instant | null;
  readonly before: Instant | null;
};

/** Of more processes it is not remembered how far they had come; those that came furthest are. */
export const PROCESSES_MAX = 256;

/** Nothing was in. */
export const NO_GROUNDS: Grounds = {
  newest: null,
  before: null,
  processes: [],
  digest: NO_BUCKETS,
};

/** The grounds with newly closed buckets: all their windows, later than those already in. */
export function extendGrounds(grounds: Grounds, sent: readonly SentWindow[]): Grounds {
  if (sent.length === 0) return grounds;
  const windows = sent.map(({ window }) => window);
  const earlier = windows.filter(({ rollout }) => rollout === null);
  return {
    newest: windows.reduce((newest, { start }) => latest(newest, start), grounds.newest),
    before: earlier.reduce(earliest, grounds.before),
    processes: sent.reduce(marked, grounds.processes).slice(0, PROCESSES_MAX),
    digest: chainWindows(grounds.digest, windows),
  };
}

function marked(
  marks: readonly ProcessMark[],
  { gateway, instance, window }: SentWindow,
): readonly ProcessMark[] {
  const isIt = (one: ProcessMark): boolean => one.gateway === gateway && one.instance === instance;
  const mark = marks.find(isIt) ?? { gateway, instance, during: null, before: null };
  const kind = window.rollout === null ? 'before' : 'during';
  if (mark[kind] !== null && mark[kind] >= window.start) return marks;
  // The one that spoke last comes first.
  return [{ ...mark, [kind]: window.start }, ...marks.filter((one) => !isIt(one))];
}

/** Whether a window had come, by how far its process had. */
export function hadCome(
  { processes }: Grounds,
  { gateway, instance, window }: SentWindow,
): boolean {
  const mark = processes.find((one) => one.gateway === gateway && one.instance === instance);
  const through = window.rollout === null ? mark?.before : mark?.during;
  return through !== undefined && through !== null && window.start <= through;
}

/** Whether a window that had come was in: the newest buckets may have waited for other gateways. */
export function wasIn({ newest, before }: Grounds, window: Window): boolean {
  const { rollout, start, version } = window;
  if (newest === null || start > newest) return false;
  return rollout !== null || (before?.version === version && start >= before.start);
}

const latest = (a: Instant | null, b: Instant): Instant => (a === null || b > a ? b : a);
const earliest = (a: Grounds['before'], { start, version }: Window): Grounds['before'] =>
  a === null || start < a.start ? { start, version } : a;
