import { describe, expect, test } from 'vitest';
import { plainRoute, rolloutRoute, tableWith } from '../../../test/gateway/tables.ts';
import { bps } from '../../core/lib/units.ts';
import type { Lane } from '../../core/routing/table.ts';
import { parseTable } from './wire.ts';

const salt = 'cd'.repeat(16);
const lane = (fromBps: number, toBps: number, over: Partial<Lane> = {}): Lane => ({
  slice: { salt, fromBps: bps(fromBps), toBps: bps(toBps) },
  route: rolloutRoute(5_000, { rollout: `r-${fromBps}` }),
  ...over,
});
const tableOf = (lanes: readonly Lane[]) => tableWith(1, [plainRoute({ lanes })]);

describe('a table with lanes', () => {
  test('is taken when the slices share nobody', () => {
    const table = tableOf([lane(0, 3_000), lane(3_000, 10_000)]);
    expect(parseTable(JSON.parse(JSON.stringify(table)))).toEqual(table);
  });

  const unknown = { model: 'sums', version: 9, digest: `sha256:${'9'.repeat(64)}` };

  test.for<{ readonly when: string; readonly lanes: readonly Lane[]; readonly says: string }>([
    { when: 'slices meet', lanes: [lane(0, 3_000), lane(2_999, 5_000)], says: 'share units' },
    { when: 'one is turned', lanes: [lane(3_000, 2_000)], says: 'share units' },
    {
      when: 'they are of two layers',
      lanes: [
        lane(0, 3_000),
        lane(4_000, 5_000, {
          slice: { salt: 'ef'.repeat(16), fromBps: bps(4_000), toBps: bps(5_000) },
        }),
      ],
      says: 'share units',
    },
    {
      when: 'the shares in one are no whole',
      lanes: [
        lane(0, 3_000, {
          route: { ...rolloutRoute(5_000), split: plainRoute().split },
        }),
      ],
      says: 'the split names the arms',
    },
    {
      when: 'a version is not in the catalog',
      lanes: [
        lane(0, 3_000, {
          route: plainRoute({ arms: [{ name: 'baseline', role: 'baseline', version: unknown }] }),
        }),
      ],
      says: 'sums@9 is not among the models',
    },
  ])('is refused when $when', ({ lanes, says }) => {
    expect(() => parseTable(tableOf(lanes))).toThrow(says);
  });
});
