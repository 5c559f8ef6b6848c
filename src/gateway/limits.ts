/** Everything a gateway bounds. `createGateway` may be told other numbers than the defaults. */
export type GatewayLimits = {
  readonly bodyBytesMax: number;
  readonly headersMax: number;
  readonly headerBytesMax: number;
  readonly connectionsMax: number;
  readonly requestsPerSocketMax: number;
  /** Time for the headers to arrive. */
  readonly headersMs: number;
  /** Time for the whole request to arrive. */
  readonly requestMs: number;
  /** A connection without a request is closed after this. */
  readonly keepAliveMs: number;
  /** A connection on which nothing moves is closed after this, whatever it waits for. */
  readonly idleMs: number;
  readonly inFlightMax: number;
  /** How long a stopping gateway waits for requests in flight. */
  readonly drainMs: number;
  /** Versions loaded only because somebody asked for them by number. */
  readonly pinnedMax: number;
  /** How long a request waits for such a version to load. */
  readonly pinLoadMs: number;
  /** Versions loaded at the same time. */
  readonly loadsMax: number;
  /** Units told apart per arm and bucket. */
  readonly unitsMax: number;
  /** Closed windows kept until control confirms them. */
  readonly windowsMax: number;
  readonly reportMs: number;
  /** Pieces of feedback that wait for control. */
  readonly feedbackMax: number;
  /** Lines of one batch of feedback. */
  readonly feedbackLinesMax: number;
  /** How long an answer to feedback waits for control to store it. */
  readonly feedbackWaitMs: number;
  /** Units remembered for each arm of a rollout, so that control is told of each once. */
  readonly exposedMax: number;
  /** Newly seen units that wait for control. */
  readonly exposuresWaitingMax: number;
  /** Processors that copies of requests may keep busy on average, all together. */
  readonly copyProcessors: number;
};

/** The defaults. */
export const gatewayLimits: GatewayLimits = {
  bodyBytesMax: 16 * 1_048_576,
  headersMax: 100,
  headerBytesMax: 16_384,
  connectionsMax: 10_000,
  requestsPerSocketMax: 100_000,
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 75_000,
  idleMs: 90_000,
  inFlightMax: 4_096,
  drainMs: 10_000,
  pinnedMax: 2,
  pinLoadMs: 10_000,
  loadsMax: 4,
  unitsMax: 20_000,
  windowsMax: 4_096,
  reportMs: 1_000,
  feedbackMax: 100_000,
  feedbackLinesMax: 50_000,
  feedbackWaitMs: 2_000,
  exposedMax: 250_000,
  exposuresWaitingMax: 250_000,
  copyProcessors: 0.05,
};
