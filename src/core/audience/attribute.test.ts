import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ATTRIBUTE_TYPES, attributeValue } from './attribute.ts';

test.each([
  { type: 'text', raw: 'dev', value: 'dev' },
  { type: 'text', raw: '', value: '' },
  { type: 'text', raw: 5, value: undefined },
  { type: 'text', raw: 'x'.repeat(257), value: undefined },
  { type: 'text', raw: undefined, value: undefined },
  { type: 'number', raw: '18', value: 18 },
  { type: 'number', raw: '-1.5e3', value: -1_500 },
  { type: 'number', raw: 18, value: 18 },
  { type: 'number', raw: 2n ** 60n, value: 2 ** 60 },
  { type: 'number', raw: '', value: undefined },
  { type: 'number', raw: ' 18', value: undefined },
  { type: 'number', raw: '0x12', value: undefined },
  { type: 'number', raw: '1e999', value: undefined },
  { type: 'number', raw: 'NaN', value: undefined },
  { type: 'number', raw: Number.NaN, value: undefined },
  { type: 'number', raw: 10n ** 400n, value: undefined },
  { type: 'number', raw: true, value: undefined },
  { type: 'boolean', raw: 'true', value: true },
  { type: 'boolean', raw: 'false', value: false },
  { type: 'boolean', raw: false, value: false },
  { type: 'boolean', raw: 'TRUE', value: undefined },
  { type: 'boolean', raw: '1', value: undefined },
  { type: 'boolean', raw: 1, value: undefined },
  { type: 'boolean', raw: null, value: undefined },
] as const)('$raw as a $type is $value', ({ type, raw, value }) => {
  expect(attributeValue(type, raw)).toBe(value);
});

test('whatever is sent is a value of the type, or missing', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ATTRIBUTE_TYPES),
      fc.anything({ withBigInt: true }),
      (type, raw) => {
        const value = attributeValue(type, raw);
        const typed = { text: 'string', number: 'number', boolean: 'boolean' }[type];
        expect(value === undefined || typeof value === typed).toBe(true);
        expect(value).not.toBeNaN();
      },
    ),
  );
});
