import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rolloutSample } from '../../../test/samples.ts';
import { WHOLE_BPS, bps } from '../lib/units.ts';
import { overlaps } from '../routing/slice.ts';
import { freeSpans, roomFor } from './room.ts';
import type { Phase, Rollout, Span } from './rollout.ts';

const salt = 'ab'.repeat(16);
const layerSalt = 'cd'.repeat(16);
const span = (fromBps: number, toBps: number): Span => ({
  fromBps: bps(fromBps),
  toBps: bps(toBps),
});

const having = (slice: Span | undefined, phase: Phase = 'advancing'): Rollout =>
  rolloutSample('risk', phase, slice === undefined ? {} : { slice, layerSalt });

describe('the units a rollout gets', () => {
  test.for<{
    readonly when: string;
    readonly wants: number | undefined;
    readonly others: readonly Rollout[];
    readonly gets: Span | null;
  }>([
    { when: 'alone, without a slice', wants: undefined, others: [], gets: null },
    { when: 'alone', wants: 3_000, others: [], gets: span(0, 3_000) },
    { when: 'all of them', wants: 10_000, others: [], gets: span(0, 10_000) },
    {
      when: 'beside one',
      wants: 3_000,
      others: [having(span(0, 2_000))],
      gets: span(2_000, 5_000),
    },
    {
      when: 'the smallest piece that suffices',
      wants: 1_000,
      others: [having(span(0, 4_000)), having(span(5_000, 7_000))],
      gets: span(4_000, 5_000),
    },
    {
      when: 'to the last one',
      wants: 4_000,
      others: [having(span(0, 6_000))],
      gets: span(6_000, 10_000),
    },
  ])('$when', ({ wants, others, gets }) => {
    const slice = wants === undefined ? undefined : bps(wants);
    const room = roomFor({ slice, salt }, others);
    const first = others[0]?.layerSalt ?? salt;
    expect(room).toEqual({
      ok: true,
      value: gets === null ? {} : { slice: gets, layerSalt: first },
    });
  });

  test.for<{
    readonly when: string;
    readonly wants: number | undefined;
    readonly others: readonly Rollout[];
    readonly code: string;
    readonly says: string;
  }>([
    {
      when: 'all are wanted, and one has a slice',
      wants: undefined,
      others: [having(span(0, 100))],
      code: 'ROLLOUT_ACTIVE',
      says: 'is still advancing',
    },
    {
      when: 'one has all',
      wants: 100,
      others: [having(undefined, 'holding')],
      code: 'ROLLOUT_ACTIVE',
      says: 'is still holding',
    },
    {
      when: 'somebody waits already',
      wants: 100,
      others: [having(span(0, 100)), having(undefined, 'queued')],
      code: 'ROLLOUT_ACTIVE',
      says: 'is still queued',
    },
    {
      when: 'what is free lies in two pieces',
      wants: 4_000,
      others: [having(span(2_000, 5_000)), having(span(8_000, 10_000))],
      code: 'ROLLOUT_NO_ROOM',
      says: '40 % of the units of risk are asked for, and free in one piece: 20 % and 30 %.',
    },
    {
      when: 'nothing is free',
      wants: 100,
      others: [having(span(0, 10_000))],
      code: 'ROLLOUT_NO_ROOM',
      says: 'nothing is free',
    },
  ])('none when $when: $code', ({ wants, others, code, says }) => {
    const slice = wants === undefined ? undefined : bps(wants);
    const room = roomFor({ slice, salt }, others);
    const sentence = expect.stringContaining(says);
    expect(room).toMatchObject({ ok: false, error: { refusal: { code, sentence } } });
  });
});

const takenBy = (going: readonly Rollout[]): readonly Span[] =>
  going.flatMap(({ slice }) => slice ?? []);

const meets = (one: Span | null, other: Span): boolean =>
  one !== null && overlaps({ ...one, salt }, { ...other, salt });

const widthOf = (...spans: readonly Span[]): number =>
  spans.reduce((total, one) => total + one.toBps - one.fromBps, 0);

test('whoever comes and goes, nobody shares a unit, and nothing is lost', () => {
  const wish = fc.record({ wants: fc.integer({ min: 100, max: 6_000 }), ends: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 40 }), (wishes) => {
      let going: readonly Rollout[] = [];
      for (const { wants, ends } of wishes) {
        const room = roomFor({ slice: bps(wants), salt }, going);
        const given = room.ok ? (room.value.slice ?? null) : null;
        const met = takenBy(going).filter((slice) => meets(given, slice));
        expect(met).toEqual([]);
        expect(given === null ? wants : widthOf(given)).toBe(wants);
        if (given !== null) going = [...going, having(given)];
        const taken = takenBy(going);
        expect(widthOf(...taken) + widthOf(...freeSpans(taken))).toBe(WHOLE_BPS);
        going = going.filter((_, index) => index !== ends);
      }
    }),
    { numRuns: 200 },
  );
});
