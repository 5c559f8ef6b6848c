import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { after, instant } from '../lib/units.ts';
import { OUTCOMES } from '../telemetry/observation.ts';
import type { Loss, LossName, Window } from '../telemetry/window.ts';
import { refSample, rolloutSample } from '../../../test/samples.ts';
import { CHECK_DEFAULTS, defaultChecks } from '../strategy/presets.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { analyse } from './analyse.ts';
import { emptyEvidence, extendEvidence } from './evidence.ts';
import type { Evidence } from './evidence.ts';

const began = instant(1_800_000_000_000);
const plain = rolloutSample('risk', 'advancing', { id: 'r-1' });
const rollout: Rollout = {
  ...plain,
  thresholdsMs: { slow: 10, tail: 20, late: 50 },
  spec: {
    ...plain.spec,
    checks: [...defaultChecks(50), { ...CHECK_DEFAULTS.latency, name: 'strict', ratio: 1 }],
  },
};

const outcomes = Object.fromEntries(OUTCOMES.map((name) => [name, 0])) as Window['outcomes'];

type Draw = {
  readonly bucket: number;
  readonly revision: number;
  readonly version: 1 | 2;
  readonly units: number;
  readonly losses: readonly number[];
};

const windowOf = ({ bucket, revision, version, units, losses }: Draw): Window => {
  const loss = (i: number): Loss => ({ units, sum: Math.min(units, losses[i] ?? 0) });
  return {
    endpoint: 'risk',
    rollout: 'r-1',
    revision,
    arm: version === 1 ? 'baseline' : 'candidate',
    version,
    start: after(began, bucket * 10_000),
    bucketMs: 10_000,
    requests: units,
    outcomes,
    losses: {
      error: loss(0),
      null: loss(1),
      slow: loss(2),
      tail: loss(3),
      late: loss(4),
      disagree: loss(5),
    },
    latencyMs: units === 0 ? [] : [[100 + bucket, units]],
    latencySumMs: units * 5,
    fallbacks: 0,
    unitsDropped: 0,
  };
};

const draw = fc.record<Draw>({
  bucket: fc.integer({ min: 0, max: 30 }),
  revision: fc.integer({ min: 1, max: 3 }),
  version: fc.constantFrom(1, 2),
  units: fc.integer({ min: 0, max: 400 }),
  losses: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 5, maxLength: 5 }),
});
const table = fc.array(draw, { maxLength: 60 }).map((draws) => draws.map(windowOf));

const fold = (windows: readonly Window[]): Evidence =>
  extendEvidence(emptyEvidence(rollout), rollout, windows);

/** One call per bucket, as control does it. */
function foldByBucket(windows: readonly Window[]): Evidence {
  const starts = [...new Set(windows.map(({ start }) => start))].sort((a, b) => a - b);
  return starts.reduce(
    (evidence, start) =>
      extendEvidence(
        evidence,
        rollout,
        windows.filter((window) => window.start === start),
      ),
    emptyEvidence(rollout),
  );
}

const numbers = (evidence: Evidence): unknown =>
  analyse(rollout, evidence, after(began, 320_000)).map(
    ({ candidate, baseline, evidence: found, outcome, interval }) => {
      return [candidate, baseline, found.harm, found.safety, outcome, interval];
    },
  );

