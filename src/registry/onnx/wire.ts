import { Fault } from '../../protocol/errors.ts';
import { placeText } from './where.ts';
import type { FaultCode } from '../../protocol/errors.ts';
import type { WalkCaps } from './caps.ts';
import type { Where } from './where.ts';

/** Wire types of protobuf that ONNX uses; groups (3, 4) are obsolete and refused. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

/** A field number and a wire type as they stand before a field. */
export const tagOf = (field: number, wire: number): number => (field << 3) | wire;

/** What a walk counts over the whole file. */
export type Countable =
  | 'nodes'
  | 'attributes'
  | 'tensors'
  | 'elements'
  | 'values'
  | 'functions'
  | 'metadata'
  | 'expansionBytes';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads protobuf from bytes it does not trust. It moves forward only and visits each byte at most
 * once, so the work is bounded by the size of the file, and it never reads outside the message it
 * is in.
 */
export class WireReader {
  readonly bytes: Uint8Array;
  readonly caps: WalkCaps;
  /** Offset of what is read next. */
  at = 0;
  /** Offset behind the message that is being read. */
  end: number;
  #depth = 0;
  readonly #counts = new Map<Countable, number>();

  constructor(bytes: Uint8Array, caps: WalkCaps) {
    this.bytes = bytes;
    this.caps = caps;
    this.end = bytes.byteLength;
  }

  /** Whether the current message goes on. */
  get more(): boolean {
    return this.at < this.end;
  }

  /** The next field: its number times eight plus its wire type. */
  tag(where: Where, code: FaultCode = 'ONNX_MALFORMED'): number {
    const start = this.at;
    const tag = this.uint(where);
    if (this.at - start > 5 || tag > 0xffff_ffff || tag < 8) {
      this.fail(where, `what stands at byte ${start} is no field`, code);
    }
    return tag;
  }

  /** Whether the same field follows again; if so, moves past its tag, which is below 128. */
  again(tag: number): boolean {
    if (!this.more || this.bytes[this.at] !== tag) return false;
    this.at += 1;
    return true;
  }

  /** A varint below 2^53; lengths and counts are never larger. */
  uint(where: Where): number {
    const first = this.bytes[this.at];
    if (first !== undefined && first < 0x80 && this.at < this.end) {
      this.at += 1;
      return first;
    }
    const value = this.#uint64(where);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.fail(where, 'a number is out of range');
    return Number(value);
  }

