import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { playPortion, portionsOf } from '../core/plan/play.ts';
import type { PlanRequest, Portion } from '../core/plan/play.ts';
import { scenariosFor } from '../core/plan/scenario.ts';
import type { Outcome } from '../core/plan/simulate.ts';

/** Rollouts played at a time: a twentieth of a second. */
const PORTION = 50;
/** Fewer rollouts than these are over before another thread has started. */
const SHARED_FROM = 500;

const source = new URL('./plan-worker.ts', import.meta.url);

/** Plays every scenario, on all cores when it is worth it: the same outcomes either way. */
export async function playAll(
  request: PlanRequest,
  signal: AbortSignal,
): Promise<readonly (readonly Outcome[])[]> {
  const scenarios = scenariosFor(request.spec);
  const portions = portionsOf(request, PORTION);
  const isShared = request.rollouts * scenarios.length >= SHARED_FROM;
  const threads = isShared ? Math.min(availableParallelism(), portions.length) : 1;
  const played =
    threads > 1
      ? await shared(request, portions, { threads, signal })
      : portions.map((portion) => playPortion(request, portion));
  return scenarios.map((_, scenario) =>
    portions.flatMap((portion, at) => (portion.scenario === scenario ? (played[at] ?? []) : [])),
  );
}

type Crew = { readonly threads: number; readonly signal: AbortSignal };

/** Every thread takes the next portion when it is done with one. */
async function shared(
  request: PlanRequest,
  portions: readonly Portion[],
  { threads, signal }: Crew,
): Promise<readonly (readonly Outcome[])[]> {
  const played: (readonly Outcome[])[] = [];
  const left = portions.entries();
  const work = async (): Promise<void> => {
    const worker = new Worker(source, { workerData: request });
    try {
      for (const [at, portion] of left) {
        const answer = once(worker, 'message', { signal });
        worker.postMessage(portion);
        [played[at] = []] = (await answer) as [readonly Outcome[]];
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
  return played;
}
