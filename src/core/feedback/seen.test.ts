import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addSeen, CHUNK_NUMBERS, emptyChunk } from './seen.ts';

const numbers = fc.array(fc.nat({ max: CHUNK_NUMBERS - 1 }), { maxLength: 300 });

describe('numbers that have been seen', () => {
  test('each is new once, as in a set', () => {
    fc.assert(
      fc.property(numbers, numbers, (first, then) => {
        const one = addSeen(emptyChunk, first);
        const two = addSeen(one.chunk, [...then, ...first]);
        const known = new Set<number>();
        const isNew = [...first, ...then, ...first].map((number) => {
          const before = known.size;
          return known.add(number).size > before;
        });
        expect([...one.isNew, ...two.isNew]).toEqual(isNew);
      }),
      { numRuns: 30 },
    );
  });

  test('few are a list of two bytes each; many are a bit each, and none is lost', () => {
    const few = Array.from({ length: 4_000 }, (_none, n) => n * 16);
    const many = Array.from({ length: 20_000 }, (_none, n) => n * 3);
    const list = addSeen(emptyChunk, few).chunk;
    expect(list.byteLength).toBe(8_000);
    const bits = addSeen(list, many).chunk;
    expect(bits.byteLength).toBe(8_192);
    const both = new Set([...few, ...many]);
    const all = Array.from({ length: CHUNK_NUMBERS }, (_none, n) => n);
    const { isNew } = addSeen(bits, all);
    expect(all.filter((n) => isNew[n] === false)).toEqual([...both].sort((a, b) => a - b));
  });

  test('what is looked at is not changed', () => {
    const before = addSeen(emptyChunk, [1, 2, 3]).chunk;
    addSeen(before, [4]);
    expect([...before]).toEqual([1, 2, 3]);
  });

  test.for([-1, CHUNK_NUMBERS])('%d is of another chunk', (number) => {
    expect(() => addSeen(emptyChunk, [number])).toThrow(/another chunk/);
  });
});
