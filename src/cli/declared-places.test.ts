import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseDocument, stringify } from 'yaml';
import { specProblems } from '../core/rollout/spec-problems.ts';
import { declaredPath, pathSteps } from '../protocol/admin/declared-path.ts';
import type { Steps } from '../protocol/admin/declared-path.ts';
import { rolloutSpecSchema } from '../protocol/admin/rollout-spec.ts';
import { Fault } from '../protocol/errors.ts';
import { declareByFile, refuseUnsound } from './rollout-declaration.ts';

// Whatever is wrong with a declaration is said to be where its author wrote it, in a line he has.

/** Every strategy with everything that may be declared of it. */
const whole: Readonly<Record<string, string>> = {
  canary: `
    kind: canary
    stages: [{ share: 5%, margin: 3, least: 1m }, 25%, 100%]
    least: 2m
    bake: 1m
    then: { kind: gradual, watch: 1m }`,
  'blue-green': `
    kind: blue-green
    prove:
      { sample: 10%, perSecond: 10, inFlight: 4, deadline: 1s,
        comparison: { kind: rank, top: 5, overlap: 80% } }
    proveFor: 1m
    keepWarm: 1m`,
  shadow: `
    kind: shadow
    sample: 10%
    perSecond: 10
    inFlight: 4
    deadline: 1s
    comparison: { kind: tolerance, absolute: 0.1, relative: 1% }
    least: 1m
    then:
      - { kind: canary, stages: [10%, { share: 50%, margin: 2 }, 100%], least: 1m, bake: 1m }
      - { kind: gradual, watch: 1m }`,
  gradual: `
    kind: gradual
    watch: 30m`,
  phased: `
    kind: phased
    phases:
      - { name: dev, audience: group == dev, share: 50%, margin: 3, least: 1m }
      - { name: beta, audience: group == beta, share: 25%, least: 1m }
      - { name: all, share: 100%, margin: 1.5, least: 1m }
    bake: 1m`,
  'ab-test': `
    kind: ab-test
    primary: { name: spend, kind: mean, expected: 10, mde: 1, sd: 5 }
    secondary: [{ name: label }, { name: reward, kind: mean }]
    alpha: 5%
    power: 80%
    stopping: { looks: 5 }
    split: [30%]
    least: 1d
    cycle: 1d
    unitsPerDay: 1000`,
  'champion-challenger': `
    kind: champion-challenger
    metric: { name: label }
    advantage: 1%
    split: [10%]
    window: 7d
    alpha: 1%
    minUnits: 1000`,
  bandit: `
    kind: bandit
    reward: { name: spend, kind: mean }
    algorithm: epsilon-greedy
    epsilon: 10%
    memory: { discount: 0.9 }
    update: 1h
    floor: 5%
    burnIn: { units: 100, responses: 40 }
    stop: { best: 95%, loss: 0.5 }`,
};

/** What is declared beside the strategy. */
const rest = `endpoint: risk
candidate: risk@2
triggers:
  - default
  - { metric: error_rate, ratio: 2, tolerance: 1%, limit: 10%, minUnits: 5 }
  - { metric: latency, name: slow, stretch: 1.5 }
  - { metric: latency_objective, objective: 100ms, tolerance: 1% }
objective: 200ms
risk: { wrongRevert: 1%, wrongPromote: 5% }
bucket: 10s
horizon: 4h`;

const examples = join(import.meta.dirname, '../../examples/strategies');
const files = readdirSync(examples).filter((name) => name.endsWith('.yaml'));
const declarations = [
  ...files.map((name) => ({ name, text: readFileSync(join(examples, name), 'utf8') })),
  ...Object.entries(whole).map(([name, text]) => ({ name, text: `${rest}\nstrategy:${text}\n` })),
];

/** What somebody may have meant to write, wherever he wrote it. */
const slips: readonly unknown[] = [
  0,
  '0%',
  '100%',
  '0s',
  -1,
  '999d',
  1e12,
  2.5,
  [],
  'error_rate',
  'dev',
  'spend',
  'thompson-beta',
  { window: 0 },
];

/** The places of everything that is written: keys and items, whole and in parts. */
function placesIn(value: unknown, at: Steps = []): readonly Steps[] {
  if (typeof value !== 'object' || value === null) return [];
  const items = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return items.flatMap(([key, part]) => [[...at, key], ...placesIn(part, [...at, key])]);
}

