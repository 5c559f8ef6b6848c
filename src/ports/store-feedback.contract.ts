import { describe, expect, test } from 'vitest';
import { feedbackBegan, feedbackSample, hourOf, shuffled } from '../../test/feedback-samples.ts';
import { freshStores } from '../../test/stores.ts';
import type { StoreFixture } from '../../test/stores.ts';
import type { Cohort } from '../core/feedback/cohort.ts';
import type { Exposure, FeedbackRow } from '../core/feedback/feedback.ts';
import type { CopiedAnswer } from '../core/feedback/pair.ts';
import type { UnitTotals } from '../core/feedback/unit-totals.ts';
import { instant } from '../core/lib/units.ts';
import { emptyChange } from './store.ts';
import type { ScanQuery } from './store.ts';

const DAY_MS = 86_400_000;
const LABELS = 1_500;

/** What every store must do with feedback: fold it exactly once, whatever comes when. */
export function storeFeedbackContract(name: string, make: () => Promise<StoreFixture>): void {
  describe(`${name} folds feedback exactly once`, () => {
    const { store, commit } = freshStores(make);
    const cohorts = (over: Partial<ScanQuery<'cohort'>> = {}): Promise<readonly Cohort[]> =>
      store().scan({ log: 'cohort', limit: 1_000, ...over });
    const totals = (over: Partial<ScanQuery<'total'>> = {}): Promise<readonly UnitTotals[]> =>
      store().scan({ log: 'total', limit: 1_000, ...over });

    test('late, shuffled, repeated, in changes of any size: as if each had come once', async () => {
      const rows = Array.from({ length: LABELS }, (_none, n) =>
        feedbackSample(n * 97, {
          at: instant(feedbackBegan + (n % 40) * DAY_MS),
          value: n % 4 === 0 ? '0' : '1',
          unit: n % 100,
          arm: n % 3 === 0 ? 'baseline' : 'candidate',
        }),
      ).map((row) => ({ ...row, cohort: hourOf(row.at) }));
      const mixed = shuffled([...rows, ...rows, ...rows.slice(0, 700)]);
      for (let at = 0; at < mixed.length; at += 311) {
        await commit({ feedback: mixed.slice(at, at + 311) });
      }
      const all = await cohorts();
      const sum = (of: (cohort: Cohort) => number): number => all.reduce((s, c) => s + of(c), 0);
      expect(all.length).toBe(80);
      expect(sum(({ events }) => events)).toBe(LABELS);
      expect(sum(({ classes }) => classes?.n ?? 0)).toBe(LABELS);
      expect(sum(({ classes }) => classes?.right ?? 0)).toBe((LABELS * 3) / 4);
      expect(sum(({ scores }) => scores['"0"']?.n ?? 0)).toBe(LABELS / 4);
      const units = await totals({ rollout: 'r-1' });
      const labels = units.filter(({ metric }) => metric === 'label');
      expect(labels.reduce((n, { events }) => n + events, 0)).toBe(LABELS);
      expect(labels.reduce((n, total) => n + total.sum, 0)).toBe((LABELS * 3) / 4);
    });

    test('a prediction has one value for each metric: the first one that came', async () => {
      const first = feedbackSample(7, { metric: 'reward', value: 3 });
      await commit({ feedback: [first, { ...first, value: 9 }] });
      await commit({ feedback: [{ ...first, value: 9 }, feedbackSample(7)] });
      const [label, reward] = await cohorts();
      expect(label).toMatchObject({ metric: 'label', events: 1 });
      expect(reward).toMatchObject({ metric: 'reward', events: 1, sum: 3, squares: 9 });
    });

    test('numbers of two makers, two metrics and far apart are not confused', async () => {
      const numbers = [0, 65_535, 65_536, 2 ** 40, 2 ** 53 - 1];
      const rows = numbers.flatMap((number) => [
        feedbackSample(number, { at: instant(feedbackBegan) }),
        feedbackSample(number, {
          at: instant(feedbackBegan),
          key: { type: 'prediction', maker: 'another', number },
        }),
      ]);
      await commit({ feedback: rows });
      await commit({ feedback: rows });
      const [cohort, ...others] = await cohorts();
      expect(others).toEqual([]);
      expect(cohort?.events).toBe(10);
    });

    test('what the sender names is told apart by endpoint and metric', async () => {
      const own = feedbackSample(1, {
        key: { type: 'own', id: 'order-9' },
        metric: 'sales',
        value: 2,
      });
      const elsewhere = { ...own, endpoint: 'fraud' };
      const other = { ...own, metric: 'refunds' };
      await commit({ feedback: [own, elsewhere, other, own] });
      await commit({ feedback: [own, elsewhere, other] });
      const all = await cohorts();
      expect(all.map(({ endpoint, metric, events }) => [endpoint, metric, events])).toEqual([
        ['fraud', 'sales', 1],
        ['risk', 'refunds', 1],
        ['risk', 'sales', 1],
      ]);
    });

    test('a unit is counted once, and its values are summed before they are squared', async () => {
      const exposure = (unit: number, arm: string): Exposure => {
        return { rollout: 'r-1', arm, unit, stretch: hourOf(feedbackBegan) };
      };
      const units = [1, 2, 2 ** 53 - 1];
      const exposures = units.map((unit) => exposure(unit, 'candidate'));
      await commit({
        exposures: [...exposures, exposure(2, 'candidate'), exposure(9, 'baseline')],
      });
      const later = hourOf(feedbackBegan + DAY_MS);
      await commit({ exposures: exposures.map((one) => ({ ...one, stretch: later })) });
      const sale = (number: number, unit: number, value: number) =>
        feedbackSample(number, { metric: 'sales', value, unit, unitStretch: later });
      await commit({ feedback: [sale(1, 1, 2), sale(2, 1, 3)] });
      await commit({ feedback: [sale(3, 1, 5), sale(4, 2, -1), sale(5, 77, 4)] });
      const all = await totals({ rollout: 'r-1' });
      const row = (metric: string, stretch = hourOf(feedbackBegan)) =>
        all.find(
          (one) =>
            one.arm === 'candidate' && one.metric === metric && one.stretch.start === stretch.start,
        );
      expect(row('')).toMatchObject({ units: 3, events: 0 });
      expect(row('sales')).toMatchObject({ units: 0, answered: 2, events: 4, sum: 9 });
      expect(row('sales')?.sumSquares).toBe(101);
      // Unit 1 was told of thrice, 10 in all; unit 2 once, -1.
      expect(row('sales')).toMatchObject({ eventsSquares: 10, products: 29 });
      // Nobody had told of unit 77: feedback about it does.
      expect(row('', later)).toMatchObject({ units: 1 });
      expect(row('sales', later)).toMatchObject({ answered: 1, sum: 4 });
      expect(all.filter(({ arm }) => arm === 'baseline')).toMatchObject([{ metric: '', units: 1 }]);
    });

    test('a copy meets the label of its prediction, whichever comes first, once', async () => {
      const copy = (number: number, over: Partial<CopiedAnswer> = {}): CopiedAnswer => ({
        maker: '0a1b2c3d4e5f',
        number,
        rollout: 'r-9',
        arm: 'candidate',
        unit: number,
        at: instant(feedbackBegan + number),
        unitStretch: hourOf(feedbackBegan),
        user: '1',
        copy: '0',
        ...over,
      });
      const label = (number: number, value: string): FeedbackRow =>
        feedbackSample(number, { rollout: null, unit: number, value, isForCopies: true });
      await commit({ copies: [copy(1), copy(2), copy(3), copy(9)] });
      await commit({ feedback: [label(1, '0'), label(2, '1'), label(3, '2'), label(4, '0')] });
      await commit({ copies: [copy(4), copy(1), copy(5, { copy: '1' })] });
      // Nobody made copies, as far as is known; and a second pair of unit 1.
      await commit({ feedback: [feedbackSample(9, { value: '0' }), label(5, '1'), label(6, '0')] });
      await commit({ copies: [copy(6, { unit: 1 })] });
      // Of numbers it is how much closer they were; what is none is not compared.
      await commit({ copies: [copy(7, { user: 4, copy: 2.5 }), copy(8, { user: 4, copy: 2.5 })] });
      await commit({ feedback: [label(7, '2'), label(8, 'two')] });
      // Better for 1 and 4, worse for 2, neither for 3 and 5; of 7 closer by 1.5.
      const pairs = (await totals({ rollout: 'r-9' })).filter(({ metric }) => metric !== '');
      expect(pairs).toMatchObject([
        { arm: 'candidate', metric: 'label/paired', answered: 6, sum: 2.5, sumSquares: 5.25 },
      ]);
    });

    test('halves of pairs are forgotten with the feedback of their time', async () => {
      const half = { maker: '0a1b2c3d4e5f', number: 1, at: instant(feedbackBegan) };
      const unitStretch = hourOf(feedbackBegan);
      const answers = { rollout: 'r-9', arm: 'candidate', unit: 1, user: '1', copy: '0' };
      await commit({ copies: [{ ...half, ...answers, unitStretch }] });
      await commit({ feedbackForgottenBefore: instant(feedbackBegan + 1) });
      await commit({ feedback: [feedbackSample(1, { value: '0', isForCopies: true })] });
      expect(await totals({ rollout: 'r-9' })).toEqual([]);
    });

    test('a unit counts once in each segment it is seen in, and once in the whole', async () => {
      const stretch = hourOf(feedbackBegan);
      const seen = (unit: number, segment?: string): Exposure => {
        const place = segment === undefined ? {} : { segment };
        return { rollout: 'r-1', arm: 'candidate', ...place, unit, stretch };
      };
      await commit({ exposures: [seen(1, 'eu'), seen(1, 'us'), seen(2, 'eu'), seen(3)] });
      await commit({ exposures: [seen(1, 'eu'), seen(1), seen(2)] });
      const sale = (number: number, segment: string | null, value: number) => {
        const place = segment === null ? {} : { segment };
        const said = { metric: 'sales', value, unit: 1, unitStretch: stretch };
        return feedbackSample(number, { ...said, ...place });
      };
      await commit({ feedback: [sale(1, 'eu', 2), sale(2, 'us', 3), sale(3, null, 5)] });
      await commit({ feedback: [sale(1, 'eu', 2), sale(4, 'eu', 1), sale(5, 'sa', 4)] });
      const found = (await totals({ rollout: 'r-1' })).map((one) => [
        one.metric,
        one.segment,
        one.metric === '' ? one.units : one.sum,
        one.sumSquares,
      ]);
      expect(found).toEqual([
        ['', undefined, 3, 0],
        ['', 'eu', 2, 0],
        ['', 'sa', 1, 0],
        ['', 'us', 1, 0],
        ['sales', undefined, 15, 225],
        ['sales', 'eu', 3, 9],
        ['sales', 'sa', 4, 16],
        ['sales', 'us', 3, 9],
      ]);
    });

    test('a change that conflicts leaves no trace of its feedback', async () => {
      const name = {
        kind: 'model',
        key: 'm',
        value: { name: 'm', createdAt: instant(1) },
      } as const;
      const result = await store().commit({
        ...emptyChange,
        puts: [{ ...name, expect: 4 }],
        feedback: [feedbackSample(1)],
      });
      expect(result).toMatchObject({ type: 'conflict' });
      expect(await cohorts()).toEqual([]);
      await commit({ feedback: [feedbackSample(1)] });
      expect(await cohorts()).toMatchObject([{ events: 1 }]);
    });

    test('it is found by endpoint, rollout and time, and is the reader’s own', async () => {
      const at = instant(feedbackBegan + DAY_MS);
      await commit({
        feedback: [
          feedbackSample(1),
          feedbackSample(2, { rollout: null, at, cohort: hourOf(at) }),
          feedbackSample(3, { endpoint: 'fraud' }),
        ],
      });
      expect(await cohorts({ endpoint: 'risk' })).toHaveLength(2);
      expect(await cohorts({ endpoint: 'risk', rollout: null })).toMatchObject([{ rollout: null }]);
      expect(await cohorts({ endpoint: 'risk', rollout: 'r-1' })).toHaveLength(1);
      const [late] = await cohorts({ from: hourOf(at).start });
      expect(late).toMatchObject({ rollout: null, events: 1 });
      if (late !== undefined) late.events = 99;
      expect((await cohorts({ from: hourOf(at).start }))[0]?.events).toBe(1);
      expect(await totals({ rollout: 'nobody' })).toEqual([]);
    });

    test('what is old is forgotten, and of it what had been seen', async () => {
      const old = feedbackSample(1);
      const at = instant(feedbackBegan + 100 * DAY_MS);
      const fresh = { at, cohort: hourOf(at), unitStretch: hourOf(at) };
      const young = feedbackSample(70_000, { rollout: 'r-2', ...fresh });
      const own = feedbackSample(2, { key: { type: 'own', id: 'a' }, rollout: null });
      await commit({ feedback: [old, young, own] });
      await commit({ feedbackForgottenBefore: instant(feedbackBegan + DAY_MS) });
      expect(await cohorts()).toMatchObject([{ rollout: 'r-2', events: 1 }]);
      expect((await totals()).map(({ rollout }) => rollout)).toEqual(['r-2', 'r-2']);
      await commit({ feedback: [young] });
      expect(await cohorts()).toMatchObject([{ rollout: 'r-2', events: 1 }]);
    });
  });
}
