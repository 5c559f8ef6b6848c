import { Sketch } from '../src/core/lib/sketch.ts';
import { prng } from '../src/core/lib/prng.ts';
import { sampleLogNormal } from '../src/core/stats/samplers.ts';
import { closeBucket, fold, openBucket, splitBucket } from '../src/core/telemetry/fold.ts';
import type { Observation } from '../src/core/telemetry/observation.ts';
import { UnitMemory } from '../src/core/telemetry/unit-memory.ts';
import { segmentNames } from '../src/core/segment/segments.ts';
import type { Segments } from '../src/core/segment/segments.ts';
import { segmentReader } from '../src/gateway/segment.ts';
import { routeSample, windowSample } from '../test/samples.ts';
import { CHECKS, rolloutAged } from './micro-rollout.ts';
import type { Aged } from './micro-rollout.ts';
import { sideBySide, type Contest, type Way } from './side-by-side.ts';
import { figure, tableText } from './table.ts';

const NS_PER_MS = 1e6;
const NS_PER_SECOND = 1e9;
const SAMPLES = 65_536;
const UNITS = 4_096;
const UNITS_MAX = 65_536;
const AGES = [45, 90, 180, 360, 720] as const;
/** The age that targets are declared for: an hour of buckets of ten seconds. */
const AGE = 360;

const rng = prng('micro');
const latencies = Float64Array.from({ length: SAMPLES }, () => sampleLogNormal(rng, 3, 0.5));

function insert(count: number): number {
  const sketch = new Sketch();
  for (let i = 0; i < count; i += 1) sketch.add(latencies[i % SAMPLES] ?? 0);
  return sketch.count;
}

const regions = ['eu', 'us', 'ap', 'sa', 'af'];
const segments: Segments = [{ by: 'region', values: regions.slice(0, 3) }];
const header = { kind: 'header', header: 'x-region' } as const;
const attributes = [{ name: 'region', type: 'text', source: header } as const];
const segmentOf = segmentReader({ ...routeSample([10_000]), attributes, segments });
/** Their texts are made anew, as those of a request are. */
const people = Array.from({ length: UNITS }, (_, i) => {
  const region = Buffer.from(regions[i % regions.length] ?? '').toString();
  return { headers: new Map([['x-region', region]]), json: null };
});

function tellApart(times: number): number {
  let sum = 0;
  for (let i = 0; i < times; i += 1) {
    const person = people[i % UNITS];
    if (person !== undefined) sum += segmentOf?.(person) ?? 0;
  }
  return sum;
}

const observations: readonly Observation[] = Array.from({ length: UNITS }, (_, i) => ({
  unit: i * 2_654_435_761,
  outcome: i % 50 === 0 ? 'model_error' : 'ok',
  latencyMs: latencies[i] ?? 0,
  fallback: false,
  segment: i % 4,
}));

const folding = (names: readonly string[] | null) => (times: number) => {
  const bucket = openBucket(windowSample(), { slow: 20, tail: 30, late: 25 }, UNITS_MAX);
  if (names !== null) splitBucket(bucket, names, UNITS_MAX);
  for (let i = 0; i < times; i += 1) {
    const observation = observations[i % UNITS];
    if (observation !== undefined) fold(bucket, observation);
  }
  return closeBucket(bucket).requests;
};

const answers: readonly Observation[] = observations.map((observation, i) => ({
  ...observation,
  outcome: 'ok',
  predicted: {
    label: i % 3 === 0 ? '1' : '0',
    score: { kind: 'positive', value: ((i * 37) % 997) / 997 },
  },
}));
const plainAnswers = answers.map(({ predicted: _predicted, ...observation }) => observation);

/** Every observation is the first of its unit in its bucket: what it says is counted. */
const foldingFirsts = (firsts: readonly Observation[]) => (times: number) => {
  let requests = 0;
  for (let i = 0; i < times; i += UNITS) {
    const bucket = openBucket(windowSample(), { slow: 20, tail: 30, late: 25 }, UNITS_MAX);
    bucket.known = new UnitMemory();
    for (const observation of firsts) fold(bucket, observation);
    requests += bucket.requests;
  }
  return requests;
};

const repeat = (work: () => { readonly length: number } | object) => (times: number) => {
  let kept: object = {};
  for (let i = 0; i < times; i += 1) kept = work();
  return kept;
};

const waysOf = ({ buckets, anew, extended, judged }: Aged): readonly Way[] => [
  { name: `judged at ${buckets}`, count: 50, run: repeat(judged) },
  { name: `extended at ${buckets}`, count: 50, run: repeat(extended) },
  { name: `anew at ${buckets}`, count: 10, run: repeat(anew) },
];

/** Nanoseconds each way takes, by name. */
function measured(contest: Contest): (name: string) => number {
  const placings = new Map(sideBySide(contest).map(({ name, ns }) => [name, ns]));
  return (name) => placings.get(name) ?? Number.NaN;
}

/** Prints what the smallest parts cost beside what they may, and how that grows with a rollout. */
export function benchMicro(print: (text: string) => void): void {
  const small = measured({
    name: 'small',
    ways: [
      { name: 'insert', count: 1_000_000, run: insert },
      { name: 'fold', count: 200_000, run: folding(null) },
      { name: 'fold apart', count: 200_000, run: folding(segmentNames(segments)) },
      { name: 'fold firsts', count: 16 * UNITS, run: foldingFirsts(plainAnswers) },
      { name: 'fold answers', count: 16 * UNITS, run: foldingFirsts(answers) },
      { name: 'tell apart', count: 500_000, run: tellApart },
    ],
  });
  const large = measured({ name: 'large', ways: AGES.flatMap((age) => waysOf(rolloutAged(age))) });
  print(targetTable(small, large));
  print(growthTable(large));
}

type Times = ReturnType<typeof measured>;

function targetTable(small: Times, large: Times): string {
  const perSecond = NS_PER_SECOND / small('insert');
  const atTick = (large(`extended at ${AGE}`) + large(`judged at ${AGE}`)) / NS_PER_MS;
  const anew = (large(`anew at ${AGE}`) + large(`judged at ${AGE}`)) / NS_PER_MS;
  const rollout = `${CHECKS} checks, ${AGE} buckets`;
  const rows = [
    ['insert into a histogram', `${figure(perSecond / 1e6)} M/s`, 'at least 20 M/s'],
    ['fold one observation', `${figure(small('fold'))} ns`, 'at most 200 ns'],
    ['the same where segments are told apart', `${figure(small('fold apart'))} ns`, ''],
    ['fold the first of a unit', `${figure(small('fold firsts'))} ns`, ''],
    ['the same with what was answered', `${figure(small('fold answers'))} ns`, ''],
    ['which segment a request is in', `${figure(small('tell apart'))} ns`, 'at most 1,000 ns'],
    [`a rollout at a tick: ${rollout}`, `${figure(atTick)} ms`, 'at most 5 ms'],
    ['the same from the whole bucket table', `${figure(anew)} ms`, 'at most 5 ms'],
  ];
  return tableText('processor time, median of nine rounds', ['', 'takes', 'target'], rows);
}

function growthTable(times: Times): string {
  const us = (name: string): string => figure(times(name) / 1_000);
  const rows = AGES.map((age) => [
    `${age} buckets`,
    us(`judged at ${age}`),
    us(`extended at ${age}`),
    us(`anew at ${age}`),
    figure(times(`anew at ${age}`) / 1_000 / age),
  ]);
  const columns = ['', 'verdicts', 'one bucket more', 'from the whole table', 'of it a bucket'];
  return tableText(`a rollout of ${CHECKS} checks as it grows, in µs`, columns, rows);
}
