/** Rare states that a run of many seeds must reach, or it proves nothing about them. */
export const RARE = [
  'control crashed between commit and publish',
  'control crashed before its commit reached the store',
  'the store failed before it had committed',
  'the store failed after it had committed',
  'a decision was made durable and control did not know',
  'the store took more than a second',
  'control came up while the store was away',
  'a gateway crashed with requests in flight',
  'a gateway crashed while it stored its table',
  'a gateway started from its file while control was away',
  'a gateway never came back',
  'a table was lost',
  'a report was lost',
  'a report came twice',
  'a report came after a newer one',
  'a gateway was cut off from control',
  'wall time jumped forward',
  'wall time jumped back',
  'a late window was folded in',
  'a fuse tripped by itself',
  'a fuse cut one of several candidates off',
  'a fuse was tripped by a person',
  'a fuse was out again after a restart',
  'an incident hit both arms',
  'a candidate could not be loaded',
  'a version came up at the second try',
  'thresholds were fixed',
  'a rollout was promoted',
  'a candidate got everything at once',
  'one strategy followed another',
  'a challenger became the champion',
  'a bandit moved its shares',
  'a test had a winner',
  'one of several candidates was taken out',
  'a rollout was reverted by a check',
  'a rollout was reverted by a fuse',
  'a rollout was reverted by a person',
  'a rollout was reverted by a load failure',
  'a rollout was taken back while promoting',
  'a rollout was cancelled before any traffic',
  'a rollout that waited began when its turn came',
  'a rollout that waited could not begin any more',
  'a rollout that waited was taken out by a person',
  'a rollout was superseded by another',
  'tests went on beside each other',
  'a test was promoted while another went on',
  'a unit was in none of the slices',
  'what came back took a candidate out',
  'a soft check asked a person',
  'a rollout was resumed',
  'an endpoint went back without a rollout',
  'a rollback was asked for again while reverting',
  'a command was refused',
  'a command was repeated after its answer was lost',
  'an effect failed and was sent again',
  'an effect came twice',
  'a request failed by a crash',
  'a request failed because both arms failed',
  'a request was answered by the fallback',
  'a request was given up by its caller',
] as const;

/** One of them. */
export type Rare = (typeof RARE)[number];

/** Counts how often each rare state was reached. */
export class Coverage {
  readonly #counts = new Map<Rare, number>();

  sometimes(what: Rare, isSo = true): void {
    if (isSo) this.#counts.set(what, this.count(what) + 1);
  }

  count(what: Rare): number {
    return this.#counts.get(what) ?? 0;
  }

  /** Adds what another run reached. */
  add(other: Coverage): void {
    for (const what of RARE) {
      const count = this.count(what) + other.count(what);
      if (count > 0) this.#counts.set(what, count);
    }
  }

  /** What was never reached. */
  missing(): readonly Rare[] {
    return RARE.filter((what) => this.count(what) === 0);
  }

  /** A line for each. */
  summary(): string {
    return RARE.map((what) => `${String(this.count(what)).padStart(8)}  ${what}`).join('\n');
  }
}
