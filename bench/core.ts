import { createHash } from 'node:crypto';
import { sipHash64, sipKey } from '../src/core/lib/siphash.ts';
import { assign, compileRoute } from '../src/core/routing/assign.ts';
import { emptyTable, project, type Projection } from '../src/core/routing/project.ts';
import { closeBucket, fold, openBucket } from '../src/core/telemetry/fold.ts';
import { mergeWindows } from '../src/core/telemetry/merge.ts';
import { lossOf, type Observation } from '../src/core/telemetry/observation.ts';
import { endpointSample, rolloutSample, routeSample, windowSample } from '../test/samples.ts';
import { including } from './core-audience.ts';
import { extending, ticking } from './core-tick.ts';
import { placingTable, sideBySide, type Contest } from './side-by-side.ts';

const UNITS = 4_096;
const units = Array.from({ length: UNITS }, (_, i) => `user-${i}-7a1f4c3e-9b2d`);
const unitAt = (i: number): string => units[i % UNITS] ?? '';

const repeat = (count: number, work: (i: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < count; i += 1) sum += work(i);
  return sum;
};

/** The usual way elsewhere: a digest of the unit, modulo 10 000, against a threshold. */
function digestModulo(i: number): number {
  const digest = createHash('sha1').update(unitAt(i)).digest();
  return digest.readUInt32BE(0) % 10_000 < 500 ? 1 : 0;
}

const key = sipKey('00112233445566778899aabbccddeeff');
const twoArms = compileRoute(routeSample([9_500, 500]));
const fourArms = compileRoute(routeSample([7_000, 1_000, 1_000, 1_000]));
const oneArm = compileRoute(routeSample([10_000]));

const assigning: Contest = {
  name: 'the arm of a unit',
  ways: [
    { name: 'assign, two arms', count: 200_000, run: (n) => repeat(n, armIn(twoArms)) },
    { name: 'assign, four arms', count: 200_000, run: (n) => repeat(n, armIn(fourArms)) },
    { name: 'assign, one arm', count: 200_000, run: (n) => repeat(n, armIn(oneArm)) },
    {
      name: 'SipHash-2-4 alone',
      count: 200_000,
      run: (n) => repeat(n, (i) => sipHash64(key, unitAt(i))[1]),
    },
    { name: 'SHA-1 modulo 10 000 (OpenSSL)', count: 50_000, run: (n) => repeat(n, digestModulo) },
  ],
};

function armIn(route: typeof twoArms): (i: number) => number {
  return (i) => assign(route, unitAt(i)).armIndex;
}

const observations: readonly Observation[] = units.map((unit, i) => ({
  unit: assign(twoArms, unit).unit,
  outcome: i % 50 === 0 ? 'model_error' : 'ok',
  latencyMs: 1 + ((i * 7_919) % 1_000) / 37,
  fallback: false,
}));
const thresholds = { slow: 20, tail: 30, late: 25 };

/** Keeps every observation of a unit in an object of its own, and counts at the end. */
function foldIntoObjects(count: number): number {
  const byUnit = new Map<number, { all: number; errors: number; latencies: number[] }>();
  for (let i = 0; i < count; i += 1) {
    const observation = observations[i % UNITS];
    if (observation === undefined) continue;
    const seen = byUnit.get(observation.unit) ?? { all: 0, errors: 0, latencies: [] };
    byUnit.set(observation.unit, seen);
    seen.all += 1;
    if (lossOf[observation.outcome] === 'error') seen.errors += 1;
    seen.latencies.push(observation.latencyMs);
  }
  return [...byUnit.values()].reduce((sum, { all, errors }) => sum + errors / all, 0);
}

function foldIntoBucket(count: number): number {
  const bucket = openBucket(windowSample(), thresholds, 65_536);
  for (let i = 0; i < count; i += 1) {
    const observation = observations[i % UNITS];
    if (observation !== undefined) fold(bucket, observation);
  }
  return closeBucket(bucket).losses.error.sum;
}

function windowOf(odd: number): ReturnType<typeof closeBucket> {
  const bucket = openBucket(windowSample(), thresholds, 65_536);
  for (const one of observations) fold(bucket, { ...one, unit: one.unit + odd });
  return closeBucket(bucket);
}

const folding: Contest = {
  name: 'an observation into its window (4 096 units a bucket)',
  ways: [
    { name: 'fold', count: 200_000, run: foldIntoBucket },
    { name: 'a Map of objects, latencies kept', count: 200_000, run: foldIntoObjects },
  ],
};

const [one, two] = [windowOf(0), windowOf(1)];

const merging: Contest = {
  name: 'windows',
  ways: [
    {
      name: 'merge two windows',
      count: 2_000,
      run: (n) => repeat(n, () => mergeWindows(one, two).requests),
    },
    {
      name: 'fold 4 096 units and close the bucket',
      count: 20,
      run: (n) => repeat(n, () => windowOf(0).requests),
    },
  ],
};

function stateOf(rollouts: number): Projection {
  const names = Array.from({ length: rollouts }, (_, i) => `endpoint-${i}`);
  return {
    endpoints: names.map((name) => endpointSample(name)),
    rollouts: names.map((name) => rolloutSample(name, 'advancing')),
    models: [],
    previous: emptyTable,
  };
}

const unchanged = (state: Projection): Projection => ({ ...state, previous: project(state) });
const [few, many] = [stateOf(1), stateOf(1_000)];
const [fewKept, manyKept] = [unchanged(few), unchanged(many)];
const projected = (state: Projection) => (count: number) =>
  repeat(count, () => project(state).generation);

const projecting: Contest = {
  name: 'the routing table of all state',
  ways: [
    { name: '1 rollout, changed', count: 5_000, run: projected(few) },
    { name: '1 rollout, unchanged', count: 5_000, run: projected(fewKept) },
    { name: '1 000 rollouts, changed', count: 20, run: projected(many) },
    { name: '1 000 rollouts, unchanged', count: 20, run: projected(manyKept) },
  ],
};

/** Measures the parts of the core that run once per request or once per tick; prints ratios. */
export function benchCore(print: (text: string) => void): void {
  const contests = [assigning, including, folding, merging, projecting, extending(), ticking()];
  for (const contest of contests) {
    print(placingTable(contest, sideBySide(contest)));
  }
}
