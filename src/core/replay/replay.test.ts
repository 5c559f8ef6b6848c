import { beforeAll, describe, expect, test } from 'vitest';
import { Town } from '../../../test/receipts/town.ts';
import { bps } from '../lib/units.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { CHECK_DEFAULTS, canaryOf } from '../strategy/presets.ts';
import type { CanaryStage } from '../strategy/spec.ts';
import { replayReceipt } from './replay.ts';
import type { Replay } from './replay.ts';
import type { Receipt } from './receipt.ts';

let promoted: Receipt;
let reverted: Receipt;
let paused: Receipt;

beforeAll(async () => {
  promoted = await recorded({}, async (town, id) => town.passUntil(id, ['promoted']));
  reverted = await recorded({ errors: 0.3 }, async (town, id) => town.passUntil(id, ['reverted']));
  paused = await recorded({}, async (town, id) => {
    await town.passUntil(id, ['advancing']);
    await town.command(id, 'pause');
    await town.pass(5);
    await town.command(id, 'resume');
    await town.passUntil(id, ['promoted']);
  });
});

async function recorded(
  candidate: Parameters<typeof Town.open>[0],
  live: (town: Town, id: string) => Promise<void>,
): Promise<Receipt> {
  const town = await Town.open(candidate);
  await town.pass(12);
  const id = await town.start();
  await live(town, id);
  const receipt = await town.receipt(id);
  await town.desk.close();
  return receipt;
}

const ownSpec = ({ entries }: Receipt): RolloutSpec => entries[0].detail.spec;

function replayed(receipt: Receipt, over: Partial<RolloutSpec> = {}): Replay {
  const found = replayReceipt(receipt, { ...ownSpec(receipt), ...over });
  if (!found.ok) throw new Error(found.error.sentence);
  return found.value;
}

const ladder = (...stages: readonly (readonly [percent: number, leastMs: number])[]) =>
  canaryOf(
    stages.map(([percent, leastMs]): CanaryStage => {
      return { share: bps(percent * 100), margin: 3, leastMs };
    }),
  );

const movesOf = (replay: Replay): readonly string[] =>
  replay.steps.flatMap(({ decides }) => (decides === null ? [] : [decides.type]));

describe('under its own declaration', () => {
  test.for([
    { name: 'promoted', receipt: () => promoted, phase: 'promoted' },
    { name: 'reverted', receipt: () => reverted, phase: 'reverted' },
    { name: 'paused and resumed', receipt: () => paused, phase: 'promoted' },
  ])('a rollout that was $name decides what was decided', ({ receipt, phase }) => {
    const replay = replayed(receipt());
    expect(replay).toMatchObject({ parting: null, unknown: [], end: { phase } });
    for (const { decides, recorded: was } of replay.steps) expect(decides).toEqual(was);
    const [, ...steps] = receipt().entries;
    expect(replay.steps).toHaveLength(steps.length);
  });
});

describe('under another declaration', () => {
  test('one that waits longer parts where the other went on', () => {
    const replay = replayed(promoted, { strategy: ladder([10, 60_000], [50, 60_000]) });
    expect(replay.parting?.sentence).toBe(
      'this declaration waits, where it was decided to advance',
    );
    expect(movesOf(replay)).toEqual(['freeze', 'advance']);
    expect(replay.end).toMatchObject({ phase: 'advancing', stage: 0, shareBps: 1_000 });
    expect(replay.unknown.join('\n')).toMatch(
      /gives the candidate 10 %, but the record holds what 50 % served: .* was never seen/,
    );
    expect(replay.unknown.join('\n')).toContain('The record ends at');
  });

  test('the same move to another share is another way', () => {
    const replay = replayed(promoted, { strategy: ladder([5, 3_000], [50, 3_000]) });
    expect(replay.parting?.sentence).toBe('this declaration gives 5 %, where 10 % was given');
    expect(replay.unknown.join('\n')).toMatch(/gives the candidate 5 %.* what 10 % served/);
  });

  test('one that tolerates less takes out what was promoted, or does not promote it', () => {
    const error = { ...CHECK_DEFAULTS.error_rate, tolerance: 0.0001 };
    const replay = replayed(promoted, { checks: [error] });
    expect(replay.parting).not.toBeNull();
    expect(movesOf(replay)).not.toContain('promote');
    expect(replay.end.sentence).toContain('error_rate');
  });

  test('what people did after the ways parted is not repeated', () => {
    const replay = replayed(paused, { strategy: ladder([5, 3_000], [50, 3_000]) });
    expect(replay.unknown.join('\n')).toMatch(/admin gave the command pause at .* nobody knows/);
    const pause = replay.steps.find(({ recorded: was }) => was?.reason === 'somebody wants it');
    expect(pause?.decides).toBeNull();
  });

  test.for([
    { name: 'buckets', over: { bucketMs: 2_000 }, says: 'Buckets were 1 s wide, not 2 s' },
    {
      name: 'an objective that nobody counted against',
      over: {
        checks: [
          CHECK_DEFAULTS.error_rate,
          { ...CHECK_DEFAULTS.latency_objective, objectiveMs: 90 },
        ],
      },
      says: 'Late answers were not counted',
    },
    {
      name: 'another stretch',
      over: {
        checks: [CHECK_DEFAULTS.error_rate, { ...CHECK_DEFAULTS.latency, stretch: 3 }],
      },
      says: 'were counted as slow; this declaration would have counted those above',
    },
  ])('what was not counted cannot be known: $name', ({ over, says }) => {
    expect(replayed(promoted, over).unknown.join('\n')).toContain(says);
  });

  test('one that is not sound is refused', () => {
    const unsound = replayReceipt(promoted, { ...ownSpec(promoted), alphaRevert: 0 });
    expect(unsound).toMatchObject({ ok: false, error: { code: 'ROLLOUT_SPEC_INVALID' } });
  });
});
