import { createReadStream } from 'node:fs';

/** A line beyond that is none of ours. */
const LINE_CHARS_MAX = 8 * 1_048_576;

/**
 * The lines of a file, one after the other; memory does not grow with the file. Null stands for one
 * that is too long.
 */
export async function* linesOf(path: string): AsyncGenerator<string | null> {
  let rest = '';
  let isTooLong = false;
  for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      yield isTooLong ? null : line;
      isTooLong = false;
    }
    if (rest.length <= LINE_CHARS_MAX) continue;
    isTooLong = true;
    rest = '';
  }
  if (isTooLong) yield null;
  else if (rest !== '') yield rest;
}