  /** A varint of 64 bits, read as signed. */
  int64(where: Where): bigint {
    return BigInt.asIntN(64, this.#uint64(where));
  }

  /** A varint that holds a signed number small enough for arithmetic, or saturates there. */
  int(where: Where): number {
    const first = this.bytes[this.at];
    if (first !== undefined && first < 0x80 && this.at < this.end) {
      this.at += 1;
      return first;
    }
    const value = Number(this.int64(where));
    return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
  }

  #uint64(where: Where): bigint {
    const start = this.at;
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i += 1) {
      const byte = this.#byte(where);
      if (i < 4) low += (byte & 0x7f) * 2 ** (7 * i);
      else if (i < 9) high += (byte & 0x7f) * 2 ** (7 * (i - 4));
      else if (byte > 1) break;
      else return BigInt(low) + (BigInt(high) << 28n) + (BigInt(byte) << 63n);
      if (byte < 0x80) return BigInt(low) + (BigInt(high) << 28n);
    }
    return this.fail(where, `a number has more than 64 bits at byte ${start}`);
  }

  /** Skips a varint. */
  skipVarint(where: Where): void {
    for (let i = 0; i < 10; i += 1) if (this.#byte(where) < 0x80) return;
    this.fail(where, `a number has more than ten bytes at byte ${this.at - 10}`);
  }

  /** Moves past `count` bytes and answers with where they began. */
  skip(count: number, where: Where): number {
    if (count > this.end - this.at) this.#tooLong(count, where);
    const start = this.at;
    this.at += count;
    return start;
  }

  /** Moves past a length and as many bytes; answers with those bytes, not copied. */
  span(where: Where): Uint8Array {
    const length = this.uint(where);
    const start = this.skip(length, where);
    return this.bytes.subarray(start, start + length);
  }

  /** Text of at most `bytesMax`; control characters are refused where `name` is set. */
  text(where: Where, { bytesMax, name }: TextRule): string {
    const span = this.span(where);
    if (span.byteLength > bytesMax) {
      const what = `a text has ${span.byteLength} bytes, more than ${bytesMax}`;
      this.fail(where, what, 'ONNX_LIMIT');
    }
    let text: string;
    try {
      text = utf8.decode(span);
    } catch {
      return this.fail(where, 'a text is not UTF-8');
    }
    if (name && span.some(isControl)) this.fail(where, 'a name has control characters');
    return text;
  }

  /** Text that names something. */
  name(where: Where): string {
    return this.text(where, { bytesMax: this.caps.nameBytesMax, name: true });
  }

  /** Moves past a text that only people read. */
  prose(where: Where): void {
    const length = this.span(where).byteLength;
    if (length <= this.caps.textBytesMax) return;
    const what = `a text has ${length} bytes, more than ${this.caps.textBytesMax}`;
    this.fail(where, what, 'ONNX_LIMIT');
  }

  /** Reads a message with `read`, which sees nothing but the message. */
  message<T>(where: Where, read: () => T): T {
    const length = this.uint(where);
    if (length > this.end - this.at) this.#tooLong(length, where);
    if (this.#depth >= this.caps.depthMax) {
      const what = `the model nests deeper than ${this.caps.depthMax} messages`;
      this.fail(where, what, 'ONNX_LIMIT');
    }
    const outerEnd = this.end;
    this.end = this.at + length;
    this.#depth += 1;
    const value = read();
    this.#depth -= 1;
    this.end = outerEnd;
    return value;
  }

  /**
   * Notes that a field which may stand once was read; `seen` is what this gave back the time
   * before, 0 at first; the number of the field is below 31. Parsers disagree on what a repetition
   * means, so it is refused.
   */
  once(seen: number, tag: number, where: Where): number {
    const bit = 1 << (tag >>> 3);
    if ((seen & bit) !== 0) this.fail(where, `field ${tag >>> 3} stands there twice`);
    return seen | bit;
  }

  /** Counts towards a maximum over the whole file. */
  count(what: Countable, where: Where, by = 1): void {
    const total = (this.#counts.get(what) ?? 0) + by;
    this.#counts.set(what, total);
    const max = this.caps[`${what}Max`];
    if (total > max) this.fail(where, `the model has more than ${max} ${what}`, 'ONNX_LIMIT');
  }

  /** How many were counted. */
  counted(what: Countable): number {
    return this.#counts.get(what) ?? 0;
  }

  /** Refuses a field that ONNX does not have, or that has another type there. */
  unknown(tag: number, where: Where, code: FaultCode = 'ONNX_MALFORMED'): never {
    const field = `field ${tag >>> 3} of wire type ${tag & 7}`;
    return this.fail(where, `ONNX has no ${field} here, before byte ${this.at}`, code);
  }

  /** Refuses the model. */
  fail(where: Where, what: string, code: FaultCode = 'ONNX_MALFORMED'): never {
    return refuse(code, what, where);
  }

  #byte(where: Where): number {
    const byte = this.at < this.end ? this.bytes[this.at] : undefined;
    if (byte === undefined) return this.#tooLong(1, where);
    this.at += 1;
    return byte;
  }

  #tooLong(count: number, where: Where): never {
    const past = this.at + count;
    if (past <= this.bytes.byteLength) {
      return this.fail(
        where,
        `something runs past the end of what it is part of, byte ${this.end}`,
      );
    }
    const what = `the file ends at byte ${this.bytes.byteLength}, but goes on to ${past}`;
    return this.fail(where, what, 'ONNX_TRUNCATED');
  }
}

/** Whether a byte of UTF-8 is a control character of ASCII. */
const isControl = (byte: number): boolean => byte < 0x20 || byte === 0x7f;

/** What a text may be. */
export type TextRule = { readonly bytesMax: number; readonly name: boolean };

/** Refuses a model: what is wrong and where. */
export function refuse(code: FaultCode, what: string, where: Where): never {
  const place = placeText(where);
  const prefix = place === null ? '' : `${place}: `;
  throw new Fault(code, `${prefix}${what}.`, place);
}
