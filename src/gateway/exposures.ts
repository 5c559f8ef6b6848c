import { unitWidthMs } from '../core/feedback/maturity.ts';
import { instant } from '../core/lib/units.ts';
import { isContested } from '../core/routing/table.ts';
import type { Route } from '../core/routing/table.ts';
import type { Clock } from '../ports/clock.ts';
import { EXPOSURE_GROUPS_MAX } from '../protocol/feed/feedback.ts';
import type { ExposureGroup } from '../protocol/feed/feedback.ts';

/** The units of one arm of a rollout that this gateway has seen. */
export type ExposureSlot = {
  readonly rollout: string;
  readonly arm: string;
  /** Who is seen in two segments is told of in both; absent: segments are not told apart. */
  readonly segment?: string;
  readonly widthMs: number;
  /** Units that control has been told of, or will be. */
  readonly seen: Set<number>;
  /** Where units seen now are put; null: nowhere yet. */
  group: Group | null;
};

type Group = { readonly slot: ExposureSlot; readonly start: number; readonly units: number[] };

/**
 * Tells control of every unit of a rollout once, so that units are known which nothing ever comes
 * back about: the denominator of every result. A unit that is told twice counts once: what is
 * forgotten here, for want of room, does no harm.
 */
export class Exposures {
  readonly #clock: Clock;
  readonly #unitsMax: number;
  readonly #waitingMax: number;
  readonly #slots = new Map<string, ExposureSlot>();
  #groups = new Map<string, Group>();
  #waiting = 0;
  #dropped = 0;

  constructor(options: {
    readonly clock: Clock;
    /** Units remembered for each arm. */
    readonly exposedMax: number;
    /** Units that wait for control. */
    readonly exposuresWaitingMax: number;
  }) {
    this.#clock = options.clock;
    this.#unitsMax = options.exposedMax;
    this.#waitingMax = options.exposuresWaitingMax;
  }

  /** Units that control has not been told of yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Units that could not be kept for control, so far; they are told when they come again. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * The slot of an arm, the same one over any number of tables; null outside any rollout, and while
   * no candidate has traffic.
   */
  slot(route: Route, armIndex: number, segment: string | null = null): ExposureSlot | null {
    const { rollout, bucketMs, arms } = route;
    const arm = arms[armIndex]?.name;
    if (rollout === null || arm === undefined || !isContested(route)) return null;
    const name = JSON.stringify([rollout, arm, segment]);
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const place = { rollout, arm, ...(segment === null ? {} : { segment }) };
    const widthMs = unitWidthMs(bucketMs);
    const slot = { ...place, widthMs, seen: new Set<number>(), group: null };
    this.#slots.set(name, slot);
    return slot;
  }

  /** Forgets the units of rollouts that no route has any more. */
  keepOnly(rollouts: ReadonlySet<string>): void {
    for (const [name, slot] of this.#slots)
      if (!rollouts.has(slot.rollout)) this.#slots.delete(name);
  }

  /** A unit was assigned to this arm. */
  see(slot: ExposureSlot, unit: number): void {
    const { seen } = slot;
    if (seen.has(unit)) return;
    if (this.#waiting >= this.#waitingMax) {
      this.#dropped += 1;
      return;
    }
    if (seen.size >= this.#unitsMax) seen.clear();
    seen.add(unit);
    this.#waiting += 1;
    const start = Math.floor(this.#clock.now() / slot.widthMs) * slot.widthMs;
    if (slot.group?.start !== start) slot.group = this.#groupOf(slot, start);
    slot.group.units.push(unit);
  }

  #groupOf(slot: ExposureSlot, start: number): Group {
    const name = groupName(slot, start);
    const group = this.#groups.get(name) ?? { slot, start, units: [] };
    this.#groups.set(name, group);
    return group;
  }

  /** Up to so many units to tell of, the oldest first. */
  next(unitsMax: number): ExposureGroup[] {
    const groups: ExposureGroup[] = [];
    let left = unitsMax;
    for (const { slot, start, units } of this.#groups.values()) {
      if (left <= 0 || groups.length === EXPOSURE_GROUPS_MAX) break;
      const { seen: _seen, widthMs: _widthMs, group: _group, ...place } = slot;
      groups.push({ ...place, at: instant(start), units: units.slice(0, left) });
      left -= units.length;
    }
    return groups;
  }

  /** Control has stored these. */
  confirm(groups: readonly ExposureGroup[]): void {
    for (const { units, ...told } of groups) {
      const name = groupName(told, told.at);
      const group = this.#groups.get(name);
      if (group === undefined) continue;
      group.units.splice(0, units.length);
      if (group.units.length === 0) {
        this.#groups.delete(name);
        if (group.slot.group === group) group.slot.group = null;
      }
      this.#waiting -= units.length;
    }
  }
}

const groupName = (
  { rollout, arm, segment }: Pick<ExposureSlot, 'rollout' | 'arm' | 'segment'>,
  start: number,
): string => JSON.stringify([rollout, arm, segment ?? null, start]);