describe('evidence is a function of the bucket table', () => {
  test('bucket by bucket gives what all at once gives', () => {
    fc.assert(
      fc.property(table, (windows) => {
        expect(foldByBucket(windows)).toEqual(fold(windows));
      }),
    );
  });

  test('the order in which gateways report does not matter', () => {
    const shuffled = table.chain((windows) =>
      fc.tuple(fc.constant(windows), fc.shuffledSubarray(windows, { minLength: windows.length })),
    );
    fc.assert(
      fc.property(shuffled, ([windows, other]) => {
        expect(numbers(fold(other))).toEqual(numbers(fold(windows)));
      }),
    );
  });

  test('a gateway more or less does not matter: its windows add up', () => {
    const halves = fc.tuple(
      fc.array(draw, { maxLength: 40 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(halves, ([draws, part]) => {
        const split = draws.flatMap((one) => {
          const units = Math.round(one.units * part);
          const losses = one.losses.map((loss) => Math.min(loss, one.units));
          const first = losses.map((loss) => Math.min(loss, units));
          const rest = losses.map((loss, i) => loss - (first[i] ?? 0));
          return [
            { ...one, units, losses: first },
            { ...one, units: one.units - units, losses: rest },
          ].map(windowOf);
        });
        expect(numbers(fold(split))).toEqual(numbers(fold(draws.map(windowOf))));
      }),
    );
  });

  test('extending leaves the evidence it extends as it was', () => {
    const first = fold([windowOf({ bucket: 0, revision: 1, version: 2, units: 9, losses: [3] })]);
    const before = structuredClone(first);
    extendEvidence(first, rollout, [
      windowOf({ bucket: 1, revision: 1, version: 2, units: 9, losses: [9] }),
    ]);
    expect(structuredClone(first)).toEqual(before);
  });
});

describe('what counts', () => {
  const mine = windowOf({ bucket: 0, revision: 1, version: 2, units: 50, losses: [5] });

  test.for<{ readonly what: string; readonly over: Partial<Window> }>([
    { what: 'another endpoint', over: { endpoint: 'fraud' } },
    { what: 'another rollout', over: { rollout: 'r-0' } },
    { what: 'a third version', over: { version: 3 } },
    { what: 'the candidate before the rollout', over: { rollout: null } },
  ])('not the windows of $what', ({ over }) => {
    expect(fold([{ ...mine, ...over }])).toEqual(emptyEvidence(rollout));
  });

  test('the baseline before the rollout tells what it does, and is compared with nothing', () => {
    const before: Window = { ...mine, rollout: null, version: 1, arm: 'baseline' };
    const evidence = fold([before]);
    expect(evidence.baselineAnswers).toBe(50);
    expect(evidence.buckets).toBe(0);
    for (const { parts } of evidence.checks) {
      for (const { tally, harm } of parts) {
        expect(tally.baseline.units).toBe(0);
        expect(tally.before.units).toBe(50);
        expect(harm.alone).toBeNull();
      }
    }
  });

  test('buckets must come in the order of time', () => {
    const later = fold([windowOf({ bucket: 5, revision: 1, version: 1, units: 1, losses: [] })]);
    expect(() => extendEvidence(later, rollout, [mine])).toThrow(/order of time/);
  });

  const name: LossName = 'slow';
  test('answers are slow only since it is known what that is', () => {
    const unfrozen: Window = { ...mine, losses: { ...mine.losses, [name]: { units: 0, sum: 0 } } };
    const [, , latency] = fold([unfrozen]).checks;
    expect(latency?.parts[0]?.tally.candidate).toEqual({ units: 0, losses: 0 });
  });

  test('a rollout outlives its horizon without losing its evidence', () => {
    const short: Rollout = { ...rollout, spec: { ...rollout.spec, horizonMs: 20_000 } };
    const pairs = Array.from({ length: 40 }, (_, bucket) => [
      windowOf({ bucket, revision: 1, version: 1, units: 900, losses: [1, 0, 0, 0, 0] }),
      windowOf({ bucket, revision: 1, version: 2, units: 100, losses: [1, 0, 0, 0, 0] }),
    ]).flat();
    const evidence = extendEvidence(emptyEvidence(short), short, pairs);
    const [errors] = analyse(short, evidence, after(began, 400_000));
    expect(errors?.outcome).toBe('fail');
  });

  test('versions are told apart by number, whatever the arms are called', () => {
    expect(refSample(2).version).toBe(rollout.candidate.version);
    const evidence = fold([{ ...mine, arm: 'green' }]);
    expect(evidence.checks[0]?.parts[0]?.tally.candidate).toEqual({ units: 50, losses: 5 });
  });
});
