import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WHOLE_BPS, bps } from '../../core/lib/units.ts';
import { durationSchema, durationText, shareSchema, shareText } from './quantities.ts';

test.for([
  [0, '0ms'],
  [250, '250ms'],
  [10_000, '10s'],
  [90_000, '1m30s'],
  [226_800_000, '2d15h'],
] as const)('%i ms are written %s', ([ms, text]) => {
  expect(durationText(ms)).toBe(text);
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.nat(90 * 86_400_000), (ms) => {
      expect(durationSchema.parse(durationText(ms))).toBe(ms);
    }),
  );
  fc.assert(
    fc.property(fc.nat(WHOLE_BPS), (share) => {
      expect(shareSchema.parse(shareText(share))).toBe(bps(share));
    }),
  );
});
