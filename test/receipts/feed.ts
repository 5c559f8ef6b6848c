import type { Town } from './town.ts';

const signal = new AbortController().signal;
let made = 0;

/** Seconds of units as the shares say, of which so many of a hundred did it, by version. */
export async function feed(
  town: Town,
  seconds: number,
  hits: readonly [number, number],
): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await town.pass(1);
    const at = town.desk.clock.now();
    const { route } = town;
    const versionOf = (arm: string): number =>
      route.arms.find(({ name }) => name === arm)?.version.version ?? 0;
    const origins = route.split.map(({ arm, bps }) => ({
      endpoint: 'risk',
      arm,
      version: versionOf(arm),
      generation: 5,
      rollout: route.rollout,
      revision: route.revision,
      assigned: arm,
      shareBps: bps,
    }));
    const feedback = route.split.flatMap(({ arm, bps }, origin) =>
      Array.from({ length: Math.round(bps / 25) }, () => {
        made += 1;
        const nonce = `0a1b2c3d4e5f${made.toString(36)}`;
        const predicted = { label: null, score: null };
        const about = { type: 'prediction', origin, nonce, unit: made, at, predicted } as const;
        // However few of an arm there are, the part that did it is what was asked for.
        const value = (made * 37) % 100 < (hits[versionOf(arm) - 1] ?? 0) ? 1 : 0;
        return { about, metric: 'reward', value, id: null, receivedAt: at };
      }),
    );
    await town.desk.control.feed.feedback(
      {
        schema: 1,
        gateway: 'g1',
        instance: 'i1',
        sequence: made,
        origins,
        feedback,
        exposures: [],
        exposuresDropped: 0,
      },
      signal,
    );
  }
}
