import type { Instant } from '../core/lib/units.ts';
import type { GatewayState } from '../core/rollout/fleet.ts';
import { GATEWAY_SILENT_MS } from '../core/rollout/world.ts';
import type { GatewayReport } from '../protocol/feed/report.ts';

/** How a gateway refused a table. */
export type Refusal = { readonly generation: number; readonly message: string };

/** A gateway as people see it. */
export type FleetMember = GatewayState & {
  readonly alive: boolean;
  readonly refused: Refusal | null;
  readonly windowsDropped: number;
};

/** What gateways said of themselves. Lives in memory: after a restart they say it again. */
export class Fleet {
  readonly #members = new Map<string, FleetMember>();

  /** Takes note of a report. */
  hear(report: GatewayReport, seenAt: Instant): void {
    const { gateway, generation, ready, failed, fuses, through, rejected, windowsDropped } = report;
    const state = { gateway, generation, ready, failed, fuses, through, seenAt };
    const refused = rejected;
    this.#members.set(gateway, { ...state, alive: true, refused, windowsDropped });
  }

  /** Those heard of lately; nobody waits for the others. */
  alive(now: Instant): readonly FleetMember[] {
    return this.members(now).filter(({ alive }) => alive);
  }

  /** Everybody ever heard of since this process started, by name. */
  members(now: Instant): readonly FleetMember[] {
    return [...this.#members.values()]
      .map((member) => ({ ...member, alive: now - member.seenAt <= GATEWAY_SILENT_MS }))
      .sort((a, b) => (a.gateway < b.gateway ? -1 : 1));
  }
}
