import type { Signature } from '../../../core/catalog/signature.ts';
import type { InferCall, InferResult } from '../../../ports/model-backend.ts';
import type { Tensor } from '../../../protocol/inference/tensor.ts';
import {
  FRAME_KIND,
  FrameError,
  FrameWriter,
  textOf,
  writeText,
} from '../../../protocol/runner/frame.ts';
import type { Frame } from '../../../protocol/runner/frame.ts';
import { FrameReader } from '../../../protocol/runner/frame-reader.ts';
import type { LoadMessage } from '../../../protocol/runner/load-message.ts';
import { readyShape, refusedShape } from '../../../protocol/runner/message.ts';
import type { ReadyMessage, RefusedMessage } from '../../../protocol/runner/message.ts';
import { readTensors, writeTensor } from '../../../protocol/runner/tensor-block.ts';
import { startRunner } from './spawn.ts';
import type { RunnerOptions, RunnerProcess } from './spawn.ts';

const US_PER_MS = 1_000;

/** What a runner answers to one request. */
export type Answer =
  | {
      readonly type: 'ok';
      readonly outputs: readonly Tensor[];
      /** Of a copy: processor time its run took. */
      readonly tookMs: number;
    }
  | Extract<InferResult, { readonly type: 'model_error' }>
  | { readonly type: 'skipped' };

/** Who is told what a runner does. Nothing is told any more after `onEnd`. */
export type ChildEvents = {
  onReady(ready: ReadyMessage): void;
  onRefused(refusal: RefusedMessage): void;
  onAnswer(id: number, answer: Answer): void;
  /** All answers that came together have been told. */
  onPause(): void;
  /** The process is gone. */
  onEnd(how: string): void;
};

/** A request as it is sent. */
export type Outgoing = {
  readonly id: number;
  readonly call: Pick<InferCall, 'inputs' | 'outputs' | 'yields'>;
};

/** One runner process and the link to it. Requests are gathered by `send` and leave by `flush`. */
export class RunnerChild {
  readonly #process: RunnerProcess;
  readonly #events: ChildEvents;
  readonly #signature: Signature;
  readonly #inputPlaces: ReadonlyMap<string, number>;
  readonly #outputPlaces: ReadonlyMap<string, number>;
  readonly #frameBytesMax: number;
  readonly #writer = new FrameWriter();
  #verdict: string | null = null;

  constructor(load: LoadMessage, options: RunnerOptions, events: ChildEvents) {
    this.#events = events;
    this.#signature = load.signature;
    this.#frameBytesMax = load.frameBytesMax;
    this.#inputPlaces = placesOf(load.signature.inputs);
    this.#outputPlaces = placesOf(load.signature.outputs);
    this.#process = startRunner(options);
    this.#listen();
    writeText(this.#writer, { kind: FRAME_KIND.load, id: 0 }, JSON.stringify(load));
    this.flush();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /**
   * Adds a request to those that leave with the next `flush`. Null, or why it cannot be sent: an
   * unknown name, data that does not fit its shape, too many bytes.
   */
  send({ id, call }: Outgoing): string | null {
    const writer = this.#writer;
    const kind = call.yields === true ? FRAME_KIND.copy : FRAME_KIND.infer;
    writer.open(kind, id, call.inputs.length);
    try {
      for (const tensor of call.inputs) {
        writeTensor(writer, placeOf(this.#inputPlaces, 'input', tensor.name), tensor);
      }
      if (call.inputs.length !== this.#inputPlaces.size) {
        throw new FrameError(`${call.inputs.length} inputs, ${this.#inputPlaces.size} are taken`);
      }
      if (call.outputs !== null) {
        writer.extra(call.outputs.length);
        for (const name of call.outputs) {
          writer.word(placeOf(this.#outputPlaces, 'output', name));
        }
      }
    } catch (thrown) {
      writer.abandon();
      if (thrown instanceof FrameError) return thrown.message;
      throw thrown;
    }
    const size = writer.close();
    if (size <= this.#frameBytesMax) return null;
    writer.abandon();
    return `the request has ${size} bytes, at most ${this.#frameBytesMax} are sent`;
  }

  /** Takes a request back that was sent, if it has not begun. */
  cancel(id: number): void {
    this.#writer.open(FRAME_KIND.cancel, id);
    this.#writer.close();
  }

  /** Sends what was gathered, in one write. */
  flush(): void {
    const writer = this.#writer;
    if (writer.used === 0 || this.#process.link.destroyed) return;
    this.#process.link.write(writer.frames);
    // What could not be written at once is still read from this memory.
    writer.reset(this.#process.link.writableLength > 0);
  }

  /** Ends the process at once; `verdict` is told as the reason. */
  kill(verdict: string): void {
    this.#verdict ??= verdict;
    this.#process.kill();
  }

  #listen(): void {
    const { link, ended } = this.#process;
    const reader = new FrameReader(this.#frameBytesMax);
    const onFrame = (frame: Frame): void => this.#take(frame);
    link.on('data', (chunk: Uint8Array) => {
      if (this.#verdict !== null) return;
      try {
        reader.push(chunk, onFrame);
      } catch (thrown) {
        if (!isProtocolBreach(thrown)) throw thrown;
        this.kill(`broke the protocol: ${thrown.message}`);
      }
      this.#events.onPause();
    });
    void ended.then((how) => {
      link.destroy();
      this.#events.onEnd(this.#verdict ?? how);
    });
  }

  #take(frame: Frame): void {
    switch (frame.kind) {
      case FRAME_KIND.answer: {
        const { tensors, indexes } = readTensors(frame, this.#signature.outputs);
        const tookMs = frame.extra / US_PER_MS;
        this.#events.onAnswer(frame.id, { type: 'ok', outputs: tensors, tookMs });
        if (indexes.length === 0) throw new FrameError('an answer without outputs');
        return;
      }
      case FRAME_KIND.modelError:
        this.#events.onAnswer(frame.id, { type: 'model_error', message: textOf(frame) });
        return;
      case FRAME_KIND.skipped:
        this.#events.onAnswer(frame.id, { type: 'skipped' });
        return;
      case FRAME_KIND.ready:
        this.#events.onReady(readyShape.parse(JSON.parse(textOf(frame))));
        return;
      case FRAME_KIND.refused:
        this.#events.onRefused(refusedShape.parse(JSON.parse(textOf(frame))));
        return;
      default:
        throw new FrameError(`a frame of kind ${frame.kind}`);
    }
  }
}

/** Whatever cannot be read: the runner is not believed any more. */
function isProtocolBreach(thrown: unknown): thrown is Error {
  return (
    thrown instanceof FrameError ||
    thrown instanceof SyntaxError ||
    (thrown instanceof Error && thrown.name.endsWith('ZodError'))
  );
}

function placesOf(specs: Signature['inputs']): ReadonlyMap<string, number> {
  return new Map(specs.map(({ name }, index) => [name, index]));
}

function placeOf(places: ReadonlyMap<string, number>, side: string, name: string): number {
  const place = places.get(name);
  if (place === undefined) throw new FrameError(`there is no ${side} ${name}`);
  return place;
}

/** Bytes the inputs of a request take, roughly: for bounds, not for framing. */
export function bytesOf(inputs: readonly Tensor[]): number {
  let bytes = 0;
  for (const { data } of inputs) {
    if ('byteLength' in data) bytes += data.byteLength;
    else for (const text of data) bytes += text.length + 4;
  }
  return bytes;
}
