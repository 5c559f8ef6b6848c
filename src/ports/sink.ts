/** Where records are kept for people to look at. */
export interface Sink<T> {
  /**
   * Keeps the records, in order, and resolves when they are where they would survive this process.
   * What could not be kept rejects and may be offered again; then some may be there twice. With
   * none it looks after what is there already: what is over is closed, what is too old removed.
   */
  append(records: readonly T[], signal: AbortSignal): Promise<void>;
  /** Finishes what was begun. What is appended afterwards begins anew. */
  close(): Promise<void>;
}
