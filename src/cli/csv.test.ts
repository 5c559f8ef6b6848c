import { describe, expect, test } from 'vitest';
import { readCsv } from './csv.ts';

describe('a CSV file', () => {
  test.each([
    { text: 'a,b\n1,2\n', rows: [['1', '2']] },
    {
      text: 'a,b\r\n1,2\r\n3,4',
      rows: [
        ['1', '2'],
        ['3', '4'],
      ],
    },
    { text: 'a,b\n"x, ""y""","two\nlines"\n', rows: [['x, "y"', 'two\nlines']] },
    {
      text: 'a,b\n,\n1,',
      rows: [
        ['', ''],
        ['1', ''],
      ],
    },
    { text: 'a,b', rows: [] },
  ])('$text', ({ text, rows }) => {
    expect(readCsv(text, 'f.csv')).toEqual({ head: ['a', 'b'], rows });
  });

  test.each([
    { text: '', says: /f\.csv is empty/ },
    { text: 'a,b\n1\n', says: /line 2 has 1 values, the first 2/ },
    { text: 'a,b\n"1,2\n', says: /quote that does not end/ },
  ])('$says', ({ text, says }) => {
    expect(() => readCsv(text, 'f.csv')).toThrow(says);
  });
});
