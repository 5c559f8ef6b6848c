import { instant } from '../core/lib/units.ts';
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

type Heard = Omit<FleetMember, 'alive' | 'seenAt'> & { readonly heardMs: number };

/** What gateways said of themselves. Lives in memory: after a restart they say it again. */
export class Fleet {
  readonly #clock: Clock;
  readonly #heard = new Map<string, Heard>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes note of a report. */
  hear(report: GatewayReport): void {
    const { gateway, generation, ready, failed, fuses, through, rejected, windowsDropped } = report;
    const state = { gateway, generation, ready, failed, fuses, through };
    const heardMs = this.#clock.monotonicMs();
    this.#heard.set(gateway, { ...state, heardMs, refused: rejected, windowsDropped });
  }

  /** Those heard of lately; nobody waits for the others. */
  alive(): readonly FleetMember[] {
    return this.members().filter(({ alive }) => alive);
  }

  /**
   * What decisions are made on: those alive, and of the others only where they cut a candidate off,
   * because a fuse stays tripped in silence.
   */
  reports(): readonly GatewayState[] {
    return this.members()
      .filter(({ alive, fuses }) => alive || fuses.length > 0)
      .map((member) => (member.alive ? member : { ...member, ready: [], failed: [] }));
  }

  /** Everybody ever heard of since this process started, by name. */
  members(): readonly FleetMember[] {
    const now = this.#clock.now();
    const nowMs = this.#clock.monotonicMs();
    return [...this.#heard.values()]
      .map(({ heardMs, ...member }) => {
        // Silence is measured on the clock that does not jump.
        const silentMs = nowMs - heardMs;
        const seenAt = instant(Math.max(0, now - silentMs));
        return { ...member, seenAt, alive: silentMs < GATEWAY_SILENT_MS };
      })
      .sort((a, b) => (a.gateway < b.gateway ? -1 : 1));
  }
}
