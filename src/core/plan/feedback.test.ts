import { describe, expect, test } from 'vitest';
import { abTestSpec, accuracyCheck, banditSpec } from '../../../test/outcome-specs.ts';
import { championSpec } from '../../../test/outcome-specs.ts';
import { rolloutSample, usualSpec } from '../../../test/samples.ts';
import { prng } from '../lib/prng.ts';
import { after, bps, instant } from '../lib/units.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import { CHECK_DEFAULTS, canaryOf, defaultChecks, presetStages } from '../strategy/presets.ts';
import type { StrategySpec } from '../strategy/spec.ts';
import { defaultMirror } from '../strategy/stage.ts';
import { cameBack } from './came-back.ts';
import { drawUnits, expectedIn, worsened } from './feedback.ts';
import type { Harm } from './scenario.ts';
import { feedbackMeaning, scenariosFor } from './scenario.ts';
import { simulatorOf } from './simulate.ts';
import type { Outcome, Setting } from './simulate.ts';
import { unplayable } from './unattended.ts';

const DAY_MS = 86_400_000;
const label = { name: 'label', kind: 'ratio', better: 'higher' } as const;
const sale = { name: 'sale', kind: 'proportion', better: 'higher' } as const;

const specOf = (strategy: StrategySpec, over: Partial<RolloutSpec> = {}): RolloutSpec => ({
  ...usualSpec,
  strategy,
  horizonMs: DAY_MS,
  ...over,
});

const accuracy = { ...accuracyCheck, minUnits: 500 };

const specs = {
  canary: specOf(canaryOf(presetStages('default', 60_000)), { outcomeChecks: [accuracy] }),
  shadow: specOf(
    {
      kind: 'shadow',
      mirror: { ...defaultMirror, sample: bps(2_000) },
      audience: null,
      leastMs: 60_000,
      cutOver: 'manual',
    },
    { checks: [...defaultChecks(null), CHECK_DEFAULTS.disagreement], horizonMs: 4 * 3_600_000 },
  ),
  test: specOf(
    abTestSpec({
      primary: { ...sale, expected: 0.1, sd: null, effectMin: 0.02 },
      leastMs: DAY_MS,
      cycleMs: 0,
      winner: 'manual',
    }),
  ),
  champion: specOf(
    championSpec({
      metric: { ...label, kind: 'proportion' },
      split: [bps(2_000)],
      windowMs: DAY_MS,
      alpha: 0.05,
      gate: 'approval',
    }),
  ),
  bandit: specOf(
    banditSpec({
      reward: sale,
      burnIn: { units: 100, responses: 20 },
      stop: { chance: 0.99, lossMax: 0.002 },
    }),
  ),
} as const;

const usual = { errorRate: 0.005, nullRate: 0, medianMs: 20, sigma: 0.5 };

function play(spec: RolloutSpec, harm: Harm, over: Partial<Setting> = {}): readonly Outcome[] {
  const setting = { spec, unitsPerSecond: 5, dayShape: null, usual, ...over };
  const simulate = simulatorOf(setting, harm);
  return Array.from({ length: 6 }, (_, at) => simulate(prng(`${JSON.stringify(harm)}/${at}`)));
}

const ends = (outcomes: readonly Outcome[]) => new Set(outcomes.map(({ end }) => end));
const middle = (outcomes: readonly Outcome[]): number =>
  outcomes.map(({ ms }) => ms).sort((a, b) => a - b)[3] ?? 0;

/** Whole rollouts take their time on a busy machine. */
const PATIENT = { timeout: 60_000 };

describe('rollouts that are judged by what comes back', PATIENT, () => {
  const worse: Harm = { kind: 'feedback', part: 0.2 };

  test('a canary whose answers are right less often is held, and no other', () => {
    expect(ends(play(specs.canary, { kind: 'none' }))).toEqual(new Set(['promoted']));
    const held = play(specs.canary, worse);
    expect(ends(held)).toEqual(new Set(['held']));
    expect(new Set(held.map(({ by }) => by))).toEqual(new Set(['accuracy']));
    expect(held.every(({ harmedRequests }) => harmedRequests > 0)).toBe(true);
  });

  test('labels that come later are judged later', () => {
    const metrics = expectedIn(specs.canary);
    const hours = [0, 6].map((hour) =>
      middle(
        play(specs.canary, worse, {
          feedback: { metrics, maturityMs: hour * 3_600_000, labelled: 1 },
        }),
      ),
    );
    expect((hours[1] ?? 0) - (hours[0] ?? 0)).toBeGreaterThan(4 * 3_600_000);
  });

  test.for([
    { name: 'test', harm: { kind: 'feedback', part: -0.4 }, gives: ['promoted'] },
    { name: 'test', harm: { kind: 'feedback', part: 0.4 }, gives: ['kept'] },
    { name: 'champion', harm: { kind: 'feedback', part: -0.08 }, gives: ['promoted'] },
    { name: 'champion', harm: { kind: 'feedback', part: 0.08 }, gives: ['undecided'] },
    { name: 'bandit', harm: { kind: 'feedback', part: -0.4 }, gives: ['promoted'] },
    { name: 'champion', harm: { kind: 'errors', factor: 20 }, gives: ['reverted'] },
  ] as const)('$name, $harm.kind: $gives', ({ name, harm, gives }) => {
    expect([...ends(play(specs[name], harm))]).toEqual(gives);
  });

  test('a test is over when the feedback of its cycles is complete', () => {
    const spec = { ...specs.test, strategy: { ...specs.test.strategy, cycleMs: DAY_MS } };
    const metrics = expectedIn(spec);
    const feedback = { metrics, maturityMs: 3_600_000, labelled: 1 };
    const [first] = play(spec, { kind: 'feedback', part: 0.4 }, { feedback });
    expect(Math.abs((first?.ms ?? 0) - DAY_MS - 3_600_000)).toBeLessThan(60_000);
  });

  test('of several candidates a bandit never chooses the one that is worse', () => {
    const simulate = simulatorOf(
      { spec: specs.bandit, unitsPerSecond: 5, dayShape: null, usual },
      { kind: 'feedback', part: 0.4 },
    );
    expect(simulate(prng('two')).end).not.toBe('promoted');
  });
});

