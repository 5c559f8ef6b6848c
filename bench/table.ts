import type { Spread } from './rounds.ts';

/** A table as text: a title, columns, rows; the first column is words, the others are figures. */
export function tableText(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const all = [columns, ...rows];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ');
  return [title, `  ${line(columns)}`, ...rows.map((row) => `  ${line(row)}`)].join('\n');
}

/** Three digits that mean something. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (value >= 100) return String(Math.round(value));
  return value.toPrecision(3);
}

/** `1.42 × (1.31–1.50)`. */
export const ratioText = ({ median, min, max }: Spread): string =>
  `${median.toFixed(2)} × (${min.toFixed(2)}–${max.toFixed(2)})`;
