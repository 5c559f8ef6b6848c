/**
 * Recognises Python pickles of protocols 0 to 5 by reading their opcodes, without running any.
 * Protocols 0 and 1 have no signature at all, so nothing less finds them.
 */

/** What follows an opcode: bytes, lines, or a length of so many bytes and as much as that says. */
type Argument =
  | { readonly bytes: number }
  | { readonly lines: number }
  | { readonly prefix: number };

const bytes = (count: number): Argument => ({ bytes: count });
const lines = (count: number): Argument => ({ lines: count });
const prefix = (count: number): Argument => ({ prefix: count });

/** One opcode a character. */
const codesOf = (text: string): ReadonlySet<number> => new Set(Buffer.from(text, 'latin1'));

/** Opcodes by what follows them; see `pickletools` of Python's standard library. */
const opcodeRows: readonly (readonly [string, Argument])[] = [
  ['(.012NQRabdel}ostu])', bytes(0)],
  ['\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x97\x98', bytes(0)],
  ['Khq\x80\x82', bytes(1)],
  ['M\x83', bytes(2)],
  ['Jjr\x84', bytes(4)],
  ['G\x95', bytes(8)],
  ['ILFSVPgp', lines(1)],
  ['ci', lines(2)],
  ['UC\x8a\x8c', prefix(1)],
  ['TXB\x8b', prefix(4)],
  ['\x8d\x8e\x96', prefix(8)],
];

const opcodes: ReadonlyMap<number, Argument> = new Map(
  opcodeRows.flatMap(([codes, argument]) =>
    Array.from(codesOf(codes), (code) => [code, argument] as const),
  ),
);

const STOP = '.'.charCodeAt(0);
const PROTO = 0x80;
const NEWLINE = 0x0a;
/** Opcodes that fetch something of Python by name. */
const naming = codesOf('ci\x82\x83\x84\x93');
/** Opcodes that call what was fetched. */
const calling = codesOf('Riob\x81\x92');

/** Opcodes looked at; enough to see what the first ones do. */
const OPCODES_MAX = 20_000;
const LINE_BYTES_MAX = 4_096;

/** Whether the bytes begin as a pickle does. */
export function isPickle(file: Uint8Array): boolean {
  if (file[0] === PROTO && (file[1] ?? 255) <= 5) return true;
  let at = 0;
  let names = false;
  let calls = false;
  for (let count = 0; count < OPCODES_MAX; count += 1) {
    const opcode = file[at];
    const argument = opcode === undefined ? undefined : opcodes.get(opcode);
    if (opcode === undefined || argument === undefined) return names && calls;
    if (opcode === STOP) return count > 0 && (at === file.length - 1 || (names && calls));
    names ||= naming.has(opcode);
    calls ||= names && calling.has(opcode);
    const next = behind(file, { at: at + 1, argument });
    if (next === null) return names && calls;
    at = next;
  }
  return true;
}

type Place = { readonly at: number; readonly argument: Argument };

/** Offset behind an argument; null when the file ends inside of it or it is no argument. */
function behind(file: Uint8Array, { at, argument }: Place): number | null {
  if ('bytes' in argument) return within(file, at + argument.bytes);
  if ('lines' in argument) return behindLines(file, at, argument.lines);
  let length = 0;
  for (let i = argument.prefix - 1; i >= 0; i -= 1) length = length * 256 + (file[at + i] ?? 0);
  return within(file, at + argument.prefix + length);
}

const within = (file: Uint8Array, at: number): number | null => (at <= file.length ? at : null);

function behindLines(file: Uint8Array, from: number, count: number): number | null {
  let at = from;
  for (let line = 0; line < count; line += 1) {
    const end = file.subarray(at, at + LINE_BYTES_MAX).indexOf(NEWLINE);
    if (end === -1) return null;
    at += end + 1;
  }
  return at;
}
