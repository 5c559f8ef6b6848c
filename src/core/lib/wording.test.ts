import { describe, expect, test } from 'vitest';
import { count, duration, factor, latency, list, percent, plural } from './wording.ts';

describe('numbers as people read them', () => {
  test.for([
    [0, '0 %'],
    [0.00039, '0.039 %'],
    [0.0025, '0.25 %'],
    [0.005, '0.5 %'],
    [0.01, '1 %'],
    [0.0125, '1.3 %'],
    [0.25, '25 %'],
    [0.999, 'nearly 100 %'],
    [1, '100 %'],
  ] as const)('the rate %s is %s', ([rate, text]) => expect(percent(rate)).toBe(text));

  test.for([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [1_234_567, '1,234,567'],
    [2.25, '2.3'],
    [2.04, '2'],
  ] as const)('the count %s is %s', ([value, text]) => expect(count(value)).toBe(text));

  test.for([
    [0, '0 s'],
    [250, '250 ms'],
    [59_600, '1 min'],
    [90_000, '1 min 30 s'],
    [3_599_999, '1 h'],
    [12_000_000, '3 h 20 min'],
    [183_600_000, '2 d 3 h'],
    [Infinity, 'for ever'],
  ] as const)('%s ms are %s', ([ms, text]) => expect(duration(ms)).toBe(text));

  test.for([
    [5.4361, '5.44 ms'],
    [412.4, '412 ms'],
    [2_120, '2.12 s'],
  ] as const)('the latency %s is %s', ([ms, text]) => expect(latency(ms)).toBe(text));

  test.for([
    [0.25, '0.25'],
    [1.4, '1.4'],
    [3, '3'],
    [29.4, '29'],
    [Infinity, 'any number of'],
  ] as const)('the factor %s is %s', ([value, text]) => expect(factor(value)).toBe(text));

  test('lists and plurals', () => {
    expect(list([])).toBe('');
    expect(list(['a'])).toBe('a');
    expect(list(['a', 'b', 'c'])).toBe('a, b and c');
    expect(plural(1, 'check')).toBe('1 check');
    expect(plural(2_000, 'check')).toBe('2,000 checks');
  });
});
