import { describe, expect, test } from 'vitest';
import type { Entropy } from './entropy.ts';

/** What every source of chance must do. */
export function entropyContract(name: string, setUp: () => Entropy): void {
  describe(`entropy: ${name}`, () => {
    test.for([0, 1, 16, 1_000])('%i bytes are as many', (count) => {
      expect(setUp().bytes(count)).toHaveLength(count);
    });

    test('two draws differ', () => {
      const entropy = setUp();
      expect(entropy.bytes(16)).not.toEqual(entropy.bytes(16));
    });

    test('every value occurs', () => {
      expect(new Set(setUp().bytes(20_000)).size).toBe(256);
    });
  });
}
