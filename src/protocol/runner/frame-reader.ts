import { FRAME_ALIGN_BYTES, FRAME_HEADER_BYTES, FrameError, memoryOf } from './frame.ts';
import type { Frame, Memory } from './frame.ts';

const EMPTY = new Uint8Array(0);

/**
 * Finds frames in a stream of chunks. Frames that lie whole in a chunk are used there; one that
 * spans chunks is put together in memory of its own.
 */
export class FrameReader {
  readonly #bytesMax: number;
  #carry: Uint8Array = EMPTY;
  #carried = 0;

  /** `bytesMax`: the largest frame that is accepted. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Calls `onFrame` for each frame that `chunk` completes. Throws `FrameError`. */
  push(chunk: Uint8Array, onFrame: (frame: Frame) => void): void {
    const at = this.#carried === 0 ? 0 : this.#complete(chunk, onFrame);
    if (at >= chunk.length) return;
    const memory = memoryOf(at === 0 ? chunk : chunk.subarray(at));
    const rest = this.#emit(memory, onFrame);
    if (rest < memory.bytes.length) this.#keep(memory.bytes.subarray(rest));
  }

  /** Emits the frames that begin and end in `memory`; answers where the first other one begins. */
  #emit(memory: Memory, onFrame: (frame: Frame) => void): number {
    const { bytes, words } = memory;
    let at = 0;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const size = this.#sizeAt(words, at >>> 2);
      if (bytes.length - at < size) break;
      onFrame(frameAt(memory, at, size));
      at += size;
    }
    return at;
  }

  /** Fills up the frame begun in an earlier chunk; answers how much of this chunk that took. */
  #complete(chunk: Uint8Array, onFrame: (frame: Frame) => void): number {
    let at = 0;
    if (this.#carried < FRAME_HEADER_BYTES) at = this.#take(chunk, at, FRAME_HEADER_BYTES);
    if (this.#carried < FRAME_HEADER_BYTES) return at;
    const size = this.#sizeAt(new Uint32Array(this.#carry.buffer, 0, 4), 0);
    at = this.#take(chunk, at, size);
    if (this.#carried < size) return at;
    const whole = memoryOf(this.#carry.subarray(0, size));
    this.#carry = EMPTY;
    this.#carried = 0;
    onFrame(frameAt(whole, 0, size));
    return at;
  }

  /** Carries on with bytes of `chunk` until `wanted` are there; answers where it stopped. */
  #take(chunk: Uint8Array, at: number, wanted: number): number {
    if (this.#carry.length < wanted) {
      const grown = new Uint8Array(wanted);
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    const count = Math.min(wanted - this.#carried, chunk.length - at);
    this.#carry.set(chunk.subarray(at, at + count), this.#carried);
    this.#carried += count;
    return at + count;
  }

  #keep(rest: Uint8Array): void {
    this.#take(rest, 0, Math.max(rest.length, FRAME_HEADER_BYTES));
    if (this.#carried >= FRAME_HEADER_BYTES) {
      this.#sizeAt(new Uint32Array(this.#carry.buffer, 0, 4), 0);
    }
  }

  #sizeAt(words: Uint32Array, word: number): number {
    const size = words[word] ?? 0;
    const isFrame = size >= FRAME_HEADER_BYTES && size % FRAME_ALIGN_BYTES === 0;
    if (!isFrame || size > this.#bytesMax) {
      throw new FrameError(`a frame of ${size} bytes; at most ${this.#bytesMax} are accepted`);
    }
    return size;
  }
}

function frameAt(memory: Memory, at: number, size: number): Frame {
  const word = at >>> 2;
  const head = memory.words[word + 1] ?? 0;
  return {
    kind: head & 0xff,
    tensors: head >>> 8,
    id: memory.words[word + 2] ?? 0,
    extra: memory.words[word + 3] ?? 0,
    memory,
    body: at + FRAME_HEADER_BYTES,
    end: at + size,
  };
}
