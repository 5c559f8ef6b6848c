import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../protocol/inference/tensor.ts';
import { hashOf, Quarantine, QUARANTINE_MAX, QUARANTINE_MS } from './quarantine.ts';

describe('what is known of inputs after a death', () => {
  test.for([
    { what: 'in work alone', deaths: [['a']], a: 'quarantined', b: 'none' },
    { what: 'in work with others', deaths: [['a', 'b']], a: 'suspect', b: 'suspect' },
    {
      what: 'first with others, then alone',
      deaths: [['a', 'b'], ['a']],
      a: 'quarantined',
      b: 'suspect',
    },
    {
      what: 'first alone, then with others',
      deaths: [['a'], ['a', 'b']],
      a: 'quarantined',
      b: 'suspect',
    },
    { what: 'not in work', deaths: [['c']], a: 'none', b: 'none' },
    { what: 'nothing in work', deaths: [[]], a: 'none', b: 'none' },
  ])('$what', ({ deaths, a, b }) => {
    const quarantine = new Quarantine();
    for (const hashes of deaths) quarantine.blame(hashes, 0);
    expect([quarantine.look('a', 1), quarantine.look('b', 1)]).toEqual([a, b]);
  });

  test('a suspect that was run alone is cleared, one that is proved is not', () => {
    const quarantine = new Quarantine();
    quarantine.blame(['a', 'b'], 0);
    quarantine.blame(['c'], 0);
    quarantine.clear('a');
    quarantine.clear('c');
    const seen = ['a', 'b', 'c'].map((hash) => quarantine.look(hash, 1));
    expect(seen).toEqual(['none', 'suspect', 'quarantined']);
    expect(quarantine.quarantined).toBe(1);
  });

  test('it is forgotten after a while', () => {
    const quarantine = new Quarantine();
    quarantine.blame(['a'], 0);
    expect(quarantine.look('a', QUARANTINE_MS - 1)).toBe('quarantined');
    expect(quarantine.look('a', QUARANTINE_MS)).toBe('none');
    expect(quarantine.isEmpty).toBe(true);
  });

  test('it is bounded, and the oldest goes first', () => {
    const quarantine = new Quarantine();
    for (let n = 0; n <= QUARANTINE_MAX; n += 1) quarantine.blame([`${n}`], n);
    expect(quarantine.quarantined).toBe(QUARANTINE_MAX);
    expect(quarantine.look('0', 0)).toBe('none');
    expect(quarantine.look('1', 0)).toBe('quarantined');
  });
});

test('inputs have one name exactly when the model sees the same', () => {
  const base: Tensor = { name: 'x', datatype: 'FP32', shape: [2, 1], data: Float32Array.of(1, 2) };
  const others: readonly Tensor[] = [
    base,
    { ...base, name: 'y' },
    { ...base, shape: [1, 2] },
    { ...base, datatype: 'INT32', data: Int32Array.of(1, 2) },
    { ...base, data: Float32Array.of(1, 3) },
    { ...base, datatype: 'BYTES', data: ['a', 'b'] },
    { ...base, datatype: 'BYTES', data: ['ab', ''] },
  ];
  const hashes = others.map((tensor) => hashOf([tensor]));
  expect(new Set(hashes).size).toBe(others.length);
  const part = Float32Array.of(0, 1, 2).subarray(1);
  expect(hashOf([{ ...base, data: part }])).toBe(hashOf([base]));
});
