import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { paintWith, printable, wantsColor, widthOf } from './paint.ts';
import { renderFacts, renderTable } from './table.ts';
import { bytes, count, duration, millis, percent, share } from './wording.ts';

const plain = { paint: paintWith(false), columnsMax: 40 };

describe('tables', () => {
  const columns = [{ title: 'NAME' }, { title: 'N', right: true as const }, { title: 'WHY' }];

  test('columns line up, numbers to the right', () => {
    const rows = [
      ['a', '1', 'short'],
      ['longer', '1000', 'why'],
    ];
    expect(renderTable(columns, rows, plain)).toBe(
      'NAME       N  WHY\na          1  short\nlonger  1000  why',
    );
  });

  test('the last column is cut at the edge, and a pipe has none', () => {
    const rows = [['a', '1', 'x'.repeat(100)]];
    const [, cut = ''] = renderTable(columns, rows, plain).split('\n');
    expect([widthOf(cut), cut.endsWith('…')]).toEqual([40, true]);
    const [, whole = ''] = renderTable(columns, rows, { ...plain, columnsMax: 1e5 }).split('\n');
    expect(whole).toContain('x'.repeat(100));
  });

  test('an empty table has its titles', () => {
    expect(renderTable(columns, [], plain)).toBe('NAME  N  WHY');
  });

  test('colours do not shift columns', () => {
    const rows = [
      [{ text: 'ok', style: 'good' as const }, '1', 'w'],
      ['not ok', '2', 'w'],
    ];
    const painted = renderTable(columns, rows, { ...plain, paint: paintWith(true) });
    expect(painted).toContain('\u{1b}[32m');
    const bare = renderTable(columns, rows, plain);
    expect(painted.split('\n').map(widthOf)).toEqual(bare.split('\n').map(widthOf));
  });

  test('facts of several lines stand below each other', () => {
    const facts = [
      ['one', 'a\nb'],
      ['longer', 'c'],
    ] as const;
    expect(renderFacts(facts, plain)).toBe('one     a\n        b\nlonger  c');
  });
});

describe('text that others wrote', () => {
  test('cannot steer a terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      }),
    );
  });

  test.for([
    { text: '\u{1b}[2Jgone', shown: 'gone' },
    { text: 'a\u{202e}b', shown: 'a b' },
    { text: 'a\nb', shown: 'a b' },
    { text: 'größer → 5 %', shown: 'größer → 5 %' },
  ])('$text is shown as $shown', ({ text, shown }) => {
    expect(printable(text)).toBe(shown);
  });
});

test.for([
  { environment: {}, isTty: true, flag: true, wants: true },
  { environment: {}, isTty: false, flag: true, wants: false },
  { environment: {}, isTty: true, flag: false, wants: false },
  { environment: { NO_COLOR: '1' }, isTty: true, flag: true, wants: false },
  { environment: { NO_COLOR: '' }, isTty: true, flag: true, wants: true },
  { environment: { TERM: 'dumb' }, isTty: true, flag: true, wants: false },
])('colours with $environment, terminal $isTty, flag $flag: $wants', (row) => {
  expect(wantsColor(row.environment, row)).toBe(row.wants);
});

describe('numbers for people', () => {
  test.for([
    { ms: 0, text: '0 ms' },
    { ms: 999, text: '999 ms' },
    { ms: 12_000, text: '12 s' },
    { ms: 60_000, text: '1 min' },
    { ms: 185_000, text: '3 min 5 s' },
    { ms: 7_800_000, text: '2 h 10 min' },
    { ms: 352_800_000, text: '4 d 2 h' },
  ])('$ms ms is $text', ({ ms, text }) => {
    expect(duration(ms)).toBe(text);
  });

  test('shares, rates, latencies, sizes and counts', () => {
    expect([share(0), share(1), share(33), share(10_000)]).toEqual([
      '0%',
      '0.01%',
      '0.33%',
      '100%',
    ]);
    expect([percent(0), percent(0.999_9), percent(1), percent(null)]).toEqual([
      '0%',
      '99.99%',
      '100%',
      '–',
    ]);
    expect([millis(0.5), millis(12.34), millis(1_234.5), millis(null)]).toEqual([
      '0.50',
      '12.3',
      '1235',
      '–',
    ]);
    expect([bytes(10), bytes(2_048), bytes(300 * 1_048_576)]).toEqual([
      '10 B',
      '2.0 KiB',
      '300 MiB',
    ]);
    expect([count(7), count(1_234), count(1_234_567)]).toEqual(['7', '1,234', '1,234,567']);
  });
});
