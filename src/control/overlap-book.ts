import type { Instant } from '../core/lib/units.ts';
import { WHOLE_BPS } from '../core/lib/units.ts';
import { contendersOf } from '../core/rollout/contenders.ts';
import { isFinal } from '../core/rollout/rollout.ts';
import type { Rollout } from '../core/rollout/rollout.ts';
import { candidateShare } from '../core/rollout/share.ts';
import type { Clock } from '../ports/clock.ts';
import type { GatewayReport, RunnerUse } from '../protocol/feed/report.ts';
import { forgetFirst } from './use-book.ts';

/** What it cost that a rollout had more than one version loaded. */
export type Overlap = {
  /** Nothing is known of before: control may have been started again. */
  readonly since: Instant;
  /** Time of the versions that were loaded beside the one it takes, over all gateways. */
  readonly versionMs: number;
  /** Their memory over that time. */
  readonly byteMs: number;
};

/** Rollouts of which it is remembered; the oldest are forgotten. */
const ROLLOUTS_MAX = 500;
const INSTANCES_MAX = 256;
/** A gateway that was silent for longer is not charged for the time. */
const SILENT_MS = 10_000;

/**
 * Counts what the second environment of each rollout costs while it lasts, from what gateways say
 * of their processes: the candidates before they have everything, and the baseline that is kept
 * warm afterwards. Lives in memory.
 */
export class OverlapBook {
  readonly #clock: Clock;
  readonly #overlaps = new Map<string, Overlap>();
  readonly #heardMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes note of a report: what is loaded now has been since the last one. */
  hear({ gateway, instance, runners = [] }: GatewayReport, rollouts: readonly Rollout[]): void {
    const nowMs = this.#clock.monotonicMs();
    const name = JSON.stringify([gateway, instance]);
    const passedMs = nowMs - (this.#heardMs.get(name) ?? nowMs);
    this.#heardMs.delete(name);
    this.#heardMs.set(name, nowMs);
    forgetFirst(this.#heardMs, INSTANCES_MAX);
    const uses = new Map(runners.map((use) => [use.digest, use]));
    for (const rollout of rollouts) {
      const spare = spareOf(rollout, uses);
      if (spare.length > 0 && passedMs < SILENT_MS) this.#add(rollout, spare, passedMs);
    }
  }

  /** What a rollout's overlap has cost so far, or did; null: nothing is known of it. */
  of({ id }: Pick<Rollout, 'id'>): Overlap | null {
    return this.#overlaps.get(id) ?? null;
  }

  #add({ id }: Rollout, spare: readonly RunnerUse[], passedMs: number): void {
    const before = this.#overlaps.get(id);
    const { since, versionMs, byteMs } = before ?? {
      since: this.#clock.now(),
      versionMs: 0,
      byteMs: 0,
    };
    const bytes = spare.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
    this.#overlaps.set(id, {
      since,
      versionMs: versionMs + spare.length * passedMs,
      byteMs: byteMs + bytes * passedMs,
    });
    forgetFirst(this.#overlaps, ROLLOUTS_MAX);
  }
}

/** What a gateway has loaded of a rollout beside the version one would do with. */
function spareOf(rollout: Rollout, uses: ReadonlyMap<string, RunnerUse>): readonly RunnerUse[] {
  if (isFinal(rollout)) return [];
  const candidates = contendersOf(rollout).flatMap(({ version }) => uses.get(version.digest) ?? []);
  const baseline = uses.get(rollout.baseline.digest);
  if (baseline === undefined || candidates.length === 0) return [];
  // Whoever has everything is what one would do with: then the former one is the spare.
  return candidateShare(rollout) < WHOLE_BPS ? candidates : [baseline, ...candidates.slice(1)];
}
