import { describe, expect, test } from 'vitest';
import { declarationOf } from '../../examples/demo/declaration.ts';
import { plan } from '../../src/core/plan/plan.ts';
import type { ScenarioFigures, Spread } from '../../src/core/plan/plan.ts';
import { harmed, scenariosFor } from '../../src/core/plan/scenario.ts';
import type { Behaviour, Scenario } from '../../src/core/plan/scenario.ts';
import { isFinal } from '../../src/core/rollout/rollout.ts';
import type { Rollout } from '../../src/core/rollout/rollout.ts';
import { startRollout } from '../../src/core/rollout/start.ts';
import { catalogOf, endpointsOf, rolloutsOf, tableOf } from '../../src/control/state.ts';
import { rolloutSpecSchema } from '../../src/protocol/admin/rollout-spec.ts';
import { register } from './catalog.ts';
import { openControl, type LoneControl } from './lone-control.ts';
import { SteadyGateway } from './steady-gateway.ts';

/**
 * What `plan` promises of the demonstration's endpoint is what its control plane then does: 200
 * rollouts, healthy and harmful, through assignment, folding, the feed, the store and the loop.
 */
const ROLLOUTS = 200;
/** At a time; all of them at endpoints of one control plane. */
const AT_ONCE = 40;
/** Of each scenario, by `plan`. */
const PROMISED_ROLLOUTS = 300;
const WORLDS = ROLLOUTS / AT_ONCE;
const UNITS_PER_SECOND = 600;
const usual: Behaviour = { errorRate: 0.001, nullRate: 0, medianMs: 2, sigma: 0.5 };

const { spec } = rolloutSpecSchema.parse(declarationOf('tumour', 2));

/** A gateway's share of a second. */
const SLICE_MS = 250;
const REPORT_MS = 1_000;
/** What is known of the baseline before: control looks at some 10 000 answers. */
const BEFORE_MS = 20_000;
const LIMIT_MS = 600_000;

const signal = new AbortController().signal;

/** How a real rollout went, counted as `plan` counts: from the candidate's first traffic. */
type Course = { readonly end: 'promoted' | 'reverted' | 'undecided'; readonly ms: number };

/** Notes when rollouts begin and end. */
class Witness {
  readonly #began = new Map<string, number>();
  readonly #ended = new Map<string, Course>();

