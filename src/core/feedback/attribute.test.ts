import { describe, expect, test } from 'vitest';
import { plainRoute, rolloutRoute } from '../../../test/gateway/tables.ts';
import { assign } from '../routing/assign.ts';
import { compileWhole } from '../routing/lanes.ts';
import { compileSlice, inSlice } from '../routing/slice.ts';
import type { Route } from '../routing/table.ts';
import { bps, instant } from '../lib/units.ts';
import { attributeMade, attributeUnit } from './attribute.ts';
import type { Made, PlacedSpan, Said } from './attribute.ts';
import { spanAt } from './route-span.ts';

const said: Said = { metric: 'label', value: '1', id: null, receivedAt: instant(2e12) };
const fine = { maturityMs: 24_000, bucketMs: 1_000 };
const made: Made = {
  endpoint: 'risk',
  version: 1,
  rollout: 'r-1',
  revision: 4,
  assigned: 'candidate',
  shareBps: bps(500),
  nonce: '0a1b2c3d4e5fzz',
  unit: 12,
  at: instant(1_790_000_012_345),
  predicted: { label: '1', score: null },
};

describe('feedback about a prediction', () => {
  test('belongs to the arm that was assigned, and the version that answered', () => {
    expect(attributeMade(made, said, fine)).toMatchObject({
      key: { type: 'prediction', maker: '0a1b2c3d4e5f', number: 35 * 36 + 35 },
      arm: 'candidate',
      version: 1,
      shareBps: 500,
      cohort: { start: 1_790_000_012_000, widthMs: 1_000 },
      unitStretch: { start: 1_790_000_010_000, widthMs: 10_000 },
    });
  });

  test('is of the segment its id names, and of none where it names none', () => {
    expect(attributeMade({ ...made, segment: 'eu' }, said, fine)).toMatchObject({ segment: 'eu' });
    expect(attributeMade(made, said, fine)).not.toHaveProperty('segment');
  });

  test.for([
    { what: 'a name of the sender’s', id: 'order-1', nonce: made.nonce, key: 'order-1' },
    { what: 'a nonce of another make', id: null, nonce: 'abc', key: 'abc' },
    { what: 'a number no gateway gets to', id: null, nonce: `${'a'.repeat(12)}${'z'.repeat(12)}` },
  ])('is told from others by $what', ({ id, nonce, key = nonce }) => {
    const row = attributeMade({ ...made, nonce }, { ...said, id }, fine);
    expect(row.key).toEqual({ type: 'own', id: key });
  });

  test('whose id says no revision has none', () => {
    const old = { ...made, rollout: null, revision: null, shareBps: null, unit: null };
    expect(attributeMade(old, said, fine)).toMatchObject({
      rollout: null,
      revision: 0,
      unit: null,
    });
  });
});

describe('feedback about a unit and a time', () => {
  const spanOf = (from: number, over: Parameters<typeof rolloutRoute>[1] = {}): PlacedSpan =>
    placed(from, rolloutRoute(5_000, over));
  const placed = (from: number, route: Route): PlacedSpan => {
    const { endpoint } = route;
    return { endpoint, from: instant(from), generation: 3, route, ...compileWhole(route) };
  };
  const attribute = (unit: string, span: PlacedSpan | null) =>
    attributeUnit(
      { endpoint: 'risk', at: instant(50), unitDigest: `#${unit}`, unit, span },
      said,
      fine,
    );

  test('belongs to the arm of the test whose slice the unit was in', () => {
    const salt = 'cd'.repeat(16);
    const slice = { salt, fromBps: bps(0), toBps: bps(5_000) };
    const own = rolloutRoute(5_000, { rollout: 'r-lane' });
    const span = placed(0, plainRoute({ lanes: [{ slice, route: own }] }));
    const inside = compileSlice(slice);
    for (const unit of ['ada', 'bob', 'cy', 'dee', 'eve', 'fay']) {
      const isIn = inSlice(unit, inside);
      expect(attribute(unit, span)).toMatchObject({ rollout: isIn ? 'r-lane' : null });
    }
    expect(
      new Set(['ada', 'bob', 'cy', 'dee', 'eve', 'fay'].map((one) => inSlice(one, inside))),
    ).toEqual(new Set([true, false]));
  });

  test('where segments have shares of their own, nobody knows which arm it had', () => {
    const { split } = rolloutRoute(5_000);
    const row = attribute('ada', spanOf(0, { segmentSplits: [split] }));
    expect(row).toMatchObject({ rollout: null, arm: 'unknown', unit: null });
  });

  test('belongs to the arm the unit had', () => {
    const span = spanOf(0);
    for (const unit of ['ada', 'bob', 'cy', 'dee', 'eve']) {
      const chosen = assign(span.compiled, unit);
      const isCandidate = chosen.armIndex === 1;
      expect(attribute(unit, span)).toMatchObject({
        key: { type: 'own', id: `#${unit}@50` },
        arm: isCandidate ? 'candidate' : 'baseline',
        version: isCandidate ? 2 : 1,
        unit: chosen.unit,
        rollout: 'r-1',
        predicted: { label: null, score: null },
      });
    }
  });

  test.for([
    { share: 0, rollout: null },
    { share: 1, rollout: 'r-1' },
    { share: 10_000, rollout: 'r-1' },
  ])('takes part in a rollout whose candidate has $share: $rollout', ({ share, rollout }) => {
    expect(attribute('ada', placed(0, rolloutRoute(share)))).toMatchObject({
      rollout,
      version: share === 10_000 ? 2 : 1,
    });
  });

  const nobody = { arm: 'unknown', version: 0, rollout: null, unit: null };
  test.for([
    { what: 'before anything is known', span: null },
    { what: 'where an audience decided', span: spanOf(0, { audience: 'group == dev' }) },
  ])('belongs to nobody $what', ({ span }) => {
    expect(attribute('ada', span)).toMatchObject(nobody);
  });

  test('is looked up in the span its time is in', () => {
    const spans = [spanOf(10), spanOf(20), spanOf(30)];
    const startAt = (at: number) => spanAt(spans, instant(at))?.from ?? null;
    expect([9, 10, 19.5, 20, 1e12].map(startAt)).toEqual([null, 10, 10, 20, 30]);
  });
});
