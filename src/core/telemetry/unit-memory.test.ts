import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UNITS_REMEMBERED_MAX, UnitMemory } from './unit-memory.ts';

test('a unit is new once, whatever comes in between', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat(), { maxLength: 2_000 }), (units) => {
      const memory = new UnitMemory();
      const seen = new Set<number>();
      for (const unit of [...units, ...units]) {
        expect(memory.isNew(unit)).toBe(!seen.has(unit));
        seen.add(unit);
      }
    }),
    { numRuns: 30 },
  );
});

test('units that fall into one place are told apart', () => {
  const memory = new UnitMemory();
  const units = Array.from({ length: 100 }, (_, i) => i * 2 ** 32);
  expect(units.filter((unit) => memory.isNew(unit))).toEqual(units);
  expect(units.filter((unit) => memory.isNew(unit))).toEqual([]);
});

test('once it is full, nobody is new', () => {
  const memory = new UnitMemory();
  let news = 0;
  for (let i = 0; i < 2 * UNITS_REMEMBERED_MAX; i += 1) news += memory.isNew(i) ? 1 : 0;
  expect(news).toBe(UNITS_REMEMBERED_MAX);
});
