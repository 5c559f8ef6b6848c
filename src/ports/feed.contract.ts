import { describe, expect, test } from 'vitest';
import { reportSample } from '../../test/samples.ts';
import { bps, instant } from '../core/lib/units.ts';
import type { RoutingTable } from '../core/routing/table.ts';
import type { FeedbackBatch } from '../protocol/feed/feedback.ts';
import type { GatewayReport } from '../protocol/feed/report.ts';
import type { Feed } from './feed.ts';

/** A feed under test, with control's side in the hands of the test. It starts at generation 1. */
export type FeedSetup = {
  readonly feed: Feed;
  readonly publish: (table: RoutingTable) => void;
  readonly received: () => readonly GatewayReport[];
  readonly fedBack: () => readonly FeedbackBatch[];
  readonly close: () => Promise<void>;
};

/** The table of a generation, without routes. */
export const tableOf = (generation: number): RoutingTable => ({
  schema: 1,
  generation,
  routes: [],
  models: [],
});

const never = (): AbortSignal => new AbortController().signal;

const report = reportSample();

const batch: FeedbackBatch = {
  schema: 1,
  gateway: 'g1',
  instance: 'i1',
  sequence: 1,
  origins: [
    {
      endpoint: 'risk',
      arm: 'baseline',
      version: 1,
      generation: 1,
      rollout: 'r-1',
      revision: 3,
      assigned: 'candidate',
      shareBps: bps(500),
    },
  ],
  feedback: [
    {
      about: {
        type: 'prediction',
        origin: 0,
        nonce: '0a1b2c3d4e5f1',
        unit: 2 ** 53 - 1,
        at: instant(5),
        predicted: { label: 'très', score: { kind: 'top', value: 0.25 } },
      },
      metric: 'label',
      value: '1',
      id: null,
      receivedAt: instant(9),
    },
    {
      about: { type: 'unit', endpoint: 'risk', unit: 'ada', at: instant(5.5) },
      metric: 'sales',
      value: -2.5,
      id: 'order-1',
      receivedAt: instant(9),
    },
  ],
  exposures: [{ rollout: 'r-1', arm: 'candidate', at: instant(4), units: [1, 2 ** 53 - 1] }],
  exposuresDropped: 0,
  copies: [
    {
      rollout: 'r-1',
      arm: 'candidate',
      nonce: '0a1b2c3d4e5f1',
      at: instant(5),
      unit: 7,
      user: 'très',
      copy: '1',
    },
  ],
};

/** What every feed must do. */
export function feedContract(name: string, setUp: () => Promise<FeedSetup>): void {
  const withFeed = async (use: (setup: FeedSetup) => Promise<void>): Promise<void> => {
    const setup = await setUp();
    try {
      await use(setup);
    } finally {
      await setup.close();
    }
  };

  describe(`feed: ${name}`, () => {
    test('the newest table comes at once when it is newer', () =>
      withFeed(async ({ feed }) => {
        expect(await feed.table(-1, never())).toEqual(tableOf(1));
        expect(await feed.table(0, never())).toEqual(tableOf(1));
      }));

    test('who has the newest table waits for the next', () =>
      withFeed(async ({ feed, publish }) => {
        const next = feed.table(1, never());
        publish(tableOf(2));
        expect(await next).toEqual(tableOf(2));
      }));

    test('who is behind gets the newest, not each', () =>
      withFeed(async ({ feed, publish }) => {
        publish(tableOf(2));
        publish(tableOf(3));
        expect(await feed.table(1, never())).toEqual(tableOf(3));
      }));

    test('aborting ends the wait, without a table', () =>
      withFeed(async ({ feed }) => {
        const controller = new AbortController();
        const waited = feed.table(1, controller.signal).catch(() => null);
        controller.abort();
        expect(await waited).toBeNull();
      }));

    test('a report arrives, as often as it is sent', () =>
      withFeed(async ({ feed, received }) => {
        await feed.report(report, never());
        await feed.report(report, never());
        expect(received()).toEqual([report, report]);
      }));

    test('so does feedback', () =>
      withFeed(async ({ feed, fedBack }) => {
        await feed.feedback(batch, never());
        await feed.feedback(batch, never());
        expect(fedBack()).toEqual([batch, batch]);
      }));
  });
}
