import { invariant } from '../lib/invariant.ts';

/**
 * Which of 65,536 numbers have been seen, in at most 8 KiB: a sorted list while they are few, a bit
 * each when they are many (the two container kinds of roaring bitmaps: Chambi et al. 2016). The
 * gateways number their predictions, so that "has this one been labelled?" costs a bit or two
 * bytes, and never a row.
 */
export type SeenChunk = Uint16Array;

/** Numbers in a chunk. */
export const CHUNK_NUMBERS = 65_536;
/** A longer list would be larger than the bits: 4,096 numbers of two bytes. */
const LIST_MAX = 4_095;
const WORDS = CHUNK_NUMBERS / 16;

/** No number has been seen. */
export const emptyChunk: SeenChunk = new Uint16Array(0);

/**
 * Adds numbers below `CHUNK_NUMBERS`. Gives the chunk afterwards, and for each number whether it is
 * new: also in `numbers` itself, only the first of equal ones is.
 */
export function addSeen(
  chunk: SeenChunk,
  numbers: readonly number[],
): { readonly chunk: SeenChunk; readonly isNew: readonly boolean[] } {
  const words = chunk.length === WORDS ? chunk.slice() : bitsOf(chunk);
  const isNew = numbers.map((number) => {
    invariant(number >= 0 && number < CHUNK_NUMBERS, `${number} is in another chunk`);
    const word = words[number >> 4] ?? 0;
    const bit = 1 << (number & 15);
    words[number >> 4] = word | bit;
    return (word & bit) === 0;
  });
  return { chunk: listOf(words) ?? words, isNew };
}

function bitsOf(list: SeenChunk): SeenChunk {
  const words = new Uint16Array(WORDS);
  for (const number of list) words[number >> 4] = (words[number >> 4] ?? 0) | (1 << (number & 15));
  return words;
}

/** The numbers, in order; null when they are too many for a list. */
function listOf(words: SeenChunk): SeenChunk | null {
  const list = new Uint16Array(LIST_MAX);
  let count = 0;
  for (let at = 0; at < WORDS; at += 1) {
    let word = words[at] ?? 0;
    while (word !== 0) {
      if (count === LIST_MAX) return null;
      const lowest = 31 - Math.clz32(word & -word);
      list[count] = (at << 4) | lowest;
      count += 1;
      word &= word - 1;
    }
  }
  return list.slice(0, count);
}
