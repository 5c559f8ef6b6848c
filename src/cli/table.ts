import { printable, widthOf } from './paint.ts';
import type { Paint, Style } from './paint.ts';

/** A cell: a text, perhaps with a style. */
export type Cell = string | { readonly text: string; readonly style: Style };

/** A column; numbers stand to the right. */
export type Column = { readonly title: string; readonly right?: true };

/** What a table is drawn with. */
export type Surface = { readonly paint: Paint; readonly columnsMax: number };

const GAP = '  ';
/** A last column narrower than this is not cut: cutting would leave nothing to read. */
const CUT_MIN = 12;

/** A table without lines: titles, then the rows. The last column is cut at the window’s edge. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { paint, columnsMax }: Surface,
): string {
  const texts = rows.map((row) => columns.map((_column, at) => textOf(row[at] ?? '')));
  const widths = columns.map(({ title }, at) =>
    Math.max(widthOf(title), ...texts.map((row) => widthOf(row[at] ?? ''))),
  );
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
  const lastMax = Math.max(columnsMax - before, CUT_MIN);
  const line = (cells: readonly string[], styleOf: (at: number) => Style): string =>
    cells
      .map((text, at) => {
        const isLast = at === columns.length - 1;
        const shown = isLast ? cut(text, lastMax) : text;
        const space = ' '.repeat(Math.max(0, (widths[at] ?? 0) - widthOf(shown)));
        const painted = paint(styleOf(at), shown);
        if (columns[at]?.right === true) return space + painted;
        return isLast ? painted : painted + space;
      })
      .join(GAP)
      .trimEnd();
  const head = line(
    columns.map(({ title }) => title),
    () => 'dim',
  );
  const body = texts.map((row, index) => line(row, (at) => styleIn(rows[index]?.[at])));
  return [head, ...body].join('\n');
}

/** Facts, one a line: `name  value`. */
export function renderFacts(
  facts: readonly (readonly [name: string, value: Cell])[],
  { paint }: Surface,
): string {
  const width = Math.max(0, ...facts.map(([name]) => widthOf(name)));
  return facts
    .map(([name, value]) => {
      const lines = rawOf(value).split('\n');
      return lines
        .map((text, at) => {
          const label = at === 0 ? name : '';
          return paint('dim', label.padEnd(width)) + GAP + paint(styleIn(value), text);
        })
        .join('\n');
    })
    .join('\n');
}

const rawOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);
const textOf = (cell: Cell): string => printable(rawOf(cell));
const styleIn = (cell: Cell | undefined): Style =>
  cell === undefined || typeof cell === 'string' ? 'plain' : cell.style;

function cut(text: string, max: number): string {
  const letters = Array.from(text);
  return letters.length <= max ? text : `${letters.slice(0, max - 1).join('')}…`;
}
