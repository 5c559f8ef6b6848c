import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cpuMsOf } from '../cpu.ts';
import type { LoadPlan, LoadResult, LoadWord } from './plan.ts';

const generator = fileURLToPath(new URL('./generator.ts', import.meta.url));

/** What a generator saw, and what the watched processes used meanwhile. */
export type LoadSeen = LoadResult & { readonly cpuMs: Readonly<Record<string, number>> };

/** Process ids by the name under which their processor time is counted together. */
export type Watch = Readonly<Record<string, () => readonly number[]>>;

/** Sends load from a process of its own and counts what the watched processes use meanwhile. */
export async function sendLoad(plan: LoadPlan, watch: Watch): Promise<LoadSeen> {
  const child = fork(generator, [JSON.stringify(plan)], { stdio: ['ignore', 2, 2, 'ipc'] });
  let before: Readonly<Record<string, number>> = {};
  let seen: LoadSeen | null = null;
  child.on('message', (word: LoadWord) => {
    if (word.type === 'begin') {
      before = used(watch);
      return;
    }
    const after = used(watch);
    const cpuMs = Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? 0)]);
    seen = { ...word.result, cpuMs: Object.fromEntries(cpuMs) };
  });
  await new Promise((resolve) => child.once('exit', resolve));
  if (seen === null) throw new Error(`the load generator for ${plan.url} ended early`);
  return seen;
}

function used(watch: Watch): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(watch).map(([name, pids]) => [name, cpuMsOf(pids())]));
}
