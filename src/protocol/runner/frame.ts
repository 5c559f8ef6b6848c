/**
 * Frames between a gateway and a model runner. Both ends run on one machine, so words are in the
 * machine's own byte order (little-endian everywhere Node runs). A frame is a header of four words
 * and a body, padded to 8 bytes, so that every tensor in it can be used where it lies.
 *
 *     word 0  bytes of the frame, header included
 *     word 1  kind in the low 8 bits, number of tensors in the others
 *     word 2  number of the request; 0 where there is none
 *     word 3  number of chosen outputs, or bytes of text, or microseconds an answer took
 */
export const FRAME_KIND = {
  load: 1,
  infer: 2,
  cancel: 3,
  ready: 4,
  refused: 5,
  answer: 6,
  modelError: 7,
  skipped: 8,
  /** As `infer`, for nobody who waits: computed by itself, behind all others, and timed. */
  copy: 9,
} as const;

/** Bytes of a frame's header. */
export const FRAME_HEADER_BYTES = 16;
/** Every frame and everything in it starts at a multiple of this. */
export const FRAME_ALIGN_BYTES = 8;
/** Tensors one frame can carry. */
export const FRAME_TENSORS_MAX = 4096;

const WRITER_START_BYTES = 64 * 1024;
/** A writer that grew for one large frame gives the memory back afterwards. */
const WRITER_KEEP_BYTES = 1024 * 1024;

/** The other side does not keep to the protocol; the connection is of no use any more. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** The same bytes as bytes and as 32-bit words. */
export type Memory = { readonly bytes: Uint8Array; readonly words: Uint32Array };

/** One frame, where it lies; valid until its memory is read into again. */
export type Frame = {
  readonly kind: number;
  readonly tensors: number;
  readonly id: number;
  readonly extra: number;
  readonly memory: Memory;
  /** First byte of the body, from the start of the memory. */
  readonly body: number;
  /** First byte after the frame, from the start of the memory. */
  readonly end: number;
};

/** Views bytes that start at a multiple of 8 as memory; copies them when they do not. */
export function memoryOf(bytes: Uint8Array): Memory {
  const own = bytes.byteOffset % FRAME_ALIGN_BYTES === 0 ? bytes : new Uint8Array(bytes);
  return { bytes: own, words: new Uint32Array(own.buffer, own.byteOffset, own.byteLength >>> 2) };
}

/** `size` rounded up to the alignment. */
export const aligned = (size: number): number =>
  Math.ceil(size / FRAME_ALIGN_BYTES) * FRAME_ALIGN_BYTES;

/** Builds frames one behind the other in memory that is used again and again. */
export class FrameWriter {
  #bytes: Uint8Array;
  #words: Uint32Array;
  #used = 0;
  #start = 0;

  constructor() {
    this.#bytes = new Uint8Array(WRITER_START_BYTES);
    this.#words = new Uint32Array(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get used(): number {
    return this.#used;
  }

  /** All frames written so far; valid until `reset`. */
  get frames(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }

  /** Begins a frame. */
  open(kind: number, id: number, tensors = 0): void {
    this.reserve(FRAME_HEADER_BYTES);
    this.#start = this.#used;
    const word = this.#used >>> 2;
    this.#words[word + 1] = kind | (tensors << 8);
    this.#words[word + 2] = id;
    this.#words[word + 3] = 0;
    this.#used += FRAME_HEADER_BYTES;
  }

  /** Ends the frame begun last and answers with its size. */
  close(): number {
    this.pad();
    const size = this.#used - this.#start;
    this.#words[this.#start >>> 2] = size;
    return size;
  }

  /** Forgets the frame begun last. */
  abandon(): void {
    this.#used = this.#start;
  }

  /** Sets the last word of the header of the frame begun last. */
  extra(value: number): void {
    this.#words[(this.#start >>> 2) + 3] = value;
  }

  /** Forgets all frames. With `fresh`, the memory handed out before stays untouched. */
  reset(fresh: boolean): void {
    this.#used = 0;
    this.#start = 0;
    if (!fresh && this.#bytes.length <= WRITER_KEEP_BYTES) return;
    this.#bytes = new Uint8Array(WRITER_START_BYTES);
    this.#words = new Uint32Array(this.#bytes.buffer);
  }

  /** Writes one word; the place must be a multiple of 4. */
  word(value: number): void {
    this.reserve(4);
    this.#words[this.#used >>> 2] = value;
    this.#used += 4;
  }

  /** Overwrites a word written before, `at` bytes from the start. */
  patch(at: number, value: number): void {
    this.#words[at >>> 2] = value;
  }

  /** Copies bytes. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** Encodes text as UTF-8 and answers with its size. */
  text(text: string): number {
    this.reserve(text.length * 3);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(this.#used));
    this.#used += written;
    return written;
  }

  /** Zeros up to the next multiple of 8. */
  pad(): void {
    const to = aligned(this.#used);
    this.reserve(to - this.#used);
    this.#bytes.fill(0, this.#used, to);
    this.#used = to;
  }

  /** Makes room for `more` bytes (and for padding behind them). */
  reserve(more: number): void {
    const wanted = aligned(this.#used + more) + FRAME_ALIGN_BYTES;
    if (wanted <= this.#bytes.length) return;
    const grown = new Uint8Array(aligned(Math.max(wanted, this.#bytes.length * 2)));
    grown.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = grown;
    this.#words = new Uint32Array(grown.buffer);
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes a whole frame that carries text. */
export function writeText(
  writer: FrameWriter,
  frame: { readonly kind: number; readonly id: number },
  text: string,
): void {
  writer.open(frame.kind, frame.id);
  writer.extra(writer.text(text));
  writer.close();
}

/** Text of a frame written by `writeText`. */
export function textOf(frame: Frame): string {
  if (frame.body + frame.extra > frame.end) throw new FrameError('text is longer than its frame');
  return decoder.decode(frame.memory.bytes.subarray(frame.body, frame.body + frame.extra));
}
