import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noUnits } from '../feedback/outcome.ts';
import type { ArmOutcome, MetricOutcome } from '../feedback/outcome.ts';
import { instant } from '../lib/units.ts';
import { outcomeSample, spread, yesNo } from '../../../test/outcome-samples.ts';
import { rolloutSample } from '../../../test/samples.ts';
import { apply } from '../rollout/apply.ts';
import { OUTCOMES_CHARS_MAX, outcomesIn, transitionDraft } from './record.ts';
import type { Judged } from './record.ts';
import { packOutcomes, unpackOutcomes } from './packed-outcomes.ts';
import type { PackedOutcomes } from './packed-outcomes.ts';

/** As it comes back from an audit log. */
const stored = (packed: PackedOutcomes): PackedOutcomes =>
  JSON.parse(JSON.stringify(packed)) as PackedOutcomes;

test('what was packed comes out as it was, to the last bit', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0);
  const sums = fc.record({
    units: fc.nat(),
    answered: fc.nat(),
    events: fc.nat(),
    sum: number,
    sumSquares: number,
    eventsSquares: fc.nat(),
    products: number,
  });
  const cohort = fc
    .record({
      start: fc.nat({ max: 2 ** 40 }),
      widthMs: fc.integer({ min: 1, max: 3_600_000 }),
      sums,
    })
    .map(({ start, widthMs, sums: own }) => ({
      stretch: { start: instant(start), widthMs },
      ...own,
    }));
  const arm = fc.array(cohort, { maxLength: 20 }).map((cohorts): ArmOutcome => ({
    ...noUnits,
    arm: 'candidate',
    version: 2,
    provisionalUnits: 3,
    provisional: noUnits,
    epochs: [],
    cohorts,
  }));
  fc.assert(
    fc.property(fc.array(arm, { maxLength: 3 }), (arms) => {
      const outcomes: readonly MetricOutcome[] = [
        { metric: 'label', asOf: instant(9), maturityMs: 5, arms },
      ];
      expect(unpackOutcomes(stored(packOutcomes(outcomes)))).toEqual(
        JSON.parse(JSON.stringify(outcomes)),
      );
    }),
  );
});

test('it takes about a quarter of the text', () => {
  const days = Array.from({ length: 500 }, (_, n) => [yesNo(900 + n, 700), spread(100, 3.25, 2)]);
  const outcomes = [outcomeSample('label', days, { widthMs: 600_000 })];
  const [plain, packed] = [outcomes, packOutcomes(outcomes)].map(
    (one) => JSON.stringify(one).length,
  );
  expect((packed ?? 0) / (plain ?? 1)).toBeLessThan(0.4);
});

test('segments are packed with the whole', () => {
  const [outcome] = [outcomeSample('label', [[yesNo(1, 1)]], { widthMs: 1 })];
  const told = [{ ...outcome, segments: [{ segment: 'eu', arms: outcome.arms }] }];
  expect(unpackOutcomes(stored(packOutcomes(told)))).toEqual(told);
});

test.for([
  { stretches: 10, kept: 'as it is' },
  { stretches: 2_000, kept: 'packed' },
  { stretches: 10_000, kept: 'not' },
])('of $stretches stretches of both arms it is kept: $kept', ({ stretches, kept }) => {
  const days = Array.from({ length: stretches }, (_, n) => [yesNo(90 + (n % 9), 7), yesNo(9, 7)]);
  const outcomes = [outcomeSample('label', days, { widthMs: 600_000 })];
  const rollout = rolloutSample('risk', 'advancing');
  const now = rollout.createdAt;
  const decision = { type: 'advance', stage: 1, reason: 'so it is' } as const;
  const transition = apply({ rollout, endpoint: null, now }, decision);
  if (transition === null) throw new Error('it advances');
  const fleet = { published: 1, since: 1, confirmed: [], others: [] };
  const judged: Judged = { at: now, revision: 3, outcomes, grounds: [], fleet };
  const said = { verdicts: [], judged, program: '1' };
  const { detail } = transitionDraft(transition, said, now) as { detail: { judged: Judged } };
  const found = outcomesIn(detail.judged);
  expect(found).toEqual(kept === 'not' ? null : outcomes);
  expect(detail.judged.outcomes === outcomes).toBe(kept === 'as it is');
  expect(JSON.stringify(detail.judged.outcomes).length).toBeLessThanOrEqual(OUTCOMES_CHARS_MAX);
  // What was kept is kept alike when it is decided again.
  const again = transitionDraft(transition, { ...said, judged: detail.judged }, now);
  expect(again.detail).toEqual(detail);
});
