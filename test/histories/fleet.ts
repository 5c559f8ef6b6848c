import { emptyEvidence, extendEvidence } from '../../src/core/analysis/evidence.ts';
import type { Evidence } from '../../src/core/analysis/evidence.ts';
import { after } from '../../src/core/lib/units.ts';
import type { Instant } from '../../src/core/lib/units.ts';
import { emptyTable, project } from '../../src/core/routing/project.ts';
import type { CatalogModel, Route, RoutingTable } from '../../src/core/routing/table.ts';
import type { Endpoint } from '../../src/core/routing/endpoint.ts';
import type { CommandKind } from '../../src/core/rollout/command.ts';
import type { GatewayState } from '../../src/core/rollout/fleet.ts';
import { obey } from '../../src/core/rollout/obey.ts';
import { isFinal } from '../../src/core/rollout/rollout.ts';
import type { Rollout } from '../../src/core/rollout/rollout.ts';
import { tick } from '../../src/core/rollout/tick.ts';
import type { TickResult } from '../../src/core/rollout/world.ts';
import type { Transition } from '../../src/core/rollout/transition.ts';
import type { Window } from '../../src/core/telemetry/window.ts';
import { endpointSample, versionSample } from '../samples.ts';
import { Traffic, began } from './course.ts';
import type { Course } from './course.ts';

const models: readonly CatalogModel[] = [
  { name: 'tumour', versions: [versionSample(2), versionSample(1)] },
];

/** What may be wrong with a gateway; each lasts until it is taken away. */
export type Ailment = 'lags' | 'silent' | 'cannot load' | 'fused';

/** A gateway that serves from the table it last got, as real ones do. */
class Gateway {
  readonly name: string;
  readonly #traffic: Traffic;
  readonly #ailments = new Set<Ailment>();
  #table: RoutingTable = emptyTable;
  #state: GatewayState | null = null;

  constructor(name: string, course: Course) {
    this.name = name;
    this.#traffic = new Traffic({ ...course, seed: `${course.seed}/${name}`, gateways: 1 }, began);
  }

  set(ailment: Ailment, on: boolean): void {
    if (on) this.#ailments.add(ailment);
    else this.#ailments.delete(ailment);
  }

  /** Serves one bucket and reports; what it says while silent is lost. */
  serve(table: RoutingTable, rollout: Rollout, start: Instant): readonly Window[] {
    if (!this.#ailments.has('lags')) this.#table = table;
    const windows = this.#table.routes.flatMap((route) => this.#traffic.bucket(route, start));
    if (this.#ailments.has('silent')) return [];
    const loads = !this.#ailments.has('cannot load');
    const { candidate, baseline, id } = rollout;
    const at = after(start, 1);
    this.#state = {
      gateway: this.name,
      seenAt: after(start, 10_000),
      generation: this.#table.generation,
      ready: loads ? [baseline.digest, candidate.digest] : [baseline.digest],
      failed: loads ? [] : [{ digest: candidate.digest, detail: 'out of memory' }],
      fuses: this.#ailments.has('fused')
        ? [{ rollout: id, at, by: 'gateway', who: null, sentence: 'It failed ten times.' }]
        : [],
      through: after(start, 10_000),
    };
    return windows;
  }

  get state(): GatewayState | null {
    return this.#state;
  }
}

/** Control with two gateways, in one process and without a clock. */
export class Fleet {
  readonly gateways: readonly Gateway[];
  rollout: Rollout;
  endpoint: Endpoint = endpointSample('risk');
  table: RoutingTable = emptyTable;
  #evidence: Evidence;
  #now: Instant = began;

  constructor(rollout: Rollout, course: Course) {
    this.rollout = rollout;
    this.#evidence = emptyEvidence(rollout);
    this.gateways = [new Gateway('g1', course), new Gateway('g2', course)];
  }

  /** The route control wants now. */
  get route(): Route {
    const [route] = this.table.routes;
    if (route === undefined) throw new Error('nothing was published yet');
    return route;
  }

  /** One bucket of traffic, then one tick. */
  tick(): TickResult {
    const start = this.#now;
    this.#now = after(start, this.rollout.spec.bucketMs);
    const windows = this.gateways.flatMap((one) => one.serve(this.table, this.rollout, start));
    this.#evidence = extendEvidence(this.#evidence, this.rollout, windows);
    const result = tick({
      now: this.#now,
      endpoints: [this.endpoint],
      rollouts: isFinal(this.rollout) ? [] : [this.rollout],
      models,
      gateways: this.gateways.flatMap(({ state }) => (state === null ? [] : [state])),
      evidence: new Map([[this.rollout.id, this.#evidence]]),
      outcomes: new Map(),
      table: this.table,
    });
    for (const transition of result.transitions) this.#move(transition);
    this.table = result.table;
    return result;
  }

  /** Gives a command; false when it is refused. */
  give(kind: CommandKind): boolean {
    const command = { kind, actor: 'ada', reason: 'because' };
    const { rollout, endpoint } = this;
    const obeyed = obey({ rollout, endpoint, command, now: this.#now });
    if (!obeyed.ok) return false;
    this.#move(obeyed.value);
    this.table = project({
      endpoints: [this.endpoint],
      rollouts: [this.rollout],
      models,
      previous: this.table,
    });
    return true;
  }

  #move({ after: moved, endpoint }: Transition): void {
    this.rollout = moved;
    this.endpoint = endpoint ?? this.endpoint;
  }
}
