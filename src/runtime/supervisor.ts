import { spawn, type ChildProcess } from 'node:child_process';
import type { Logger } from 'pino';
import type { Clock } from '../ports/clock.ts';

/** A process that must always run. */
export type ChildSpec = {
  readonly name: string;
  /** Words after the program's own path. */
  readonly args: readonly string[];
  /** Inherited as descriptors 4, 5, …; 3 is the channel to the supervisor. */
  readonly fds: readonly number[];
  /** Ends only when all others have: who ends before has something to tell it. */
  readonly endsLast: boolean;
};

/** What is known of a supervised process. */
export type ChildState = {
  readonly name: string;
  readonly pid: number | null;
  readonly restarts: number;
};

/** A set of running processes. */
export type Supervisor = {
  /** Resolves when every child has said once that it is ready. */
  readonly ready: Promise<void>;
  /** Rejects when a child keeps dying before it was ever ready. */
  readonly failed: Promise<never>;
  children(): readonly ChildState[];
  /** Asks every child to end, waits, and kills what has not ended within the grace. */
  stop(): Promise<void>;
};

/** What a child tells its supervisor. */
export type ChildMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly code: string; readonly sentence: string };

type Options = {
  readonly program: string;
  /** Of the children; the supervisor's own is not handed on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly children: readonly ChildSpec[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly graceMs: number;
};

const BACKOFF_FIRST_MS = 50;
const BACKOFF_MAX_MS = 5_000;
/** A child that ran this long starts again without delay. */
const STEADY_MS = 10_000;
/** Deaths before a child was ever ready after which the whole start is given up. */
const STILLBORN_MAX = 3;

type Child = {
  readonly spec: ChildSpec;
  process: ChildProcess | null;
  restarts: number;
  stillborn: number;
  wasReady: boolean;
  backoffMs: number;
};

/** Starts the children and keeps them running, each with its own back-off. */
export function supervise(options: Options): Supervisor {
  const stopping = new AbortController();
  const ready = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const children = options.children.map((spec): Child => ({
    spec,
    process: null,
    restarts: 0,
    stillborn: 0,
    wasReady: false,
    backoffMs: BACKOFF_FIRST_MS,
  }));
  const hear = (child: Child, message: ChildMessage): void => {
    if (message.type === 'refused') {
      failed.reject(Object.assign(new Error(message.sentence), { code: message.code }));
      return;
    }
    child.wasReady = true;
    if (children.every(({ wasReady }) => wasReady)) ready.resolve();
  };
  const run = { options, stopping: stopping.signal, hear, giveUp: failed.reject };
  const loops = children.map((child) => keepRunning(child, run));
  return {
    ready: ready.promise,
    failed: failed.promise,
    children: () =>
      children.map(({ spec, process, restarts }) => ({
        name: spec.name,
        pid: process?.pid ?? null,
        restarts,
      })),
    stop: async () => {
      stopping.abort();
      const late = setTimeout(() => {
        for (const { process } of children) process?.kill('SIGKILL');
      }, options.graceMs);
      for (const isLast of [false, true]) {
        const now = children.map(({ spec }) => spec.endsLast === isLast);
        for (const [i, { process }] of children.entries()) if (now[i]) process?.kill('SIGTERM');
        await Promise.all(loops.filter((_, i) => now[i]));
      }
      clearTimeout(late);
    },
  };
}

type Run = {
  readonly options: Options;
  readonly stopping: AbortSignal;
  readonly hear: (child: Child, message: ChildMessage) => void;
  readonly giveUp: (reason: Error) => void;
};

async function keepRunning(child: Child, run: Run): Promise<void> {
  const { clock, log } = run.options;
  const { name } = child.spec;
  while (!run.stopping.aborted) {
    const startedMs = clock.monotonicMs();
    const how = await runOnce(child, run);
    if (run.stopping.aborted) return;
    const ranMs = clock.monotonicMs() - startedMs;
    child.restarts += 1;
    child.stillborn = child.wasReady ? 0 : child.stillborn + 1;
    log.error({ child: name, how, ranMs: Math.round(ranMs) }, 'a process ended and is restarted');
    if (child.stillborn >= STILLBORN_MAX) {
      run.giveUp(new Error(`${name} ended ${STILLBORN_MAX} times before it was ready (${how})`));
      return;
    }
    if (ranMs >= STEADY_MS) child.backoffMs = BACKOFF_FIRST_MS;
    await clock.sleep(child.backoffMs, run.stopping);
    child.backoffMs = Math.min(child.backoffMs * 2, BACKOFF_MAX_MS);
  }
}

function runOnce(child: Child, { options, hear }: Run): Promise<string> {
  return new Promise((resolve) => {
    const { spec } = child;
    const started = spawn(process.execPath, [options.program, ...spec.args], {
      env: options.environment,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...spec.fds],
    });
    child.process = started;
    started.on('message', (message) => hear(child, message as ChildMessage));
    const end = (how: string): void => {
      child.process = null;
      resolve(how);
    };
    started.once('error', (error) => end(error.message));
    started.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
  });
}
