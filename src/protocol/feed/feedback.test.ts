import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { originSample as origin, pieceSample as piece } from '../../../test/feedback-samples.ts';
import { Fault } from '../errors.ts';
import { parseFeedbackBatch } from './feedback.ts';

const batch = {
  schema: 1,
  gateway: 'g1',
  instance: 'i1',
  sequence: 1,
  origins: [origin],
  feedback: [piece],
  exposures: [{ rollout: 'r-1', arm: 'candidate', at: 4, units: [1, 2 ** 53 - 1] }],
  exposuresDropped: 0,
};

const exposed = (over: object) => ({ exposures: [{ ...batch.exposures[0], ...over }] });
const told = (over: object) => ({ feedback: [{ ...piece, ...over }] });
const about = (over: object) => told({ about: { ...piece.about, ...over } });

describe('a batch that makes no sense is refused, by place', () => {
  test.for([
    { what: 'another schema', over: { schema: 2 }, path: 'schema' },
    { what: 'no pieces', over: { feedback: null }, path: 'feedback' },
    { what: 'an origin that is not there', over: about({ origin: 1 }), path: '' },
    {
      what: 'a unit beyond 53 bits',
      over: about({ unit: 2 ** 53 }),
      path: 'feedback.0.about.unit',
    },
    { what: 'a negative time', over: about({ at: -1 }), path: 'feedback.0.about.at' },
    { what: 'no value', over: told({ value: null }), path: 'feedback.0.value' },
    { what: 'no metric', over: told({ metric: '' }), path: 'feedback.0.metric' },
    { what: 'half a unit', over: exposed({ units: [0.5] }), path: 'exposures.0.units.0' },
    { what: 'a nameless rollout', over: exposed({ rollout: '' }), path: 'exposures.0.rollout' },
    {
      what: 'a share beyond the whole',
      over: { origins: [{ ...origin, shareBps: 10_001 }] },
      path: 'origins.0.shareBps',
    },
  ])('$what', ({ over, path }) => {
    const refused = expect.objectContaining({ code: 'REQUEST_MALFORMED', path });
    expect(() => parseFeedbackBatch({ ...batch, ...over })).toThrow(refused);
  });

  test.for([null, 7, [], {}])('%j', (value) => {
    expect(() => parseFeedbackBatch(value)).toThrow(Fault);
  });
});

test('damaged batches are refused or are batches, and never anything else', () => {
  const text = JSON.stringify(batch);
  const damage = fc.record({
    at: fc.nat({ max: text.length - 1 }),
    length: fc.nat({ max: 20 }),
    by: fc.constantFrom('null', '-1', '[]', '{}', '""', '1e9', 'x'),
  });
  fc.assert(
    fc.property(damage, ({ at, length, by }) => {
      let value: unknown;
      try {
        value = JSON.parse(text.slice(0, at) + by + text.slice(at + length));
      } catch {
        return;
      }
      let code = '';
      try {
        parseFeedbackBatch(value);
      } catch (error) {
        code = error instanceof Fault ? error.code : 'another error';
      }
      expect(['', 'REQUEST_MALFORMED']).toContain(code);
    }),
    { numRuns: 500 },
  );
});
