import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { invariant } from '../src/core/lib/invariant.ts';
import { WHOLE_BPS } from '../src/core/lib/units.ts';
import { BASELINE_ARM } from '../src/core/rollout/arm.ts';
import { COMMANDS } from '../src/core/rollout/command.ts';
import type { CommandKind } from '../src/core/rollout/command.ts';
import { isFinal } from '../src/core/rollout/rollout.ts';
import { candidateShare } from '../src/core/rollout/share.ts';
import type { Judgement } from '../src/core/rollout/world.ts';
import { canaryOf, presetStages } from '../src/core/strategy/presets.ts';
import { sameVersion } from '../src/core/catalog/version.ts';
import { usual } from './histories/course.ts';
import type { Behaviour, Course } from './histories/course.ts';
import { Fleet } from './histories/fleet.ts';
import type { Ailment } from './histories/fleet.ts';
import { startedRollout } from './histories/run.ts';
import { usualSpec } from './samples.ts';

/** A step of a story: what happens to a rollout, or time that goes by. */
type Step =
  | { readonly type: 'ticks'; readonly count: number }
  | { readonly type: 'command'; readonly kind: CommandKind }
  | {
      readonly type: 'ailment';
      readonly gateway: 0 | 1;
      readonly what: Ailment;
      readonly on: boolean;
    };

const spec = {
  ...usualSpec,
  strategy: canaryOf(presetStages('default', 20_000)),
  checks: usualSpec.checks.map((check) => {
    return check.metric === 'latency' ? { ...check, onFail: 'soft' as const } : check;
  }),
} as const;

const ailments: readonly Ailment[] = ['lags', 'silent', 'cannot load', 'fused'];
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('ticks'), count: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('command'), kind: fc.constantFrom(...COMMANDS) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('ailment'),
      gateway: fc.constantFrom(0, 1),
      what: fc.constantFrom(...ailments),
      on: fc.boolean(),
    }),
  },
);

const behaviours: readonly Behaviour[] = [
  usual,
  { ...usual, errors: 0 },
  { ...usual, errors: 0.05 },
  { ...usual, nulls: 0.3 },
  { ...usual, medianMs: 40 },
];
const courseArbitrary: fc.Arbitrary<Course> = fc
  .record({
    seed: fc.integer(),
    unitsPerSecond: fc.constantFrom(0, 0.2, 20, 200),
    baseline: fc.constantFrom(...behaviours),
    candidate: fc.constantFrom(...behaviours),
  })
  .map(({ seed, unitsPerSecond, baseline, candidate }) => ({
    seed,
    gateways: 1,
    unitsPerSecond: () => unitsPerSecond,
    baseline: () => baseline,
    candidate: () => candidate,
  }));

/** One tick, with everything that must hold around any tick. */
function checkedTick(fleet: Fleet): void {
  const { rollout: before } = fleet;
  const { judgements } = fleet.tick();
  const { rollout, endpoint, route } = fleet;
  const whole = route.split.reduce((sum, { bps }) => sum + bps, 0);
  invariant(whole === WHOLE_BPS, `shares sum to ${whole}`);
  invariant(!isFinal(before) || rollout === before, `it was ${before.phase} and moved`);
  const judgement = judgements.get(rollout.id);
  const share = candidateShare(rollout);
  const more = share > candidateShare(before);
  const type = judgement?.decision.type ?? 'hold';
  invariant(!more || !hardFails(judgement), 'a failed hard guardrail got more share');
  invariant(!more || type === 'advance' || type === 'promote', `${type} gave more share`);
  const inProduction = rollout.phase === 'promoting' || rollout.phase === 'promoted';
  const served = inProduction ? rollout.candidate : rollout.baseline;
  invariant(sameVersion(endpoint.version, served), `${rollout.phase} serves another version`);
  const baseline = route.split.find(({ arm }) => arm === BASELINE_ARM)?.bps;
  const wanted = isFinal(rollout) ? WHOLE_BPS : WHOLE_BPS - share;
  invariant(baseline === wanted, `the baseline has ${baseline}, not ${wanted}`);
}

const hardFails = (judgement: Judgement | undefined): boolean =>
  judgement?.verdicts.some(
    ({ check, outcome }) =>
      outcome === 'fail' &&
      spec.checks.some(({ name, onFail }) => name === check && onFail === 'hard'),
  ) ?? false;

function run(fleet: Fleet, steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.type === 'ticks') for (let i = 0; i < step.count; i += 1) checkedTick(fleet);
    else if (step.type === 'ailment') fleet.gateways[step.gateway]?.set(step.what, step.on);
    else checkedCommand(fleet, step.kind);
  }
}

function checkedCommand(fleet: Fleet, kind: CommandKind): void {
  const { rollout } = fleet;
  const obeyed = fleet.give(kind);
  invariant(!obeyed || !isFinal(rollout), `${kind} moved what is ${rollout.phase}`);
  invariant(obeyed || fleet.rollout === rollout, `${kind} was refused and moved something`);
  const goesBack = kind === 'rollback' || kind === 'cancel';
  invariant(obeyed || !goesBack || isFinal(rollout), `${kind} was refused in ${rollout.phase}`);
}

describe('whatever people do and gateways suffer', () => {
  test('the laws hold at every tick, and a rollback ends all of it within three', () => {
    const story = fc.tuple(courseArbitrary, fc.array(stepArbitrary, { maxLength: 12 }));
    fc.assert(
      fc.property(story, ([course, steps]) => {
        const fleet = new Fleet(startedRollout(spec), course);
        checkedTick(fleet);
        run(fleet, steps);
        for (const gateway of fleet.gateways) for (const what of ailments) gateway.set(what, false);
        run(fleet, [{ type: 'command', kind: 'rollback' }]);
        // Reverted from here on for everybody who asks for the newest table.
        expect(candidateShare(fleet.rollout) === 0 || fleet.rollout.phase === 'promoted').toBe(
          true,
        );
        run(fleet, [{ type: 'ticks', count: 3 }]);
        expect(isFinal(fleet.rollout)).toBe(true);
        expect(fleet.route).toMatchObject({ rollout: null, split: [{ bps: WHOLE_BPS }] });
      }),
      { numRuns: 150 },
    );
  });

  test('no traffic never promotes and never reverts, however long it lasts', () => {
    const nothing: Course = {
      seed: 1,
      gateways: 1,
      unitsPerSecond: () => 0,
      baseline: () => usual,
      candidate: () => usual,
    };
    const fleet = new Fleet(startedRollout(spec), nothing);
    for (let i = 0; i < 3_000; i += 1) fleet.tick();
    expect(fleet.rollout).toMatchObject({ phase: 'advancing', stage: 0 });
  });

  test('traffic of one arm alone never promotes', () => {
    const course: Course = {
      seed: 2,
      gateways: 1,
      unitsPerSecond: () => 50,
      baseline: () => usual,
      candidate: () => usual,
    };
    const fleet = new Fleet(
      startedRollout({ ...spec, checks: spec.checks.map((c) => ({ ...c, tolerance: 0 })) }),
      course,
    );
    for (let i = 0; i < 3; i += 1) fleet.tick();
    fleet.give('advance');
    fleet.give('advance');
    fleet.give('advance');
    for (let i = 0; i < 200; i += 1) fleet.tick();
    expect(fleet.rollout).toMatchObject({ phase: 'advancing', stage: 3 });
  });
});