  look(rollouts: readonly Rollout[]): void {
    for (const { id, phase, phaseSince } of rollouts) {
      if (phase === 'advancing') this.#began.set(id, phaseSince);
      if (phase !== 'promoting' && phase !== 'reverting') continue;
      const end = phase === 'promoting' ? 'promoted' : 'reverted';
      const ms = phaseSince - (this.#began.get(id) ?? Number.NaN);
      if (!this.#ended.has(id)) this.#ended.set(id, { end, ms });
    }
  }

  courses(rollouts: readonly Rollout[]): readonly Course[] {
    return rollouts.map(({ id }) => this.#ended.get(id) ?? { end: 'undecided', ms: LIMIT_MS });
  }
}

/** A world of healthy or harmful rollouts, played until all have ended. */
async function play(world: number, harm: string): Promise<readonly Course[]> {
  const seed = `${harm}/${world}`;
  const candidate = harmed(usual, scenarioNamed(harm).harm);
  const lone = await openControl({ seed });
  // Reports and ticks have no beat in common.
  await lone.timeline.advance((world * REPORT_MS) / WORLDS);
  const names = Array.from({ length: AT_ONCE }, (_, i) => `risk-${i}`);
  await register(lone.context.journal, {
    models: [{ name: 'tumour', versions: 2 }],
    endpoints: names.map((name) => ({ name, model: 'tumour' })),
  });
  const traffic = { seed, unitsPerSecond: UNITS_PER_SECOND, baseline: usual, candidate };
  const gateway = new SteadyGateway(lone.clock, traffic);
  const witness = new Witness();
  const scene = { lone, gateway, witness };
  await pass(scene, BEFORE_MS);
  for (const name of names) await start(lone, name);
  const untilMs = lone.timeline.nowMs + LIMIT_MS;
  while (rollouts(lone).some((one) => !isFinal(one)) && lone.timeline.nowMs < untilMs) {
    await pass(scene, REPORT_MS);
  }
  const courses = witness.courses(rollouts(lone));
  await lone.close();
  return courses;
}

type Scene = {
  readonly lone: LoneControl;
  readonly gateway: SteadyGateway;
  readonly witness: Witness;
};

const rollouts = ({ context }: LoneControl): readonly Rollout[] =>
  rolloutsOf(context.journal.state());

async function pass({ lone, gateway, witness }: Scene, ms: number): Promise<void> {
  for (let sliceMs = 0; sliceMs < ms; sliceMs += SLICE_MS) {
    gateway.apply(tableOf(lone.context.journal.state()));
    gateway.serve(SLICE_MS);
    await lone.timeline.advance(SLICE_MS);
    witness.look(rollouts(lone));
    if ((sliceMs + SLICE_MS) % REPORT_MS !== 0) continue;
    const report = gateway.report();
    await lone.control.feed.report(report, signal);
    gateway.confirm(report);
  }
}

async function start({ context }: LoneControl, endpoint: string): Promise<void> {
  await context.journal.run((state, now) => {
    const request = {
      id: `r-${endpoint}`,
      endpoint,
      candidate: { model: 'tumour', version: 2 },
      spec,
      salt: Buffer.from(endpoint).toString('hex').padStart(32, '0'),
      createdBy: 'ada',
      now,
    };
    const world = { endpoints: endpointsOf(state), rollouts: [], models: catalogOf(state) };
    const started = startRollout(request, world);
    if (!started.ok) throw new Error(started.error.sentence);
    return {
      puts: [{ kind: 'rollout', key: request.id, value: started.value }],
      answer: undefined,
    };
  });
}

function scenarioNamed(harm: string): Scenario {
  const scenario = scenariosFor(spec).find(({ name }) => name === harm);
  if (scenario === undefined) throw new Error(`there is no scenario ${harm}`);
  return scenario;
}

async function played(harm: string): Promise<readonly Course[]> {
  const worlds: (readonly Course[])[] = [];
  for (let world = 0; world < WORLDS; world += 1) worlds.push(await play(world, harm));
  return worlds.flat();
}

/** Three standard errors of the difference between a part promised and a part seen. */
const threeErrors = (p: number): number =>
  3 * Math.sqrt(p * (1 - p) * (1 / ROLLOUTS + 1 / PROMISED_ROLLOUTS));

const partOf = (courses: readonly Course[], holds: (course: Course) => boolean): number =>
  courses.filter(holds).length / courses.length;

/** As many are quicker, and as many slower, as the promised median and 95th percentile say. */
function expectSpread(courses: readonly Course[], promised: Spread | null): void {
  for (const [ms, q] of [
    [promised?.median ?? 0, 0.5],
    [promised?.p95 ?? 0, 0.95],
  ] as const) {
    expect(partOf(courses, (one) => one.ms < ms)).toBeLessThanOrEqual(q + threeErrors(q));
    expect(partOf(courses, (one) => one.ms <= ms)).toBeGreaterThanOrEqual(q - threeErrors(q));
  }
}

function expectEnds(courses: readonly Course[], { reverted, promoted }: ScenarioFigures): void {
  for (const [end, p] of [
    ['reverted', reverted],
    ['promoted', promoted],
  ] as const) {
    // Where none was seen among the promised, one in as many as were played may be all the same.
    const spare = 3 / PROMISED_ROLLOUTS;
    const difference = Math.abs(partOf(courses, (one) => one.end === end) - p);
    expect(difference).toBeLessThanOrEqual(threeErrors(p) + spare);
  }
}

describe('what plan promises is kept', () => {
  const request = { spec, unitsPerSecond: UNITS_PER_SECOND, dayShape: null, usual };
  const promised = plan({ ...request, rollouts: PROMISED_ROLLOUTS, seed: 'promise' });

  const figuresOf = (name: string): ScenarioFigures => {
    const found = promised.scenarios.find((one) => one.name === name);
    if (found === undefined) throw new Error(`nothing is promised of ${name}`);
    return found;
  };

  test('a healthy candidate is promoted in its time, and taken out no oftener', async () => {
    const courses = await played('no change');
    expect(courses).toHaveLength(ROLLOUTS);
    expectEnds(courses, figuresOf('no change'));
    expectSpread(courses, promised.healthyMs);
  });

  test('a harmful one is taken out in its time', async () => {
    const figures = figuresOf('errors x20');
    expect(figures.meaning).toBe('bad');
    const courses = await played('errors x20');
    expectEnds(courses, figures);
    const caught = courses.filter(({ end }) => end === 'reverted');
    expectSpread(caught, figures.detectionMs);
  });
});
