/**
 * The model runner: a process that holds one model and answers for it over file descriptor 3. It
 * knows nothing of the rest of the product, so that a model that breaks it breaks nothing else.
 */
import { FRAME_KIND, FrameError, textOf, writeText } from '../protocol/runner/frame.ts';
import type { Frame } from '../protocol/runner/frame.ts';
import type { LoadMessage } from '../protocol/runner/load-message.ts';
import type { ReadyMessage } from '../protocol/runner/message.ts';
import { Engine } from './engine.ts';
import { Link } from './link.ts';
import { withLowPriority } from './priority.ts';
import { openSession } from './session.ts';
import { warmUp } from './warm-up.ts';

const LINK = 3;
/** The gateway keeps to the limit it names in the first frame; this one bounds that frame too. */
const FRAME_BYTES_MAX = 2 ** 31;

/** Makes the model ready and says so, or says why not and ends. Null: the latter. */
async function start(link: Link, message: LoadMessage): Promise<Engine | null> {
  const begin = performance.now();
  const opened = await openSession(message);
  if (!opened.ok) {
    writeText(link.writer, { kind: FRAME_KIND.refused, id: 0 }, JSON.stringify(opened.refusal));
    link.flushAndExit();
    return null;
  }
  const loadedAt = performance.now();
  const found = await warmUp(opened.session, message.batchRowsMax);
  const warmMs = performance.now() - loadedAt;
  const ready: ReadyMessage = { loadMs: loadedAt - begin, warmMs, ...found };
  const { frameBytesMax } = message;
  const { batchRowsMax } = ready;
  const { writer } = link;
  const flush = (): void => link.flush();
  writeText(writer, { kind: FRAME_KIND.ready, id: 0 }, JSON.stringify(ready));
  flush();
  return new Engine(opened.session, { batchRowsMax, frameBytesMax, writer, flush });
}

function serve(): void {
  let engine: Engine | null = null;
  let isStarted = false;
  let isDraining = false;
  const drain = async (): Promise<void> => {
    if (engine === null || isDraining) return;
    isDraining = true;
    await engine.drain();
    isDraining = false;
    link.release();
  };
  const link = new Link(LINK, FRAME_BYTES_MAX, {
    onFrame: (frame: Frame) => {
      if (engine !== null) {
        engine.accept(frame);
        return;
      }
      if (isStarted || frame.kind !== FRAME_KIND.load) throw new FrameError('not a load frame');
      isStarted = true;
      // The gateway that started this process wrote it.
      const message = JSON.parse(textOf(frame)) as LoadMessage;
      const begin = (): Promise<Engine | null> => start(link, message);
      void (message.isUrgent ? begin() : withLowPriority(begin)).then((made) => {
        engine = made;
      });
    },
    onPause: () => void drain(),
  });
}

serve();