describe('rollouts on copies', PATIENT, () => {
  test('users are not harmed; other answers keep the candidate out, like ones let it in', () => {
    const busy = { unitsPerSecond: 50 };
    const fair = play(specs.shadow, { kind: 'none' }, busy);
    expect(ends(fair)).toEqual(new Set(['promoted']));
    const strange = play(specs.shadow, { kind: 'answers', rate: 0.1 }, busy);
    expect([...ends(strange)]).toEqual(['held']);
    expect(strange[0]?.by).toBe('disagreement');
    const broken = play(specs.shadow, { kind: 'errors', factor: 20 }, busy);
    expect(ends(broken)).toEqual(new Set(['reverted']));
    expect([...strange, ...broken].every((one) => one.harmedRequests === 0)).toBe(true);
  });

  test('copies are no more than may be made', () => {
    const { mirror } = specs.shadow.strategy as StrategySpec<'shadow'>;
    const few = { ...specs.shadow.strategy, mirror: { ...mirror, perSecondMax: 1 } };
    const slow = play({ ...specs.shadow, strategy: few }, { kind: 'none' }, { unitsPerSecond: 50 });
    const quick = play(specs.shadow, { kind: 'none' }, { unitsPerSecond: 50 });
    expect(middle(slow)).toBeGreaterThan(2 * middle(quick));
  });

  test('pairs of a copy and a label are not played', () => {
    const pairing = { ...defaultMirror, sample: bps(2_000) };
    const strategy = specs.champion.strategy as StrategySpec<'champion-challenger'>;
    expect(unplayable(specOf({ ...strategy, pairing }))?.path).toBe('strategy');
    expect(unplayable(specs.champion)).toBeNull();
  });
});

describe('what is tried and what it means', () => {
  test.for([
    { name: 'canary', more: 4 },
    { name: 'shadow', more: 2 },
    { name: 'test', more: 5 },
  ] as const)('$name: $more scenarios besides the usual ten', ({ name, more }) => {
    expect(scenariosFor(specs[name])).toHaveLength(10 + more);
  });

  test.for([
    { name: 'canary', part: 0.02, meaning: 'tolerated' },
    { name: 'canary', part: 0.05, meaning: 'bad' },
    { name: 'test', part: 0.02, meaning: 'bad' },
    { name: 'test', part: -0.2, meaning: 'better' },
  ] as const)('$name, worse by $part: $meaning', ({ name, part, meaning }) => {
    const spec = specs[name];
    expect(feedbackMeaning(spec, expectedIn(spec), part)).toBe(meaning);
  });
});

describe('what comes back', () => {
  const costs = { of: { name: 'cost', kind: 'mean', better: 'lower' }, mean: 5, sd: 2 } as const;

  test('is worse the way that is bad', () => {
    expect(worsened(costs, 0.2).mean).toBe(6);
    expect(worsened({ of: sale, mean: 0.9, sd: 0 }, -0.5).mean).toBe(1);
  });

  test('has the mean and the spread that are expected', () => {
    const { units, sum, sumSquares } = drawUnits(prng(1), costs, { units: 10_000, labelled: 1 });
    expect(sum / units).toBeCloseTo(5, 0);
    expect(sumSquares / units - (sum / units) ** 2).toBeCloseTo(4, 0);
  });

  test('counts when it is complete, and is provisional until then', () => {
    const rollout = rolloutSample('e', 'advancing');
    const expected = { of: label, mean: 0.9, sd: 0 };
    const feedback = { metrics: [expected], maturityMs: 3_600_000, labelled: 0.5 };
    const heard = cameBack(feedback, [expected]);
    const start = instant(1_800_000_000_000);
    const served = { start, spanMs: 60_000, revision: 3, shares: [0.5, 0.5], units: [100, 100] };
    heard.add(prng(1), served);
    const armAt = (ms: number) => heard.outcomes(rollout, after(start, ms))[0]?.arms[1];
    expect(armAt(60_000)).toMatchObject({ units: 0, provisionalUnits: 100 });
    const complete = armAt(3_660_000);
    expect(complete).toMatchObject({ units: 100, provisionalUnits: 0 });
    expect(complete?.answered).toBeGreaterThan(30);
    expect(complete?.answered).toBeLessThan(70);
    expect(complete?.epochs[0]?.mature.events).toBe(complete?.answered);
  });
});
