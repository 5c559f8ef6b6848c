/** What the edge must do besides publishing the table. May be performed twice, harmlessly. */
export type Effect = {
  /** `rollout-id/revision/index`: receivers dedupe on it. */
  readonly id: string;
  readonly type: 'notify';
  readonly event: RolloutEvent;
};

/** What happened to a rollout, for people and other systems. */
export type RolloutEvent = {
  readonly kind:
    | 'rollout.queued'
    | 'rollout.started'
    | 'rollout.frozen'
    | 'rollout.advanced'
    | 'rollout.reweighed'
    | 'rollout.dropped'
    | 'rollout.swapped'
    | 'rollout.holding'
    | 'rollout.resumed'
    | 'rollout.promoting'
    | 'rollout.promoted'
    | 'rollout.reverting'
    | 'rollout.reverted'
    | 'rollout.cancelled';
  readonly rollout: string;
  readonly endpoint: string;
  readonly revision: number;
  readonly shareBps: number;
  readonly sentence: string;
};
