import { emptyEvidence, extendEvidence } from '../src/core/analysis/evidence.ts';
import type { Evidence } from '../src/core/analysis/evidence.ts';
import { instant } from '../src/core/lib/units.ts';
import type { GatewayState } from '../src/core/rollout/fleet.ts';
import type { Rollout } from '../src/core/rollout/rollout.ts';
import { tick } from '../src/core/rollout/tick.ts';
import type { World } from '../src/core/rollout/world.ts';
import { emptyTable, project } from '../src/core/routing/project.ts';
import { defaultChecks } from '../src/core/strategy/presets.ts';
import type { Window } from '../src/core/telemetry/window.ts';
import { endpointSample, refSample, rolloutSample } from '../test/samples.ts';
import { BUCKET_MS, canaryWindow } from './canary-window.ts';
import type { Contest } from './side-by-side.ts';

const BUCKETS = 60;
const LOSS_SHARE = 0.01;
const GATEWAYS = ['g1', 'g2', 'g3'];
const OBJECTIVE_MS = 50;
const thresholdsMs = { slow: 20, tail: 30, late: OBJECTIVE_MS };

function rolloutAt(endpoint: string): Rollout {
  const sample = rolloutSample(endpoint, 'advancing', { thresholdsMs });
  return { ...sample, spec: { ...sample.spec, checks: defaultChecks(OBJECTIVE_MS) } };
}

/** A healthy canary loses as much as the baseline. */
const lost = (units: number): number => units * LOSS_SHARE;

const bucketOf = (rollout: Rollout, bucket: number): readonly Window[] => [
  canaryWindow(rollout, { arm: 'baseline', bucket }, lost),
  canaryWindow(rollout, { arm: 'candidate', bucket }, lost),
];

function evidenceOf(rollout: Rollout): Evidence {
  let evidence = emptyEvidence(rollout);
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    evidence = extendEvidence(evidence, rollout, bucketOf(rollout, bucket));
  }
  return evidence;
}

/** A world of canaries ten minutes old, with three gateways that are up to date. */
function worldOf(count: number): World {
  const names = Array.from({ length: count }, (_, i) => `endpoint-${i}`);
  const endpoints = names.map((name) => endpointSample(name));
  const rollouts = names.map(rolloutAt);
  const table = project({ endpoints, rollouts, models: [], previous: emptyTable });
  const now = instant((rollouts[0]?.createdAt ?? 0) + BUCKETS * BUCKET_MS);
  const gateways = GATEWAYS.map((gateway): GatewayState => ({
    gateway,
    seenAt: now,
    generation: table.generation,
    ready: [refSample(1).digest, refSample(2).digest],
    failed: [],
    fuses: [],
    through: now,
  }));
  const evidence = new Map(rollouts.map((rollout) => [rollout.id, evidenceOf(rollout)]));
  const outcomes = new Map();
  return { now, endpoints, rollouts, models: [], gateways, evidence, outcomes, table };
}

const judged = (world: World) => (times: number) => {
  let judgements = 0;
  for (let i = 0; i < times; i += 1) judgements += tick(world).judgements.size;
  return judgements;
};

/** Ticks over worlds of growing size: a judgement of every rollout on all its checks. */
export function ticking(): Contest {
  const sizes = [
    { rollouts: 1, count: 1_000 },
    { rollouts: 10, count: 200 },
    { rollouts: 100, count: 20 },
    { rollouts: 1_000, count: 2 },
  ];
  const ways = sizes.map(({ rollouts, count }) => {
    const name = `tick, ${rollouts} ${rollouts === 1 ? 'rollout' : 'rollouts'}`;
    return { name, count, run: judged(worldOf(rollouts)) };
  });
  return { name: `a tick (four checks a rollout, ${BUCKETS} buckets of evidence)`, ways };
}

/** Evidence growing by the two windows of a bucket. */
export function extending(): Contest {
  const rollout = rolloutAt('endpoint');
  const evidence = evidenceOf(rollout);
  const windows = bucketOf(rollout, BUCKETS);
  const run = (times: number): number => {
    let buckets = 0;
    for (let i = 0; i < times; i += 1)
      buckets += extendEvidence(evidence, rollout, windows).buckets;
    return buckets;
  };
  return { name: 'a bucket into the evidence', ways: [{ name: 'four checks', count: 2_000, run }] };
}
