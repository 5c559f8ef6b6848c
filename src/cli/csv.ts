import { Fault } from '../protocol/errors.ts';

/** Lines of a CSV file (RFC 4180): a head and rows as long as it. Fault `FILE_INVALID`. */
export function readCsv(
  text: string,
  path: string,
): { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const [head, ...rows] = linesOf(text, path);
  if (head === undefined) throw new Fault('FILE_INVALID', `${path} is empty`);
  const short = rows.findIndex((row) => row.length !== head.length);
  if (short < 0) return { head, rows };
  const what = `line ${short + 2} has ${rows[short]?.length} values, the first ${head.length}`;
  throw new Fault('FILE_INVALID', `${path}: ${what}`);
}

/** A value, quoted or not, and what ends it. */
const VALUE = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

function linesOf(text: string, path: string): readonly (readonly string[])[] {
  const lines: string[][] = [];
  let line: string[] = [];
  VALUE.lastIndex = 0;
  while (VALUE.lastIndex < text.length) {
    const from = VALUE.lastIndex;
    const found = VALUE.exec(text);
    if (found === null) {
      const what = `line ${lines.length + 1} has a quote that does not end`;
      throw new Fault('FILE_INVALID', `${path}: ${what} (at character ${from + 1})`);
    }
    const [, quoted, plain = '', end] = found;
    line.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    lines.push(line);
    line = [];
  }
  // A last line without an end may end with a comma: then one value is missing.
  if (line.length > 0) lines.push([...line, '']);
  return lines;
}
