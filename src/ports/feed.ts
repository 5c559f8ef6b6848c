import type { RoutingTable } from '../core/routing/table.ts';
import type { GatewayReport } from '../protocol/feed/report.ts';

/** How a gateway meets control. Both calls may be repeated; losing one costs a repeat. */
export interface Feed {
  /**
   * Resolves with the newest table as soon as its generation is above `after`; null when nothing
   * newer came within the server's patience. Rejects when control is away.
   */
  table(after: number, signal: AbortSignal): Promise<RoutingTable | null>;
  /** Delivers a report. Control has stored its windows when this resolves. */
  report(report: GatewayReport, signal: AbortSignal): Promise<void>;
}
