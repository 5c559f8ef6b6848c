import { describe, expect, test } from 'vitest';
import { prng } from '../core/lib/prng.ts';
import { Fault } from '../protocol/errors.ts';
import { mutantOf } from '../../test/fuzz/onnx-mutator.ts';
import { bytesOf, treeOf } from '../../test/fuzz/onnx-tree.ts';
import { seeds } from '../../test/fuzz/seeds.ts';
import { inspect } from './registry.ts';

/** Mutants of each seed; more than 10 000 in all. */
const MUTANTS = 300;

test.for(seeds)('the mutator reads and writes $name unchanged', ({ file }) => {
  expect(Buffer.from(bytesOf(treeOf(file))).equals(file)).toBe(true);
});

test('there are enough mutants', () => {
  expect(seeds.length * MUTANTS).toBeGreaterThanOrEqual(10_000);
});

describe('mutants', () => {
  const codes = new Map<string, number>();

  test.for(seeds)('of $name are admitted or refused with a code', ({ name, file }) => {
    const rng = prng(name);
    for (let count = 0; count < MUTANTS; count += 1) {
      const code = outcome(mutantOf(file, rng));
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('reach every check of the walk', () => {
    const expected = [
      'TRUNCATED MALFORMED TRAILING_BYTES LIMIT VERSION',
      'OPERATOR TENSOR NAMES TYPE SIGNATURE',
    ].flatMap((line) => line.split(' ').map((check) => `ONNX_${check}`));
    expect([...codes.keys()]).toEqual(expect.arrayContaining(expected));
    expect(codes.get('admitted')).toBeGreaterThan(100);
  });
});

/** Anything but a coded fault is thrown on, and fails the test. */
function outcome(file: Uint8Array): string {
  try {
    const { signature } = inspect(file);
    return signature.inputs.length > 0 ? 'admitted' : 'admitted without inputs';
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
}
