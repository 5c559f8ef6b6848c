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
import type { Mac, PredictionIdentity } from './prediction-id.ts';
import { predictedText } from './predicted-text.ts';

const macWith =
  (key: string): Mac =>
  (text) =>
    sha256Hex(`${key}${text}${key}`).slice(0, 22);
const mac = macWith('secret');

const name = fc.string({ minLength: 1, unit: 'grapheme' });
const score = fc.record({
  kind: fc.constantFrom('value' as const, 'positive' as const, 'top' as const),
  value: fc.float({ noNaN: true, noDefaultInfinity: true }),
});
const unsegmented = fc.record({
  endpoint: name,
  arm: name,
  version: fc.integer({ min: 1 }),
  generation: fc.nat(),
  rollout: fc.option(name),
  revision: fc.option(fc.nat()),
  assigned: name,
  shareBps: fc.option(fc.integer({ min: 0, max: 10_000 })),
});
const segmented = fc.tuple(unsegmented, name).map(([made, segment]) => ({ ...made, segment }));
const origin = fc.oneof(unsegmented, segmented);
const identity = fc.record({
  origin,
  at: fc.nat({ max: 4e12 }).map(instant),
  nonce: fc.stringMatching(/^[0-9a-z]{1,20}$/),
  unit: fc.option(fc.maxSafeNat()),
  predicted: fc.record({
    label: fc.option(fc.string({ minLength: 1, maxLength: 40 })),
    score: fc.option(score),
  }),
});
type Identity = PredictionIdentity;

function idOf({ at, nonce, unit, predicted, origin: made }: Identity): string {
  const text = predictedText(predicted.label, predicted.score);
  const answer = { moment: predictionMoment(at, nonce), unit, predicted: text };
  return makePredictionId(predictionIdPrefix(made), answer, mac);
}
const sample = (): Identity => fc.sample(identity, { numRuns: 1, seed: 1 })[0] ?? never();
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

test('an id of the first form says what it always said', () => {
  const made = btoa(JSON.stringify(['risk', 'candidate', 2, 7])).replaceAll('=', '');
  const text = `p1.${made}.${(1e12).toString(36)}-abc1`;
  expect(readPredictionId(`${text}.${mac(text)}`, mac)).toEqual({
    origin: {
      endpoint: 'risk',
      arm: 'candidate',
      version: 2,
      generation: 7,
      rollout: null,
      revision: null,
      assigned: 'candidate',
      shareBps: null,
    },
    at: 1e12,
    nonce: 'abc1',
    unit: null,
    predicted: { label: null, score: null },
  });
});

test('an id is short: what it says beyond the first form costs a few dozen characters', () => {
  const made = { endpoint: 'risk', arm: 'candidate', version: 12, generation: 345 };
  const route = { rollout: 'r-01k9x', revision: 17, assigned: 'candidate', shareBps: 500 };
  const prefix = predictionIdPrefix({ ...made, ...route });
  const moment = predictionMoment(instant(1.79e12), '0a1b2c3d4e5f12345');
  const predicted = predictedText('1', { kind: 'positive', value: 0.93 });
  const id = makePredictionId(prefix, { moment, unit: 2 ** 53 - 1, predicted }, mac);
  expect(id.length).toBeLessThanOrEqual(145);
});

test.for(['', 'p1', 'p1...', 'p3.e30.0-0.aaaaaaaaaaaaaaaaaaaaaa', 'x'.repeat(1e6)])(
  'text %# is none',
  (text) => {
    expect(readPredictionId(text, mac)).toBeNull();
  },
);
