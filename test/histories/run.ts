import { emptyEvidence, extendEvidence } from '../../src/core/analysis/evidence.ts';
import type { Evidence } from '../../src/core/analysis/evidence.ts';
import type { Verdict } from '../../src/core/analysis/verdict.ts';
import { after, bps, instant } from '../../src/core/lib/units.ts';
import type { Instant } from '../../src/core/lib/units.ts';
import { project } from '../../src/core/routing/project.ts';
import { emptyTable } from '../../src/core/routing/project.ts';
import type { CatalogModel, Route, RoutingTable } from '../../src/core/routing/table.ts';
import type { Endpoint } from '../../src/core/routing/endpoint.ts';
import type { Decision } from '../../src/core/rollout/decision.ts';
import type { GatewayState } from '../../src/core/rollout/fleet.ts';
import { isFinal } from '../../src/core/rollout/rollout.ts';
import type { Rollout } from '../../src/core/rollout/rollout.ts';
import type { RolloutSpec } from '../../src/core/rollout/spec.ts';
import { startRollout } from '../../src/core/rollout/start.ts';
import { tick } from '../../src/core/rollout/tick.ts';
import type { TickResult } from '../../src/core/rollout/world.ts';
import type { Window } from '../../src/core/telemetry/window.ts';
import { endpointSample, versionSample } from '../samples.ts';
import { Traffic, began } from './course.ts';
import type { Course } from './course.ts';

/** One bucket of a rollout that was played, and what the tick at its end decided. */
export type Bucket = {
  readonly now: Instant;
  readonly windows: readonly Window[];
  readonly decision: Decision;
  readonly verdicts: readonly Verdict[];
};

/** A rollout from its start to its end, or to where patience ran out. */
export type Play = {
  readonly start: Rollout;
  readonly end: Rollout;
  readonly endpoint: Endpoint;
  readonly buckets: readonly Bucket[];
};

const models: readonly CatalogModel[] = [
  { name: 'tumour', versions: [versionSample(2), versionSample(1)] },
];

/** The rollout of version 2 at an endpoint that serves version 1, just started. */
export function startedRollout(spec: RolloutSpec): Rollout {
  const request = {
    id: 'r-1',
    endpoint: 'risk',
    candidate: { model: 'tumour', version: 2 },
    spec,
    salt: '00112233445566778899aabbccddeeff',
    createdBy: 'ada',
    now: began,
  };
  const world = { endpoints: [endpointSample('risk')], rollouts: [], models };
  const started = startRollout(request, world);
  if (!started.ok) throw new Error(started.error.sentence);
  return started.value;
}

/** State that ticks move on: one endpoint, one rollout, one gateway that always keeps up. */
export class Stage {
  rollout: Rollout;
  endpoint: Endpoint = endpointSample('risk');
  evidence: Evidence;
  table: RoutingTable = emptyTable;

  constructor(rollout: Rollout) {
    this.rollout = rollout;
    this.evidence = emptyEvidence(rollout);
    this.table = this.#projected();
  }

  /** What the table says of the endpoint. */
  get route(): Route {
    const [route] = this.table.routes;
    if (route === undefined) throw new Error('the table has no route');
    return route;
  }

  /** Folds windows from before the rollout in. */
  learn(windows: readonly Window[]): void {
    this.evidence = extendEvidence(this.evidence, this.rollout, windows);
  }

  /** Folds a bucket in and lets the core judge. */
  tick(now: Instant, windows: readonly Window[]): TickResult {
    this.evidence = extendEvidence(this.evidence, this.rollout, windows);
    const result = tick({
      now,
      endpoints: [this.endpoint],
      rollouts: isFinal(this.rollout) ? [] : [this.rollout],
      models,
      gateways: [this.#gateway(now)],
      evidence: new Map([[this.rollout.id, this.evidence]]),
      outcomes: new Map(),
      table: this.table,
    });
    for (const { after: moved, endpoint } of result.transitions) {
      if (moved.evidenceFrom !== this.rollout.evidenceFrom) this.evidence = emptyEvidence(moved);
      this.rollout = moved;
      this.endpoint = endpoint ?? this.endpoint;
    }
    this.table = result.table;
    return result;
  }

  #gateway(now: Instant): GatewayState {
    return {
      gateway: 'g1',
      seenAt: now,
      generation: this.table.generation,
      ready: [this.rollout.baseline.digest, this.rollout.candidate.digest],
      failed: [],
      fuses: [],
      through: now,
    };
  }

  #projected(): RoutingTable {
    const { endpoint, rollout } = this;
    return project({ endpoints: [endpoint], rollouts: [rollout], models, previous: this.table });
  }
}

/** Plays a whole rollout against synthetic traffic, one tick a bucket. */
export function play(course: Course, spec: RolloutSpec, bucketsMax: number): Play {
  const start = startedRollout(spec);
  const stage = new Stage(start);
  const traffic = new Traffic(course, began);
  const buckets: Bucket[] = [];
  stage.learn(before(traffic, course.bucketsBefore ?? 0));
  for (let i = 0; i < bucketsMax && !isFinal(stage.rollout); i += 1) {
    const from = after(began, i * spec.bucketMs);
    const windows = traffic.bucket(stage.route, from);
    const now = after(from, spec.bucketMs);
    const judged = stage.tick(now, windows).judgements.get(start.id);
    if (judged === undefined) throw new Error('a rollout that is not final is judged');
    buckets.push({ now, windows, ...judged });
  }
  return { start, end: stage.rollout, endpoint: stage.endpoint, buckets };
}

/** What the endpoint served while nothing was being rolled out. */
function before(traffic: Traffic, buckets: number): readonly Window[] {
  const endpoints = [endpointSample('risk')];
  const [quiet] = project({ endpoints, rollouts: [], models, previous: emptyTable }).routes;
  if (quiet === undefined) throw new Error('the table has no route');
  return Array.from({ length: buckets }, (_, i) => {
    const start = instant(began - (buckets - i) * quiet.bucketMs);
    return traffic.bucket(quiet, start);
  }).flat();
}

/** Shares as they are said. */
export const shares = (...percent: readonly number[]): readonly ReturnType<typeof bps>[] =>
  percent.map((one) => bps(one * 100));
