import type { Receipt } from '../../src/core/replay/receipt.ts';
import { FOLLOWED_BY } from '../../src/protocol/admin/strategy/strategy.ts';
import { comeBack } from '../receipts/come-back.ts';
import { feed, feedPairs, feedSegments } from '../receipts/feed.ts';
import { Town } from '../receipts/town.ts';

/** A rollout of a whole control plane, whose receipt later versions must decide alike. */
export type ReceiptStory = {
  readonly name: string;
  /** Behaviour of the candidate, where it is not the usual one. */
  readonly candidate?: Parameters<typeof Town.open>[0];
  /** What is declared; the rest is `brisk`. */
  readonly declared: Readonly<Record<string, unknown>>;
  /** What happens before it starts. */
  readonly before?: (town: Town) => Promise<void>;
  /** What happens until its receipt is written. */
  readonly live: (town: Town, id: string) => Promise<void>;
};

const reward = { name: 'reward', kind: 'proportion', better: 'higher' } as const;
const soon = { triggers: [{ metric: 'error_rate', tolerance: '5%' }] } as const;
const lives =
  (phase: string) =>
  (town: Town, id: string): Promise<void> =>
    town.passUntil(id, [phase]);

/** Lets it start, then feeds rewards back: in a hundred, of each version. */
async function rewarded(
  town: Town,
  id: string,
  fed: { readonly seconds: number; readonly hits: readonly [number, number] },
): Promise<void> {
  await town.passUntil(id, ['advancing']);
  await feed(town, fed.seconds, fed.hits);
}

/** The endpoint says where requests name their group. */
async function attributes(town: Town): Promise<void> {
  const group = { name: 'group', type: 'text', source: { kind: 'header', header: 'x-group' } };
  const said = await town.desk.ask('admin', 'endpoint.change', {
    params: { endpoint: 'risk' },
    body: { attributes: [group] },
  });
  if (said.status !== 200) throw new Error(said.text);
}

