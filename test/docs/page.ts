/** A fenced block of a page. */
export type Block = {
  readonly language: string;
  /** What follows the language: `background`, `exit=10`. */
  readonly words: readonly string[];
  /** Where it stands, from 1. */
  readonly line: number;
  readonly text: string;
  /** The block of output that is shown right after it; empty without one. */
  readonly shows: string;
};

type Fence = Omit<Block, 'shows'>;

const FENCE = /^```(\S*)([^`]*)$/;

/** The fenced blocks of a page in Markdown, in order. */
export function pageBlocks(page: string): readonly Block[] {
  const fences: Fence[] = [];
  let open: { head: RegExpExecArray; line: number; lines: string[] } | null = null;
  for (const [at, text] of page.split('\n').entries()) {
    const head = FENCE.exec(text);
    if (open === null && head !== null) open = { head, line: at + 1, lines: [] };
    else if (open !== null && text === '```') {
      const [, language = '', rest = ''] = open.head;
      const words = rest.trim().split(' ');
      fences.push({ language, words, line: open.line, text: open.lines.join('\n') });
      open = null;
    } else open?.lines.push(text);
  }
  return fences.map((fence, at) => {
    const next = fences[at + 1];
    return { ...fence, shows: next?.language === 'text' ? next.text : '' };
  });
}

/** Lines a page shows, with what differs from run to run masked; `…` stands for anything. */
export const promisedLines = (text: string): readonly string[] =>
  text
    .split('\n')
    .map(masked)
    .filter((line) => line !== '' && line !== '…');

/** Lines a run printed, masked in the same way. */
export const saidLines = (text: string): readonly string[] => text.split('\n').map(masked);

/** Numbers, times, ids and widths of columns differ; words do not. */
function masked(line: string): string {
  return line
    .replaceAll(/state in \S+;/g, 'state in #;')
    .replaceAll(/\br-[0-9a-z]+-[0-9a-f]+\b/g, 'r-#')
    .replaceAll(/"prediction_id":"p2\.[^"]*"/g, '"prediction_id":"p2.#"')
    .replaceAll(/\b[0-9a-f]{64}\b/g, '#')
    .replaceAll(/\d+(?:[.,:-]\d+)*/g, '#')
    .replaceAll(/# (?:ms|s|min)\b/g, '# s')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The tables of a page whose head begins with this cell: head and rows, as cells. */
export function rowsWithHead(page: string, head: string): readonly (readonly string[])[] {
  const rows: (readonly string[])[] = [];
  let isWithin = false;
  for (const line of page.split('\n')) {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    isWithin = cells.length > 0 && (isWithin || cells[0] === head);
    if (isWithin && !/^-+$/.test(cells[0] ?? '')) rows.push(cells);
  }
  return rows;
}

/** The same without the head. */
export const rowsUnder = (page: string, head: string): readonly (readonly string[])[] =>
  rowsWithHead(page, head).filter(([first]) => first !== head);
