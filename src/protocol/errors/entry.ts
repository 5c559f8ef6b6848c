/** One row of the fault catalogue. */
export type FaultEntry = {
  /** HTTP status when it reaches a client. */
  readonly status: number;
  /** What it means, for the reference page. */
  readonly meaning: string;
  /** How the caller can mend it. */
  readonly fix: string;
};
