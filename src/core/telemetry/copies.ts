/** Why a copy of a request was not answered by the mirrored arm, or not in time. */
export const DROP_REASONS = [
  /** The budget of copies per second was used up. */
  'rate',
  /** As many copies as may be, or as many bytes, were under way. */
  'in_flight',
  /** The arm failed again and again; it is tried again from time to time. */
  'breaker',
  /** The version is not ready on this gateway, or its fuse is out. */
  'not_ready',
  /** No place among what waits for the arm, or no processor time: users come first. */
  'overload',
  /** Sent, and given up at its deadline. */
  'deadline',
] as const;

/** See `DROP_REASONS`. */
export type DropReason = (typeof DROP_REASONS)[number];

/**
 * How much of what was sampled the figures of a mirrored arm rest on: `sampled` requests were to be
 * copied, and all but the dropped ones were answered, well or badly.
 */
export type Copies = {
  readonly sampled: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
};

/** One number for every reason. */
export const perReason = (count: (reason: DropReason) => number): Record<DropReason, number> => ({
  rate: count('rate'),
  in_flight: count('in_flight'),
  breaker: count('breaker'),
  not_ready: count('not_ready'),
  overload: count('overload'),
  deadline: count('deadline'),
});

/** Nothing was to be copied. */
export const noCopies: Copies = { sampled: 0, dropped: perReason(() => 0) };

/** Both together. */
export const addCopies = (a: Copies, b: Copies): Copies => ({
  sampled: a.sampled + b.sampled,
  dropped: perReason((reason) => a.dropped[reason] + b.dropped[reason]),
});

/** Copies that came to nothing. */
export const droppedOf = ({ dropped }: Copies): number =>
  DROP_REASONS.reduce((sum, reason) => sum + dropped[reason], 0);
