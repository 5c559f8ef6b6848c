import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Receipt } from '../src/core/replay/receipt.ts';
import { replayReceipt } from '../src/core/replay/replay.ts';
import type { Move, Replay } from '../src/core/replay/replay.ts';
import { tamperedWith } from '../src/core/replay/seals.ts';
import { strategies } from '../src/core/strategy/strategies.ts';
import { parseReceipt } from '../src/protocol/admin/receipt.ts';
import { receiptStories } from './histories/receipt-stories.ts';

const folder = join(import.meta.dirname, 'histories/receipts');
const files = readdirSync(folder);
const receiptIn = (name: string): Receipt =>
  parseReceipt(JSON.parse(readFileSync(join(folder, name), 'utf8')));

/** What was moved; the words for it may be other ones. */
const movedBy = (move: Move | null): Omit<Move, 'reason'> | null => {
  if (move === null) return null;
  const { reason: _words, ...moved } = move;
  return moved;
};

function replayed(receipt: Receipt): Replay {
  const found = replayReceipt(receipt, receipt.entries[0].detail.spec);
  if (!found.ok) throw new Error(found.error.sentence);
  return found.value;
}

describe('rollouts of a whole control plane that were decided once', () => {
  test.for(files)('%s is sealed as it was', (file) => {
    expect(tamperedWith(receiptIn(file))).toBeNull();
  });

  test.for(files)('%s is decided alike', (file) => {
    const receipt = receiptIn(file);
    const { parting, steps, end } = replayed(receipt);
    expect(parting).toBeNull();
    expect(steps.map(({ decides }) => movedBy(decides))).toEqual(
      steps.map(({ recorded }) => movedBy(recorded)),
    );
    expect(steps).toHaveLength(receipt.entries.length - 1);
    expect(end.phase).toBe(receipt.entries.at(-1)?.detail.state.phase);
  });

  test('every story is recorded', () => {
    expect(files.toSorted()).toEqual(receiptStories.map(({ name }) => `${name}.json`).toSorted());
  });

  test('every strategy is among them, alone or in a sequence, and so is an audience', () => {
    const specs = files.map((file) => receiptIn(file).entries[0].detail.spec);
    const declared = specs.flatMap(({ strategy, followers }) => [strategy, ...followers]);
    expect(new Set(declared.map(({ kind }) => kind))).toEqual(new Set(Object.keys(strategies)));
    expect(specs.some(({ followers }) => followers.length > 0)).toBe(true);
    expect(JSON.stringify(declared)).toContain('group == dev');
  });
});
