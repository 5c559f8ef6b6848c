import type { Instant } from '../lib/units.ts';

/** What is known beforehand about a metric of an endpoint. One that is not declared counts too. */
export type MetricDeclaration = {
  readonly endpoint: string;
  readonly metric: string;
  /** How long after a prediction its feedback is expected to be complete; 0: at once. */
  readonly maturityMs: number;
  /** For labels: the class whose finding counts (precision, recall, AUC); null: none. */
  readonly positive: string | null;
  readonly declaredAt: Instant;
  readonly declaredBy: string;
};
