import type { Client } from '../../sdk/client.ts';
import { UnderstudyError } from '../../sdk/error.ts';
import { pause } from '../../sdk/transport.ts';
import type { CallAnswer } from '../protocol/admin/call.ts';
import { Interruption } from './failure.ts';
import { EXIT, exitOfLateRollout, exitOfRollout } from './exit.ts';
import type { Exit } from './exit.ts';
import type { FollowView } from './follow-view.ts';
import type { Session } from './session.ts';

type RolloutBody = CallAnswer<'rollout.read'>;

/** How long and to what end a rollout is followed. */
export type FollowOptions = {
  readonly view: FollowView;
  /** Null: without end. */
  readonly timeoutMs: number | null;
  /** Whether a rollout that waits for a person is left to him. */
  readonly stopsAtHold: boolean;
  /** Phases that are the success that was asked for; default: promoted. */
  readonly wished?: readonly RolloutBody['phase'][];
};

const POLL_MS = 500;
/** The last event comes on another connection than the state, perhaps a little later. */
const LAST_EVENT_MS = 500;
const SERVER_ERROR_FROM = 500;

/** Shows what goes on until it has ended, and gives the exit code that tells how. */
export async function followRollout(
  session: Session,
  started: RolloutBody,
  options: FollowOptions,
): Promise<Exit> {
  const client = await session.client({ retries: 0 });
  const listening = new AbortController();
  const ear = new Ear(options.view, started.id);
  const heard = ear.listen(client, listening.signal);
  try {
    const { rollout, exit } = await pollToEnd(session, client, { ...options, ear, started });
    await ear.until(rollout.revision, LAST_EVENT_MS);
    options.view.end(rollout, exit);
    return exit;
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    session.out.warn(`detached; the rollout goes on: understudy rollout watch ${started.id}`);
    return EXIT.interrupted;
  } finally {
    listening.abort();
    await heard;
  }
}

type Polling = FollowOptions & { readonly ear: Ear; readonly started: RolloutBody };

async function pollToEnd(
  session: Session,
  client: Client,
  { view, timeoutMs, ear, started, ...options }: Polling,
): Promise<{ readonly rollout: RolloutBody; readonly exit: Exit }> {
  const beganMs = performance.now();
  let rollout = started;
  let freshMs = beganMs;
  for (;;) {
    const read = await readAgain(client, started.id);
    const nowMs = performance.now();
    if (read !== null) [rollout, freshMs] = [read, nowMs];
    view.state(rollout, read === null ? Math.max(nowMs - freshMs, 1) : 0);
    const exit = exitNow(rollout, options);
    if (exit !== null) return { rollout, exit };
    if (timeoutMs !== null && nowMs - beganMs >= timeoutMs) {
      return { rollout, exit: exitOfLateRollout(rollout) };
    }
    await Promise.race([pause(POLL_MS, session.interrupted), ear.next()]);
    session.interrupted.throwIfAborted();
  }
}

function exitNow(
  rollout: RolloutBody,
  { wished = ['promoted'], stopsAtHold }: Pick<FollowOptions, 'wished' | 'stopsAtHold'>,
): Exit | null {
  if (wished.includes(rollout.phase)) return EXIT.ok;
  if (rollout.phase === 'holding' && !stopsAtHold) return null;
  return exitOfRollout(rollout);
}

/** The rollout, or null while the control plane is away. */
async function readAgain(client: Client, id: string): Promise<RolloutBody | null> {
  try {
    return await client.rollout.read({ params: { rollout: id } });
  } catch (error) {
    const isAway =
      error instanceof UnderstudyError &&
      (error.status === null || error.status >= SERVER_ERROR_FROM);
    if (isAway) return null;
    throw error;
  }
}

/** Listens for the events of one rollout. */
class Ear {
  readonly #view: FollowView;
  readonly #rollout: string;
  #revision = -1;
  #next = Promise.withResolvers<void>();

  constructor(view: FollowView, rollout: string) {
    this.#view = view;
    this.#rollout = rollout;
  }

  /** Hands events on until the signal; a stream that ends takes nothing away: states are polled. */
  async listen(client: Client, signal: AbortSignal): Promise<void> {
    try {
      for await (const event of client.events.stream({ signal })) {
        if (event.event.rollout !== this.#rollout) continue;
        this.#view.event(event);
        this.#revision = event.event.revision;
        this.#next.resolve();
        this.#next = Promise.withResolvers();
      }
    } catch {
      this.#next.resolve();
    }
  }

  /** Resolves at the next event. */
  next(): Promise<void> {
    return this.#next.promise;
  }

  /** Waits for the event of a revision, but not for ever. */
  async until(revision: number, mostMs: number): Promise<void> {
    const late = pause(mostMs).then(() => 'late' as const);
    while (this.#revision < revision) {
      if ((await Promise.race([this.next(), late])) === 'late') return;
    }
  }
}
