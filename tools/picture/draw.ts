import { rowsOf } from './rows.ts';
import type { Row } from './rows.ts';

/** Characters per row of the picture; longer lines are wrapped. */
const COLUMNS = 100;
const FONT_PX = 13;
/** Advance of one character of the usual monospaced fonts, as a part of their size. */
const ADVANCE_PX = FONT_PX * 0.602;
const LINE_PX = 18;
const PADDING_PX = 16;
const BAR_PX = 30;

const colours = {
  plain: '#d0d7de',
  dim: '#7d8590',
  title: '#79c0ff',
  good: '#56d364',
  bad: '#ff7b72',
} as const;

/** A terminal window with the text of a run in it, as SVG. */
export function pictureOf(text: string): string {
  const rows = rowsOf(text, COLUMNS);
  const width = Math.ceil(COLUMNS * ADVANCE_PX) + 2 * PADDING_PX;
  const height = BAR_PX + rows.length * LINE_PX + 2 * PADDING_PX;
  const top = BAR_PX + PADDING_PX + FONT_PX;
  const lines = rows.map((row, at) => lineOf(row, top + at * LINE_PX));
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, at) => `<circle cx="${20 + at * 18}" cy="15" r="5.5" fill="${fill}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
      `height="${height}" role="img" aria-label="What npm start prints">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...dots,
    `<text x="${width / 2}" y="20" text-anchor="middle" fill="${colours.dim}" ` +
      `font-family="sans-serif" font-size="12">npm start</text>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', ` +
      `monospace" font-size="${FONT_PX}" xml:space="preserve">`,
    ...lines,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** Each piece says where it begins: fonts whose blocks are wider than their letters do no harm. */
function lineOf(row: Row, y: number): string {
  let column = 0;
  const pieces = row.map(({ text, tone }) => {
    const x = (PADDING_PX + column * ADVANCE_PX).toFixed(1);
    column += text.length;
    const weight = tone === 'title' ? ' font-weight="bold"' : '';
    return `<tspan x="${x}" fill="${colours[tone]}"${weight}>${escaped(text)}</tspan>`;
  });
  return `<text y="${y}">${pieces.join('')}</text>`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