/** All of them, in the order of their files. */
export const receiptStories: readonly ReceiptStory[] = [
  {
    name: 'ab-test-shipped-by-a-person',
    declared: {
      ...soon,
      strategy: {
        kind: 'ab-test',
        primary: { ...reward, expected: '20%', mde: '10%' },
        cycle: '10s',
      },
    },
    live: async (town, id) => {
      await rewarded(town, id, { seconds: 25, hits: [20, 40] });
      await town.command(id, 'promote');
      await town.passUntil(id, ['promoted']);
    },
  },
  {
    name: 'ab-test-lost-by-itself',
    declared: {
      ...soon,
      strategy: {
        kind: 'ab-test',
        primary: { ...reward, expected: '30%', mde: '10%' },
        cycle: '10s',
        winner: 'automatic',
      },
    },
    live: async (town, id) => {
      await rewarded(town, id, { seconds: 25, hits: [40, 20] });
      await town.passUntil(id, ['reverted']);
    },
  },
  {
    name: 'champion-dethroned-and-back',
    declared: {
      ...soon,
      strategy: {
        kind: 'champion-challenger',
        metric: reward,
        split: ['30%'],
        window: '10m',
        minUnits: 500,
        gate: 'automatic',
      },
    },
    live: async (town, id) => {
      await rewarded(town, id, { seconds: 25, hits: [20, 40] });
      await town.command(id, 'rollback');
      await town.passUntil(id, ['reverted', 'cancelled', 'promoted']);
    },
  },
  {
    name: 'bandit-promotes-the-best',
    declared: {
      ...soon,
      strategy: {
        kind: 'bandit',
        reward,
        update: '10s',
        floor: '10%',
        stop: { best: '99.99%', loss: '0.5%' },
      },
    },
    live: async (town, id) => {
      await rewarded(town, id, { seconds: 21, hits: [20, 22] });
      await feed(town, 25, [20, 40]);
      await town.passUntil(id, ['promoted']);
    },
  },
  {
    name: 'ab-test-by-segment',
    declared: {
      ...soon,
      segments: [{ by: 'group', values: ['dev', 'sales'] }],
      strategy: {
        kind: 'ab-test',
        primary: { ...reward, expected: '20%', mde: '10%' },
        cycle: '10s',
      },
    },
    before: attributes,
    live: async (town, id) => {
      await town.passUntil(id, ['advancing']);
      await feedSegments(town, 25, { dev: [20, 40], other: [20, 20] });
      await town.command(id, 'promote');
      await town.passUntil(id, ['promoted']);
    },
  },
  {
    name: 'bandit-by-segment',
    declared: {
      ...soon,
      segments: [{ by: 'group', values: ['dev', 'sales'] }],
      strategy: { kind: 'bandit', reward, algorithm: 'linear-thompson', update: '10s' },
    },
    before: attributes,
    live: async (town, id) => {
      await town.passUntil(id, ['advancing']);
      await feedSegments(town, 34, { dev: [20, 45], other: [45, 20] });
      await town.command(id, 'rollback');
      await town.passUntil(id, ['reverted']);
    },
  },
  {
    name: 'challenger-on-copies-takes-over',
    declared: {
      ...soon,
      strategy: {
        kind: 'champion-challenger',
        metric: { name: 'label' },
        paired: { perSecond: 100 },
        window: '10m',
      },
    },
    live: async (town, id) => {
      await town.passUntil(id, ['advancing']);
      await feedPairs(town, 20, { wins: 9, losses: 2 });
      await town.command(id, 'advance');
      await feedPairs(town, 3, { wins: 3, losses: 3 });
      await town.command(id, 'rollback');
      await town.passUntil(id, ['reverted', 'cancelled', 'promoted']);
    },
  },
  {
    name: 'canary-stopped-by-labels',
    declared: {
      triggers: [
        { metric: 'error_rate', tolerance: '5%' },
        { metric: 'accuracy', minUnits: 200, onFail: 'hard' },
      ],
    },
    live: async (town, id) => {
      await town.passUntil(id, ['advancing']);
      const labels = (right: number): readonly string[] =>
        Array.from({ length: 100 }, (_, place) => (place < right ? '1' : '0'));
      const values = { baseline: labels(95), candidate: labels(70) };
      for (let second = 0; second < 40 && town.phase(id) === 'advancing'; second += 1) {
        await town.pass(1);
        await comeBack(town, id, { metric: 'label', values });
      }
      await town.passUntil(id, ['reverted']);
    },
  },
  {
    name: 'blue-green',
    declared: { strategy: { kind: 'blue-green', keepWarm: '3s' } },
    live: lives('promoted'),
  },
  {
    name: 'canary-then-an-ab-test',
    declared: {
      ...soon,
      strategy: {
        kind: 'canary',
        stages: ['20%', '40%'],
        least: '3s',
        [FOLLOWED_BY]: {
          kind: 'ab-test',
          primary: { ...reward, expected: '20%', mde: '10%' },
          cycle: '10s',
          winner: 'automatic',
        },
      },
    },
    live: async (town, id) => {
      await rewarded(town, id, { seconds: 60, hits: [20, 40] });
      await town.passUntil(id, ['promoted']);
    },
  },
  {
    name: 'shadow-then-a-canary',
    declared: {
      triggers: [
        { metric: 'error_rate', tolerance: '5%' },
        { metric: 'disagreement', tolerance: '5%', limit: '20%' },
      ],
      strategy: {
        kind: 'shadow',
        sample: '50%',
        least: '3s',
        [FOLLOWED_BY]: { kind: 'canary', stages: ['40%', '80%'], least: '3s' },
      },
    },
    live: lives('promoted'),
  },
  {
    name: 'canary-of-an-audience-then-gradual',
    declared: {
      strategy: {
        kind: 'canary',
        stages: ['20%', '50%'],
        least: '3s',
        audience: 'group == dev',
        [FOLLOWED_BY]: { kind: 'gradual', watch: '5s' },
      },
    },
    before: attributes,
    live: lives('promoted'),
  },
  {
    name: 'phased-by-audience-and-reverted',
    candidate: { errors: 0.3 },
    declared: {
      strategy: {
        kind: 'phased',
        phases: [
          { name: 'colleagues', audience: 'group == dev', share: '30%', least: '3s' },
          { name: 'all', share: '100%', least: '3s' },
        ],
      },
    },
    before: attributes,
    live: lives('reverted'),
  },
  {
    name: 'gradual',
    declared: { strategy: { kind: 'gradual', watch: '5s' } },
    live: lives('promoted'),
  },
];

/** Lives a story through, to its receipt. */
export async function receiptOf({ candidate, before, ...story }: ReceiptStory): Promise<Receipt> {
  const town = await Town.open(candidate);
  try {
    await before?.(town);
    await town.pass(12);
    const id = await town.start(story.declared);
    await story.live(town, id);
    return await town.receipt(id);
  } finally {
    await town.desk.close();
  }
}
