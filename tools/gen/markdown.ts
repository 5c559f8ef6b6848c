/** Said at the top of every page that is made. */
export const MADE =
  '<!-- Made by `npm run gen` from the code; change it there. A test holds it current. -->';

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A word as code, whatever it holds. */
export const code = (text: string): string => `\`${text}\``;

/** Blocks of a page, one empty line between them. */
export const page = (blocks: readonly string[]): string =>
  `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
