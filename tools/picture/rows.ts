/** A run of characters of one colour. */
export type Piece = {
  readonly text: string;
  readonly tone: 'plain' | 'dim' | 'title' | 'good' | 'bad';
};

/** One row of the picture. */
export type Row = readonly Piece[];

/** Where the story begins in a line: after the seconds. */
const INDENT = 9;
const LEFT_OUT = '⋮';

/**
 * The rows of a run. Of the lines that repeat a share with a little more evidence, the first and
 * the last stay, and three dots stand for the rest: everything else is as it was printed.
 */
export function rowsOf(text: string, columns: number): readonly Row[] {
  const lines = text.trim().split('\n');
  return withoutRepeats(lines).flatMap((line) =>
    wrapped(line, columns).map((part, at) => piecesOf(part, at > 0 ? toneOf(line) : null)),
  );
}

function withoutRepeats(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const [at, line] of lines.entries()) {
    const share = shareOf(line);
    const isInside =
      share !== null && share === shareOf(lines[at - 1]) && share === shareOf(lines[at + 1]);
    if (!isInside) kept.push(line);
    else if (!(kept.at(-1) ?? '').endsWith(LEFT_OUT)) kept.push(' '.repeat(INDENT) + LEFT_OUT);
  }
  return kept;
}

/** `advancing  candidate   5 %`, or null for another line. */
function shareOf(line: string | undefined): string | null {
  return /advancing\s+candidate\s+\d+ %/.exec(line ?? '')?.[0] ?? null;
}

function wrapped(line: string, columns: number): readonly string[] {
  const parts: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    const space = rest.lastIndexOf(' ', columns);
    const end = space > INDENT ? space : columns;
    parts.push(rest.slice(0, end));
    rest = ' '.repeat(INDENT) + rest.slice(end).trimStart();
  }
  return [...parts, rest];
}

function piecesOf(line: string, inherited: Piece['tone'] | null): Row {
  if (line.startsWith('──')) return [{ text: line, tone: 'title' }];
  const head = line.slice(0, INDENT);
  const body = line.slice(INDENT);
  const tone = inherited ?? toneOf(line);
  const pieces: Row = [{ text: head, tone: 'dim' }, ...marked(body, tone)];
  return pieces.filter(({ text }) => text !== '');
}

/** Bars and ticks are green, and what is missing of a bar is dim, whatever is around them. */
function marked(body: string, tone: Piece['tone']): Row {
  return body.split(/([█✓]+|░+)/).map((text): Piece => {
    if (text.startsWith('░')) return { text, tone: 'dim' };
    return { text, tone: /^[█✓]/.test(text) ? 'good' : tone };
  });
}

function toneOf(line: string): Piece['tone'] {
  if (/\b(?:reverting|reverted)\b/.test(line)) return 'bad';
  if (/\bpromoted\b/.test(line)) return 'good';
  return line.trim() === LEFT_OUT ? 'dim' : 'plain';
}
