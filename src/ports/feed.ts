import type { RoutingTable } from '../core/routing/table.ts';
import type { FeedbackBatch } from '../protocol/feed/feedback.ts';
import type { GatewayReport } from '../protocol/feed/report.ts';

/** How a gateway meets control. All calls may be repeated; losing one costs a repeat. */
export interface Feed {
  /**
   * Resolves with the newest table as soon as its generation is above `after`; null when nothing
   * newer came within the server's patience. Rejects when control is away.
   */
  table(after: number, signal: AbortSignal): Promise<RoutingTable | null>;
  /** Delivers a report. Control has stored its windows when this resolves. */
  report(report: GatewayReport, signal: AbortSignal): Promise<void>;
  /** Delivers feedback and newly seen units. Control has stored all of it when this resolves. */
  feedback(batch: FeedbackBatch, signal: AbortSignal): Promise<void>;
}
