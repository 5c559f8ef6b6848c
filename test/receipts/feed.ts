import type { ToldCopy } from '../../src/protocol/feed/feedback.ts';
import { segmentNames } from '../../src/core/segment/segments.ts';
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
    route.split.map(({ arm, bps }, at) => ({
      hits: hits[versionOf(route, arm) - 1] ?? 0,
      origin: {
        endpoint: 'risk',
        arm,
        version: versionOf(route, arm),
        generation: 5,
        rollout,
        revision,
        assigned: arm,
        shareBps: shareIn(route, segment, at) ?? bps,
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

/** The share of an arm in a segment, where segments have shares of their own. */
function shareIn({ segments, segmentSplits }: Town['route'], segment: string | null, at: number) {
  if (segments === undefined || segment === null) return undefined;
  return segmentSplits?.[segmentNames(segments).indexOf(segment)]?.[at]?.bps;
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

/** Of a hundred copies: where the challenger alone was right, and where the champion was. */
export type Contest = { readonly wins: number; readonly losses: number };

/** Seconds of a hundred requests that were copied, each of a unit, with what was true of them. */
export async function feedPairs(
  town: Town,
  seconds: number,
  { wins, losses }: Contest,
): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await town.pass(1);
    const at = town.desk.clock.now();
    const { endpoint, rollout, revision } = town.route;
    const from = made;
    made += 100;
    const numbers = Array.from({ length: 100 }, (_none, index) => from + index);
    const nonceOf = (number: number): string => `0a1b2c3d4e5f${number.toString(36)}`;
    const copies = numbers.map((number, index): ToldCopy => {
      const copy = index < wins + losses ? 'another' : 'one';
      const named = { rollout: rollout ?? '', arm: 'candidate', nonce: nonceOf(number) };
      return { ...named, at, unit: number, user: 'one', copy };
    });
    const predicted = { label: 'one', score: null };
    const feedback = numbers.map((number, index) => ({
      about: {
        type: 'prediction',
        origin: 0,
        nonce: nonceOf(number),
        unit: number,
        at,
        predicted,
      } as const,
      metric: 'label',
      value: index < wins ? 'another' : 'one',
      id: null,
      receivedAt: at,
    }));
    const baseline = { arm: 'baseline', assigned: 'baseline', version: 1, generation: 5 };
    const origin = { ...baseline, endpoint, rollout: null, revision, shareBps: null };
    const batch = { schema: 1, gateway: 'g1', instance: 'i1', sequence: made } as const;
    const none = { exposures: [], exposuresDropped: 0 };
    // Labels are before the copies as often as behind them.
    const told = { ...batch, origins: [origin], ...none };
    const both = [{ copies }, { feedback }];
    for (const one of second % 2 === 0 ? both : both.toReversed()) {
      await town.desk.control.feed.feedback({ ...told, feedback: [], ...one }, signal);
    }
  }
}
