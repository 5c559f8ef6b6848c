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

/** How far one process had come. */
export type ProcessMark = {
  readonly gateway: string;
  readonly instance: string;
  /**
   * Its newest window that was in, of each arm under each revision of the route: its clock may be
   * set back, but there it never opens an earlier bucket.
   */
  readonly through: readonly SlotMark[];
};

/** The newest bucket of an arm under one revision of the route. */
export type SlotMark = {
  /** Whether it served the rollout, or was the baseline before it. */
  readonly served: 'rollout' | 'before';
  readonly revision: number;
  readonly arm: string;
  readonly start: Instant;
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

function marked(marks: readonly ProcessMark[], sent: SentWindow): readonly ProcessMark[] {
  const { gateway, instance } = sent;
  const mark = markOf(marks, sent);
  const slot = slotOf(sent.window);
  const known = mark?.through ?? [];
  if (known.some((one) => isSameSlot(one, slot) && one.start >= slot.start)) return marks;
  const through = [...known.filter((one) => !isSameSlot(one, slot)), slot];
  // The one that spoke last comes first.
  return [{ gateway, instance, through }, ...marks.filter((one) => one !== mark)];
}

const slotOf = ({ rollout, revision, arm, start }: Window): SlotMark => ({
  served: rollout === null ? 'before' : 'rollout',
  revision,
  arm,
  start,
});

const isSameSlot = (a: SlotMark, b: SlotMark): boolean =>
  a.served === b.served && a.revision === b.revision && a.arm === b.arm;

const markOf = (
  marks: readonly ProcessMark[],
  { gateway, instance }: SentWindow,
): ProcessMark | undefined =>
  marks.find((one) => one.gateway === gateway && one.instance === instance);

/** Whether a window had come, by how far its process had. */
export function hadCome({ processes }: Grounds, sent: SentWindow): boolean {
  const slot = slotOf(sent.window);
  const through = markOf(processes, sent)?.through ?? [];
  return through.some((one) => isSameSlot(one, slot) && slot.start <= one.start);
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
