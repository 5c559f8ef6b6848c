import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TensorSpec } from '../catalog/signature.ts';
import { bps } from '../lib/units.ts';
import { compileSample, isKept } from './logging.ts';
import type { RedactRule } from './logging.ts';
import { compileRedaction, redactionAt, redactTarget, unitRedaction } from './redaction.ts';

const spec = (name: string, ...shape: readonly number[]): TensorSpec => ({
  name,
  datatype: 'FP32',
  shape,
});
const rule = (pointer: string, as: RedactRule['as'] = 'constant'): RedactRule => ({ pointer, as });

/** Which elements of a tensor of this shape are replaced. */
function replaced(rules: readonly RedactRule[], specs: readonly TensorSpec[], shape: number[]) {
  const [first] = specs;
  const compiled = compileRedaction(rules, 'features', specs).tensors.get(first?.name ?? '');
  if (compiled === undefined) return [];
  const at = redactionAt(compiled, shape);
  const count = shape.reduce((product, size) => product * size, 1);
  return Array.from({ length: count }, (_, flat) => flat).filter((flat) => at(flat) !== null);
}

test.for([
  { pointer: '/unit', target: { side: 'unit' } },
  { pointer: '/features', target: { side: 'features', path: [] } },
  { pointer: '/features/a~1b/0', target: { side: 'features', path: ['a/b', '0'] } },
  { pointer: '/outputs/y', target: { side: 'outputs', path: ['y'] } },
  { pointer: 'features/3', target: null },
  { pointer: '/feature/3', target: null },
  { pointer: '/unit/0', target: null },
  { pointer: '/features/a/0/1', target: null },
  { pointer: '', target: null },
])('$pointer is about $target', ({ pointer, target }) => {
  expect(redactTarget(pointer)).toEqual(target);
});

describe('what a rule replaces', () => {
  const one = [spec('x', -1, 3)];
  test.for([
    {
      what: 'a column of every row',
      pointer: '/features/1',
      specs: one,
      shape: [2, 3],
      at: [1, 4],
    },
    { what: 'by name', pointer: '/features/x', specs: one, shape: [1, 3], at: [0, 1, 2] },
    { what: 'by name and place', pointer: '/features/x/2', specs: one, shape: [2, 3], at: [2, 5] },
    { what: 'everything', pointer: '/features', specs: one, shape: [1, 3], at: [0, 1, 2] },
    { what: 'the other side', pointer: '/outputs/x', specs: one, shape: [1, 3], at: [] },
    {
      what: 'an input of several by its place',
      pointer: '/features/0',
      specs: [spec('age', -1, 1), spec('sex', -1, 1)],
      shape: [2, 1],
      at: [0, 1],
    },
    {
      what: 'a value a row',
      pointer: '/features/x/0',
      specs: [spec('x', -1)],
      shape: [3],
      at: [0, 1, 2],
    },
    {
      what: 'a place of a tensor without a batch',
      pointer: '/features/1',
      specs: [spec('x', 4)],
      shape: [4],
      at: [1],
    },
    {
      what: 'a channel of pictures',
      pointer: '/features/1',
      specs: [spec('x', -1, 2, 2)],
      shape: [2, 2, 2],
      at: [2, 3, 6, 7],
    },
    {
      what: 'an input whose name is a number before any place',
      pointer: '/features/1',
      specs: [spec('1', -1, 2)],
      shape: [1, 2],
      at: [0, 1],
    },
  ])('$what', ({ pointer, specs, shape, at }) => {
    expect(replaced([rule(pointer)], specs, shape)).toEqual(at);
  });

  test.for([
    { pointer: '/features/agee', specs: [spec('age', -1, 1)] },
    { pointer: '/features/3', specs: [spec('x', -1, 3)] },
    { pointer: '/features/x/03', specs: [spec('x', -1, 8)] },
    { pointer: '/features/2', specs: [spec('a', -1), spec('b', -1)] },
    { pointer: '/features/a/1', specs: [spec('a', -1)] },
    { pointer: '/features/0', specs: [] },
  ])('$pointer names nothing: that is said', ({ pointer, specs }) => {
    const { tensors, unknown } = compileRedaction([rule(pointer)], 'features', specs);
    expect(unknown).toEqual([pointer]);
    expect(tensors.size).toBe(0);
  });

  test('of two rules for one value the one that tells less counts, in any order', () => {
    const rules = [rule('/features/x', 'digest'), rule('/features/1', 'constant')];
    for (const ordered of [rules, rules.toReversed()]) {
      const { tensors } = compileRedaction(ordered, 'features', one);
      const found = tensors.get('x');
      expect(found).toBeDefined();
      const at = found === undefined ? null : redactionAt(found, [1, 3]);
      expect([0, 1, 2].map((flat) => at?.(flat)?.as)).toEqual(['digest', 'constant', 'digest']);
    }
  });

  test('the unit has a rule of its own', () => {
    expect(unitRedaction([])).toBeNull();
    expect(unitRedaction([rule('/features')])).toBeNull();
    expect(unitRedaction([rule('/unit', 'digest')])).toBe('digest');
    expect(unitRedaction([rule('/unit', 'digest'), rule('/unit')])).toBe('constant');
  });
});

describe('the sample', () => {
  const salt = '000102030405060708090a0b0c0d0e0f';
  const units = Array.from({ length: 20_000 }, (_, at) => `user-${at}`);
  const kept = (share: number) =>
    units.filter((unit) => isKept(compileSample(salt, bps(share)), unit));

  test('is as large as was asked for, within four standard deviations', () => {
    expect(kept(0)).toEqual([]);
    expect(kept(10_000)).toEqual(units);
    const sd = Math.sqrt(20_000 * 0.1 * 0.9);
    expect(Math.abs(kept(1_000).length - 2_000)).toBeLessThan(4 * sd);
  });

  test('keeps whom a smaller one had', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(10_000), fc.nat(10_000), (unit, one, other) => {
        const [small, large] = one < other ? [one, other] : [other, one];
        const inSmall = isKept(compileSample(salt, bps(small)), unit);
        expect(!inSmall || isKept(compileSample(salt, bps(large)), unit)).toBe(true);
      }),
    );
  });
});
