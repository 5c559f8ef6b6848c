import type { Instant } from '../core/lib/units.ts';
import { WHOLE_BPS } from '../core/lib/units.ts';
import { contendersOf } from '../core/rollout/contenders.ts';
import { isFinal } from '../core/rollout/rollout.ts';
import type { Rollout } from '../core/rollout/rollout.ts';
import { candidateShare } from '../core/rollout/share.ts';
import type { Clock } from '../ports/clock.ts';
import type { GatewayReport, RunnerUse } from '../protocol/feed/report.ts';
import { Heard, forgetFirst } from './heard.ts';

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

/**
 * Counts what the second environment of each rollout costs while it lasts, from what gateways say
 * of their processes: the candidates before they have everything, and the baseline that is kept
 * warm afterwards. Lives in memory.
 */
export class OverlapBook {
  readonly #clock: Clock;
  readonly #overlaps = new Map<string, Overlap>();
  readonly #heard: Heard<null>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#heard = new Heard(clock);
  }

  /** Takes note of a report: what is loaded now has been since the last one. */
  hear(report: GatewayReport, rollouts: readonly Rollout[]): void {
    const before = this.#heard.hear(report, null);
    // Nobody knows what was loaded while nothing was heard.
    if (before?.wasSilent === true) return;
    const uses = new Map((report.runners ?? []).map((use) => [use.digest, use]));
    for (const rollout of rollouts) {
      const spare = spareOf(rollout, uses);
      if (spare.length > 0) this.#add(rollout, spare, before?.passedMs ?? 0);
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
