import { expect, test } from 'vitest';
import { PIECE_MS, inPieces } from './breather.ts';

/** Work of so many steps, each of which takes so long by a clock of its own. */
function work(steps: number, stepMs: number) {
  let nowMs = 0;
  function* made(): Generator<undefined, string> {
    for (let step = 0; step < steps; step += 1) {
      nowMs += stepMs;
      yield undefined;
    }
    return 'done';
  }
  return { steps: made(), monotonicMs: () => nowMs };
}

test.for([
  { name: 'short work', steps: 4, stepMs: 1, turns: 0 },
  { name: 'long work', steps: 100, stepMs: 1, turns: 100 / PIECE_MS },
  { name: 'long steps', steps: 10, stepMs: 50, turns: 10 },
  { name: 'a clock that stands still', steps: 1_000, stepMs: 0, turns: 0 },
])('$name lets others have $turns turns', async ({ steps, stepMs, turns }) => {
  const { steps: all, monotonicMs } = work(steps, stepMs);
  let taken = 0;
  let isDone = false;
  const take = (): void => {
    if (isDone) return;
    taken += 1;
    setImmediate(take);
  };
  setImmediate(take);
  const done = inPieces(all, monotonicMs).then((said) => {
    isDone = true;
    return said;
  });
  expect(await done).toBe('done');
  expect(taken).toBe(turns);
});

test('work that fails fails', async () => {
  function* broken(): Generator<undefined, never> {
    yield undefined;
    throw new RangeError('no');
  }
  await expect(inPieces(broken())).rejects.toThrow(RangeError);
});
