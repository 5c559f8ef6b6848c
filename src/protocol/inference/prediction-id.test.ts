import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instant } from '../../core/lib/units.ts';
import { sha256Hex } from '../../core/lib/sha256.ts';
import {
  makePredictionId,
  predictionIdPrefix,
  predictionMoment,
  readPredictionId,
} from './prediction-id.ts';
import type { Mac } from './prediction-id.ts';

const macWith =
  (key: string): Mac =>
  (text) =>
    sha256Hex(`${key}${text}${key}`).slice(0, 22);
const mac = macWith('secret');

const identity = fc.record({
  endpoint: fc.string({ minLength: 1, unit: 'grapheme' }),
  arm: fc.string({ minLength: 1 }),
  version: fc.integer({ min: 1 }),
  generation: fc.nat(),
  at: fc.nat({ max: 4e12 }).map(instant),
  nonce: fc.stringMatching(/^[0-9a-z]{1,20}$/),
});

const idOf = ({ at, nonce, ...made }: ReturnType<typeof sample>): string =>
  makePredictionId(predictionIdPrefix(made), predictionMoment(at, nonce), mac);
const sample = () => fc.sample(identity, { numRuns: 1, seed: 1 })[0] ?? never();
const never = (): never => {
  throw new Error('no sample');
};

test('an id says all that went into it', () => {
  fc.assert(
    fc.property(identity, (made) => {
      expect(readPredictionId(idOf(made), mac)).toEqual(made);
    }),
  );
});

test('it is safe in a header, a path and a JSON string', () => {
  fc.assert(
    fc.property(identity, (made) => {
      expect(idOf(made)).toMatch(/^[\w.-]+$/);
    }),
  );
});

test('changing any character, or the key, makes it none', () => {
  const id = idOf(sample());
  for (let at = 0; at < id.length; at += 1) {
    const other = id[at] === 'A' ? 'B' : 'A';
    expect(readPredictionId(id.slice(0, at) + other + id.slice(at + 1), mac)).toBeNull();
  }
  expect(readPredictionId(id, macWith('other'))).toBeNull();
});

test.for(['', 'p1', 'p1...', 'p2.e30.0-0.aaaaaaaaaaaaaaaaaaaaaa', 'x'.repeat(1e6)])(
  'text %# is none',
  (text) => {
    expect(readPredictionId(text, mac)).toBeNull();
  },
);
