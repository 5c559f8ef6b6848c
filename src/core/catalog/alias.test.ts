import { expect, test } from 'vitest';
import { instant } from '../lib/units.ts';
import { ALIAS_HISTORY_MAX, moveAlias, type Alias } from './alias.ts';

const move = (alias: Alias | null, version: number): Alias =>
  moveAlias(alias, {
    model: 'tumour',
    name: 'production',
    version,
    movedAt: instant(version),
    movedBy: 'ada',
  });

// G3: where an alias pointed, and when.
test('an alias remembers where it pointed before, newest first', () => {
  const moved = move(move(move(null, 1), 2), 1);
  expect(moved.version).toBe(1);
  expect(moved.history.map(({ version }) => version)).toEqual([2, 1]);
});

test('its memory is bounded', () => {
  let alias = move(null, 1);
  for (let version = 2; version < ALIAS_HISTORY_MAX * 2; version += 1) alias = move(alias, version);
  expect(alias.history).toHaveLength(ALIAS_HISTORY_MAX);
  expect(alias.history[0]?.version).toBe(alias.version - 1);
});
