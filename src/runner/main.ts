/**
 * The model runner: a process that holds one model and answers for it over file descriptor 3. It
 * knows nothing of the rest of the product, so that a model that breaks it breaks nothing else.
 * Reading and writing block: there is nothing else to do, and it saves the work of an event loop.
 */
import { readSync, writeSync } from 'node:fs';
import {
  FRAME_KIND,
  FrameError,
  FrameWriter,
  textOf,
  writeText,
} from '../protocol/runner/frame.ts';
import type { Frame } from '../protocol/runner/frame.ts';
import { FrameReader } from '../protocol/runner/frame-reader.ts';
import type { LoadMessage } from '../protocol/runner/load-message.ts';
import type { ReadyMessage } from '../protocol/runner/message.ts';
import { Engine } from './engine.ts';
import { openSession } from './session.ts';
import type { Session } from './session.ts';
import { warmUp } from './warm-up.ts';

const LINK = 3;
const CHUNK_BYTES = 256 * 1024;
/** Until the first frame says otherwise. */
const LOAD_FRAME_BYTES_MAX = 16 * 1024 * 1024;

const writer = new FrameWriter();
const chunk = new Uint8Array(CHUNK_BYTES);

/** Bytes that came in; the process ends when the gateway is gone. */
function receive(): Uint8Array {
  const count = readSync(LINK, chunk, 0, chunk.length, null);
  if (count === 0) process.exit(0);
  return chunk.subarray(0, count);
}

/** Sends what the writer holds. */
function flush(): void {
  const { frames } = writer;
  let sent = 0;
  while (sent < frames.length) sent += writeSync(LINK, frames, sent, frames.length - sent);
  writer.reset(false);
}

function firstFrame(): LoadMessage {
  const reader = new FrameReader(LOAD_FRAME_BYTES_MAX);
  const frames: Frame[] = [];
  while (frames.length === 0) reader.push(receive(), (frame) => frames.push(frame));
  const [frame] = frames;
  if (frame?.kind !== FRAME_KIND.load) throw new FrameError('the first frame names the model');
  // The gateway that started this process wrote it.
  return JSON.parse(textOf(frame)) as LoadMessage;
}

async function load(message: LoadMessage): Promise<{ session: Session; ready: ReadyMessage }> {
  const start = performance.now();
  const opened = await openSession(message);
  if (!opened.ok) {
    writeText(writer, { kind: FRAME_KIND.refused, id: 0 }, JSON.stringify(opened.refusal));
    flush();
    process.exit(0);
  }
  const loadedAt = performance.now();
  const found = await warmUp(opened.session, message.batchRowsMax);
  const warmMs = performance.now() - loadedAt;
  return { session: opened.session, ready: { loadMs: loadedAt - start, warmMs, ...found } };
}

async function serve(): Promise<never> {
  const message = firstFrame();
  const { frameBytesMax } = message;
  const { session, ready } = await load(message);
  const { batchRowsMax } = ready;
  const engine = new Engine(session, { batchRowsMax, frameBytesMax, writer, flush });
  const reader = new FrameReader(frameBytesMax);
  writeText(writer, { kind: FRAME_KIND.ready, id: 0 }, JSON.stringify(ready));
  flush();
  const accept = (frame: Frame): void => engine.accept(frame);
  for (;;) {
    reader.push(receive(), accept);
    await engine.drain();
  }
}

await serve();
