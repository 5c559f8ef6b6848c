import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { FrameReader } from '../protocol/runner/frame-reader.ts';
import { FrameWriter } from '../protocol/runner/frame.ts';
import type { Frame } from '../protocol/runner/frame.ts';

const CHUNK_BYTES = 64 * 1024;
const SPARE_CHUNKS_MAX = 16;

/** Who is told what came in. */
export type LinkEvents = {
  /** A frame; the memory it lies in is left alone until `Link.release`. */
  onFrame(frame: Frame): void;
  /** All frames that came together have been told. */
  onPause(): void;
};

/** The runner's end of the link to its gateway. The process ends when the gateway is gone. */
export class Link {
  readonly writer = new FrameWriter();
  readonly #fd: number;
  readonly #socket: Socket;
  #reading: Uint8Array = new Uint8Array(CHUNK_BYTES);
  #held: Uint8Array[] = [];
  readonly #spare: Uint8Array[] = [];

  /** `fd`: an open connected socket. `frameBytesMax`: the largest frame that is accepted. */
  constructor(fd: number, frameBytesMax: number, events: LinkEvents) {
    this.#fd = fd;
    const reader = new FrameReader(frameBytesMax);
    const onFrame = (frame: Frame): void => events.onFrame(frame);
    this.#socket = new Socket({
      fd,
      onread: {
        buffer: () => this.#reading,
        callback: (count, chunk) => {
          this.#held.push(this.#reading);
          this.#reading = this.#spare.pop() ?? new Uint8Array(CHUNK_BYTES);
          reader.push(chunk.subarray(0, count), onFrame);
          events.onPause();
          return true;
        },
      },
    });
    const end = (): never => process.exit(0);
    this.#socket.on('error', end).on('close', end).resume();
  }

  /** Nobody looks at the frames told so far any more. */
  release(): void {
    for (const chunk of this.#held) {
      if (this.#spare.length < SPARE_CHUNKS_MAX) this.#spare.push(chunk);
    }
    this.#held = [];
  }

  /** Sends what the writer holds. */
  flush(): void {
    const { writer } = this;
    if (writer.used === 0) return;
    const sent = this.#socket.writableLength === 0 ? this.#writeNow(writer.frames) : 0;
    const isDone = sent === writer.used;
    if (!isDone) this.#socket.write(writer.frames.subarray(sent));
    writer.reset(!isDone);
  }

  /** Sends what the writer holds, and ends the process once it is sent. */
  flushAndExit(): void {
    this.#socket.end(this.writer.frames);
  }

  /** Straight to the kernel, which is cheaper; what it does not take at once goes the long way. */
  #writeNow(bytes: Uint8Array): number {
    try {
      return writeSync(this.#fd, bytes);
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EAGAIN') return 0;
      throw thrown;
    }
  }
}
