import type { Town } from './town.ts';

const signal = new AbortController().signal;
/** Units that are fed back about in a second. */
const UNITS = 400;
let made = 0;

/** How many of a hundred did it, by version. */
type Hits = readonly number[];

/** Seconds of units as the shares say, of which so many of a hundred did it. */
export async function feed(town: Town, seconds: number, hits: Hits): Promise<void> {
  for (let second = 0; second < seconds; second += 1) await feedOnce(town, [[null, hits]]);
}

/** The same in segments that have as many units each. */
export async function feedSegments(
  town: Town,
  seconds: number,
  hits: Readonly<Record<string, Hits>>,
): Promise<void> {
  for (let second = 0; second < seconds; second += 1) await feedOnce(town, Object.entries(hits));
}

async function feedOnce(
  town: Town,
  parts: readonly (readonly [segment: string | null, hits: Hits])[],
): Promise<void> {
  await town.pass(1);
  const at = town.desk.clock.now();
  const { route } = town;
  const { rollout, revision } = route;
  const told = parts.flatMap(([segment, hits]) =>
    route.split.map(({ arm, bps }) => ({
      hits: hits[versionOf(route, arm) - 1] ?? 0,
      origin: {
        endpoint: 'risk',
        arm,
        version: versionOf(route, arm),
        generation: 5,
        rollout,
        revision,
        assigned: arm,
        shareBps: bps,
        ...(segment === null ? {} : { segment }),
      },
    })),
  );
  const feedback = told.flatMap(({ hits, origin: { shareBps } }, origin) => {
    const units = Math.round((shareBps * UNITS) / 10_000 / parts.length);
    return Array.from({ length: units }, () => piece(origin, hits, at));
  });
  const origins = told.map(({ origin }) => origin);
  const sender = { schema: 1, gateway: 'g1', instance: 'i1', sequence: made } as const;
  await town.desk.control.feed.feedback(
    { ...sender, origins, feedback, exposures: [], exposuresDropped: 0 },
    signal,
  );
}

const versionOf = ({ arms }: Town['route'], arm: string): number =>
  arms.find(({ name }) => name === arm)?.version.version ?? 0;

function piece(origin: number, hits: number, at: ReturnType<Town['desk']['clock']['now']>) {
  made += 1;
  const nonce = `0a1b2c3d4e5f${made.toString(36)}`;
  const predicted = { label: null, score: null };
  const about = { type: 'prediction', origin, nonce, unit: made, at, predicted } as const;
  // However few of an arm there are, the part that did it is what was asked for.
  const value = (made * 37) % 100 < hits ? 1 : 0;
  return { about, metric: 'reward', value, id: null, receivedAt: at };
}
