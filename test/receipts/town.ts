import { instant } from '../../src/core/lib/units.ts';
import { routesIn } from '../../src/core/routing/lanes.ts';
import type { LaneRoute } from '../../src/core/routing/table.ts';
import { LATENCY_QUANTUM_MS } from '../../src/core/telemetry/fold.ts';
import type { Window } from '../../src/core/telemetry/window.ts';
import { tableOf } from '../../src/control/state.ts';
import { parseReceipt } from '../../src/protocol/admin/receipt.ts';
import type { Receipt } from '../../src/core/replay/receipt.ts';
import { Traffic, usual, type Behaviour } from '../histories/course.ts';
import { reportSample } from '../samples.ts';
import { openDesk, type Desk } from '../simulator/admin-desk.ts';
import { refTo } from '../simulator/catalog.ts';

const signal = new AbortController().signal;
const SECOND_MS = 1_000;
/** Buckets of the tests' rollouts, and of what is sent before them. */
const BUCKET_MS = 1_000;

/** What is declared of the tests' rollouts: stages of seconds, decided by what seconds show. */
export const brisk = {
  endpoint: 'risk',
  candidate: 'tumour@2',
  reason: 'a new one',
  strategy: { stages: ['10%', '50%'], least: '3s' },
  triggers: [
    { metric: 'error_rate', tolerance: '5%' },
    { metric: 'latency', tolerance: '20%' },
  ],
  bucket: '1s',
} as const;

/** Gateways that serve synthetic traffic and report it, to a control plane in this process. */
export class Town {
  desk: Desk;
  readonly #candidate: Behaviour;
  readonly #traffic: ReadonlyMap<string, Traffic>;
  /** Windows that a gateway keeps to itself. */
  readonly #kept = new Map<string, Window[]>();
  #sequence = 0;

  private constructor(desk: Desk, candidate: Behaviour) {
    this.desk = desk;
    this.#candidate = candidate;
    this.#traffic = new Map(['g1', 'g2'].map((name) => [name, this.#trafficOf(name)]));
  }

  static async open(candidate: Partial<Behaviour> = {}): Promise<Town> {
    const town = new Town(await openDesk(), { ...usual, errors: 0.001, ...candidate });
    const late = Math.ceil(town.desk.clock.now() / BUCKET_MS) * BUCKET_MS - town.desk.clock.now();
    await town.desk.timeline.advance(late);
    return town;
  }

  #trafficOf(name: string): Traffic {
    const usually = (): Behaviour => ({ ...usual, errors: 0.001 });
    const course = {
      seed: name,
      unitsPerSecond: () => 300,
      baseline: usually,
      candidate: () => this.#candidate,
      gateways: 1,
    };
    return new Traffic(course, this.desk.clock.now());
  }

  /** Of tests beside each other that of the last: it alone gets traffic. */
  get route(): LaneRoute {
    const route = tableOf(this.desk.context.journal.state()).routes.find(
      ({ endpoint }) => endpoint === 'risk',
    );
    if (route === undefined) throw new Error('there is no route');
    return routesIn(route).at(-1) ?? route;
  }

  /** Starts the rollout; its id. */
  async start(over: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const said = await this.desk.ask('admin', 'rollout.start', { body: { ...brisk, ...over } });
    if (said.status !== 201) throw new Error(said.text);
    return String(said.json()['id']);
  }

  /** Lets a gateway keep its windows to itself from now on, or send all of them at once. */
  keep(gateway: string): void {
    this.#kept.set(gateway, []);
  }

  async release(gateway: string): Promise<void> {
    const windows = this.#kept.get(gateway) ?? [];
    this.#kept.delete(gateway);
    await this.#report(gateway, windows);
  }

  /** Lets seconds pass. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      const start = this.desk.clock.now();
      const { route } = this;
      await this.desk.timeline.advance(SECOND_MS);
      for (const [name, traffic] of this.#traffic) {
        const sent = traffic.bucket({ ...route, bucketMs: BUCKET_MS }, start).map(exact);
        const kept = this.#kept.get(name);
        kept?.push(...sent);
        await this.#report(name, kept === undefined ? sent : []);
      }
    }
  }

  /** Control dies and comes back on what is in the store. */
  async restart(): Promise<void> {
    const { store, timeline } = this.desk;
    await this.desk.control.stop();
    this.desk = await openDesk({ store, timeline });
  }

  /** A rollout's phase. */
  phase(id: string): string {
    return this.desk.context.journal.state().records.rollout.get(id)?.value.phase ?? 'unknown';
  }

  /** Lets time pass until the rollout is in one of these phases. */
  async passUntil(id: string, phases: readonly string[], secondsMax = 200): Promise<void> {
    for (let second = 0; second < secondsMax; second += 1) {
      if (phases.includes(this.phase(id))) return;
      await this.pass(1);
    }
    throw new Error(`${id} is ${this.phase(id)} after ${secondsMax} seconds`);
  }

  /** Gives a command. */
  async command(id: string, command: string): Promise<void> {
    const body = { command, reason: 'somebody wants it' };
    const said = await this.desk.ask('admin', 'rollout.command', {
      params: { rollout: id },
      body,
    });
    if (said.status !== 200) throw new Error(said.text);
  }

  /** The receipt as it comes over the wire. */
  async receipt(id: string): Promise<Receipt> {
    const said = await this.desk.ask('viewer', 'rollout.receipt', { params: { rollout: id } });
    if (said.status !== 200) throw new Error(said.text);
    return parseReceipt(said.json());
  }

  async #report(gateway: string, windows: readonly Window[]): Promise<void> {
    const report = reportSample({
      gateway,
      instance: `${gateway}-1`,
      sequence: (this.#sequence += 1),
      generation: tableOf(this.desk.context.journal.state()).generation,
      ready: [1, 2, 3].map((version) => refTo('tumour', version).digest),
      through: this.desk.clock.now(),
      windows,
    });
    await this.desk.control.feed.report(report, signal);
  }
}

/** Gateways sum latencies in whole quanta, so that merging is exact. */
const exact = (window: Window): Window => ({
  ...window,
  start: instant(window.start),
  latencySumMs: Math.round(window.latencySumMs / LATENCY_QUANTUM_MS) * LATENCY_QUANTUM_MS,
});