/** The declaration with one of its places written wrong; undefined: not written at all. */
function slipped(declared: unknown, [first, ...others]: Steps, slip: unknown): unknown {
  if (first === undefined) return slip;
  const copy = Object.assign(Array.isArray(declared) ? [] : {}, declared);
  const part = slipped(Reflect.get(copy, first), others, slip);
  if (part !== undefined) return Object.assign(copy, { [first]: part });
  Reflect.deleteProperty(copy, first);
  return Array.isArray(copy) ? copy.filter((item) => item !== undefined) : copy;
}

type Finding = {
  readonly declared: unknown;
  /** As the core names it. */
  readonly path: string;
  /** As it is written. */
  readonly place: string;
};

/** All that the core finds wrong with all that may be wrong with a declaration. */
function findings(declared: unknown): readonly Finding[] {
  const { strategy } = declared as { readonly strategy?: { readonly kind?: unknown } };
  // What stands beside the strategy is looked at once.
  const isLooked = ([first]: Steps): boolean => first === 'strategy' || strategy?.kind === 'canary';
  return placesIn(declared)
    .filter(isLooked)
    .flatMap((at) => [undefined, ...slips].map((slip) => slipped(declared, at, slip)))
    .flatMap((wrong) => {
      const parsed = rolloutSpecSchema.safeParse(wrong);
      const problems = parsed.success ? specProblems(parsed.data.spec) : [];
      return problems.map(({ path }) => {
        return { declared: wrong, path, place: declaredPath(wrong, path) };
      });
    });
}

const isThere = ({ declared, place }: Finding): boolean =>
  parseDocument(stringify(declared)).hasIn(pathSteps(place));

/** One of each kind: what is found of the second stage is found of the third alike. */
function kindsOf(all: readonly Finding[]): readonly Finding[] {
  const kinds = new Map(all.map((one) => [`${one.path} ${one.place}`, one]));
  return [...kinds.values()];
}

/** What the CLI says of a declaration. */
function saidOf({ declared }: Finding): { readonly path: string | null; readonly text: string } {
  try {
    refuseUnsound(declareByFile('rollout.yaml', stringify(declared), {}));
  } catch (error) {
    if (error instanceof Fault) return { path: error.path, text: error.message };
  }
  throw new Error('it was not refused');
}

const kinds = declarations.map(({ name, text }) => ({
  name,
  found: kindsOf(findings(parse(text))),
}));

describe.for(kinds)('what is wrong with $name', ({ found }) => {
  test('is where it is written', () => {
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((one) => !isThere(one))).toEqual([]);
  });

  test('is told with a line', () => {
    for (const one of found) {
      const { path, text: said } = saidOf(one);
      const [, line] = /^rollout\.yaml:(\d+): /.exec(said) ?? [];
      const key = pathSteps(path ?? '').findLast((step) => typeof step === 'string');
      const lines = stringify(one.declared).split('\n').slice(0, Number(line));
      expect(lines.findLast((text) => text.includes(`${key}:`))).toBeDefined();
    }
  });
});

test.for<readonly [string, string]>([
  ['canary', 'stages stages[n].share stages[n].margin stages[n].least bake then[n]'],
  ['blue-green', 'prove.sample prove.perSecond prove.inFlight prove.deadline proveFor keepWarm'],
  ['blue-green', 'prove.comparison.top prove.comparison.overlap'],
  ['shadow', 'sample perSecond inFlight deadline comparison.absolute least then[n]'],
  ['gradual', 'watch'],
  ['phased', 'phases phases[n] phases[n].name phases[n].audience phases[n].share bake'],
  ['phased', 'phases[n].margin phases[n].least'],
  ['ab-test', 'primary.expected primary.mde primary.sd secondary[n].name stopping.looks split'],
  ['ab-test', 'alpha power split[n] least cycle unitsPerDay'],
  ['champion-challenger', 'advantage window alpha minUnits split split[n]'],
  ['bandit', 'algorithm epsilon update burnIn.units burnIn.responses memory.discount'],
  ['bandit', 'memory.window floor stop.best stop.loss'],
])('the core finds of a %s: %s', ([name, fields]) => {
  const { found = [] } = kinds.find((one) => one.name === name) ?? {};
  const seen = found.map(({ path }) => path.replaceAll(/\[\d+\]/g, '[n]'));
  const wanted = fields.split(' ').map((field) => `strategy.${field}`);
  expect(seen).toEqual(expect.arrayContaining(wanted));
});
