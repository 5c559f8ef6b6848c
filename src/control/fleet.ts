import { instant, type Instant } from '../core/lib/units.ts';
import type { GatewayState } from '../core/rollout/fleet.ts';
import { GATEWAY_SILENT_MS } from '../core/rollout/world.ts';
import type { Clock } from '../ports/clock.ts';
import type { GatewayReport } from '../protocol/feed/report.ts';

/** How a gateway refused a table. */
export type Refusal = { readonly generation: number; readonly message: string };

/** A gateway as people see it. */
export type FleetMember = GatewayState & {
  readonly alive: boolean;
  readonly refused: Refusal | null;
  readonly windowsDropped: number;
};

type Heard = { readonly report: GatewayReport; readonly heardMs: number; through: Instant };

/** Processes of one gateway of which it is remembered how far they had come. */
const INSTANCES_MAX = 8;

/** What is said of gateways that may be there without having spoken. */
const UNHEARD = 'whoever has not spoken since control started';

/** What gateways said of themselves. Lives in memory: after a restart they say it again. */
export class Fleet {
  readonly #clock: Clock;
  readonly #heard = new Map<string, Heard>();
  /** The newest report of each instance of each gateway, the latest heard last. */
  readonly #newest = new Map<string, Map<string, number>>();
  /** Until then a gateway that lives may not have spoken yet. */
  readonly #completeMs: number;

  /** `isFirst`: there was no control before that a gateway could know of. */
  constructor(clock: Clock, { isFirst }: { readonly isFirst: boolean }) {
    this.#clock = clock;
    this.#completeMs = clock.monotonicMs() + (isFirst ? 0 : GATEWAY_SILENT_MS);
  }

  /**
   * Takes note of a report, and tells whether it is news. Its windows count only once they are
   * stored: see `stored`.
   */
  hear(report: GatewayReport): boolean {
    const { gateway, windows } = report;
    if (!this.#isNews(report)) return false;
    const through = Math.min(report.through, ...windows.map(({ start }) => start));
    const heardMs = this.#clock.monotonicMs();
    this.#heard.set(gateway, { report, heardMs, through: instant(through) });
    return true;
  }

  /** Messages may come late, and twice: what a process said before something newer is past. */
  #isNews({ gateway, instance, sequence }: GatewayReport): boolean {
    const newest = this.#newest.get(gateway) ?? new Map<string, number>();
    this.#newest.set(gateway, newest);
    if (sequence <= (newest.get(instance) ?? -1)) return false;
    newest.delete(instance);
    newest.set(instance, sequence);
    const [oldest = instance] = newest.keys();
    if (newest.size > INSTANCES_MAX) newest.delete(oldest);
    return true;
  }

  /** The windows of a report are in the store. A newer report may have come meanwhile. */
  stored(report: GatewayReport): void {
    const heard = this.#heard.get(report.gateway);
    if (heard?.report === report) heard.through = report.through;
  }

  /** Those heard of lately; nobody waits for the others. */
  alive(): readonly FleetMember[] {
    return this.members().filter(({ alive }) => alive);
  }

  /**
   * What decisions are made on: those alive, and of the others only where they cut a candidate off,
   * because a fuse stays tripped in silence. After a restart nothing is confirmed before everybody
   * who lives must have spoken.
   */
  reports(): readonly GatewayState[] {
    const spoken = this.members()
      .filter(({ alive, fuses }) => alive || fuses.length > 0)
      .map((member) => (member.alive ? member : { ...member, ready: [], failed: [] }));
    if (this.#clock.monotonicMs() >= this.#completeMs) return spoken;
    const nothing = { generation: -1, ready: [], failed: [], fuses: [], through: instant(0) };
    return [...spoken, { gateway: UNHEARD, seenAt: this.#clock.now(), ...nothing }];
  }

  /** Everybody ever heard of since this process started, by name. */
  members(): readonly FleetMember[] {
    const now = this.#clock.now();
    const nowMs = this.#clock.monotonicMs();
    return [...this.#heard.values()]
      .map(({ report, heardMs, through }) => {
        const { gateway, generation, ready, failed, fuses, proofs = [] } = report;
        const { rejected, windowsDropped } = report;
        // Silence is measured on the clock that does not jump.
        const silentMs = nowMs - heardMs;
        const seenAt = instant(Math.max(0, now - silentMs));
        const state = { gateway, generation, ready, failed, fuses, through, seenAt, proofs };
        const alive = silentMs < GATEWAY_SILENT_MS;
        return { ...state, alive, refused: rejected, windowsDropped };
      })
      .sort((a, b) => (a.gateway < b.gateway ? -1 : 1));
  }
}
