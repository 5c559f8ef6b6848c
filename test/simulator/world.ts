import { CANDIDATE_ARM } from '../../src/core/rollout/arm.ts';
import { contendersIn } from '../../src/core/rollout/contenders.ts';
import { isFinal } from '../../src/core/rollout/rollout.ts';
import { drawBehaviour, Models, well, type Behaviour } from './behaviour.ts';
import { refTo, register, type Catalog } from './catalog.ts';
import { Chance } from './chance.ts';
import { Clients, type Traffic } from './clients.ts';
import { noteMove } from './moves.ts';
import { Coverage } from './coverage.ts';
import { drawSeverity, Faults, type Severity } from './faults.ts';
import { Ledger, type Moved } from './ledger.ts';
import { People } from './people.ts';
import { ControlProcess, Receiver, type ControlParts } from './sim-control.ts';
import { SimDisk } from './sim-files.ts';
import { GatewayProcess } from './sim-gateway.ts';
import type { Fate } from './sim-store.ts';
import { settled, Timeline } from './timeline.ts';
import { must, Trace } from './trace.ts';

/** What one world is like; drawn from its seed unless a test says otherwise. */
export type Plan = {
  readonly seed: string;
  readonly catalog: Catalog;
  readonly gateways: number;
  readonly behaviours: ReadonlyMap<string, Behaviour>;
  readonly severity: Severity;
  readonly requestMs: number;
  readonly unitsMax: number;
  readonly wishMs: number;
  /** See `PeopleParts.meddling`. */
  readonly meddling: number;
};

/** Versions each model of a world has. */
const VERSIONS = 5;
const TICK_MS = 1_000;
const INSPECT_MS = 100;
const RETRY_MS = 300;

/** Draws a world. */
export function drawPlan(seed: string): Plan {
  const chance = new Chance(seed);
  const models = ['tumour', 'fraud'].slice(0, chance.whole(1, 2));
  const endpoints = ['risk', 'alarm', 'triage'].slice(0, chance.whole(1, 3));
  const behaviours = new Map<string, Behaviour>();
  for (const name of models) {
    behaviours.set(refTo(name, 1).digest, well(chance.between(2, 12)));
    for (let version = 2; version <= VERSIONS; version += 1) {
      behaviours.set(refTo(name, version).digest, drawBehaviour(chance));
    }
  }
  return {
    seed,
    catalog: {
      models: models.map((name) => ({ name, versions: VERSIONS })),
      endpoints: endpoints.map((name, index) => ({
        name,
        model: models[index % models.length] ?? 'tumour',
      })),
    },
    gateways: chance.whole(1, 3),
    behaviours,
    severity: drawSeverity(chance),
    requestMs: chance.pick([9, 25, 50]) * endpoints.length,
    unitsMax: chance.pick([40, 400, 4_000]),
    wishMs: chance.between(3_000, 12_000),
    meddling: chance.pick([0.05, 0.3, 1]),
  };
}

/** A whole system in one process: control, gateways, clients and people, in virtual time. */
export class World {
  readonly timeline = new Timeline();
  readonly coverage = new Coverage();
  readonly trace: Trace;
  readonly ledger: Ledger;
  readonly models: Models;
  readonly clients: Clients;
  readonly people: People;
  readonly faults: Faults;
  readonly receiver: Receiver;
  readonly gateways: (GatewayProcess | null)[];
  readonly traffic: Traffic[];
  steps = 0;
  readonly #plan: Plan;
  readonly #chance: Chance;
  readonly #disks: readonly SimDisk[];
  readonly #ahead = new Map<number, number>();
  #control: ControlProcess | null = null;
  #violation: unknown = null;

  constructor(plan: Plan, { isLoud = false }: { readonly isLoud?: boolean } = {}) {
    const { timeline, coverage } = this;
    const chance = new Chance(`${plan.seed}/world`);
    this.#plan = plan;
    this.#chance = chance;
    this.trace = new Trace(timeline, isLoud);
    this.receiver = new Receiver({ timeline, coverage, chance: chance.fork('receiver') });
    this.receiver.faults = plan.severity.receiver;
    this.ledger = new Ledger({
      coverage,
      delivered: (id) => this.receiver.has(id),
      onMove: (moved) => this.#witness(moved),
      fail: (violation) => this.fail(violation),
    });
    this.models = new Models(
      { timeline, coverage, chance: chance.fork('models') },
      plan.behaviours,
    );
    const { ledger, models, trace } = this;
    const fail = (violation: unknown): void => this.fail(violation);
    const gateways = (): readonly GatewayProcess[] =>
      this.gateways
        .filter((one) => one !== null)
        .filter(({ isDead, gateway }) => !isDead && gateway.isReady());
    const seen = { timeline, coverage, trace, ledger, models, fail, gateways };
    this.clients = new Clients({ ...seen, chance: chance.fork('clients') });
    const { endpoints } = plan.catalog;
    const control = (): ControlProcess | null => this.#control;
    const { meddling } = plan;
    const own = { endpoints, versionsMax: VERSIONS, meddling, control };
    const people = { ...own, chance: chance.fork('people') };
    this.people = new People({ ...seen, ...people });
    this.#disks = Array.from({ length: plan.gateways }, () => new SimDisk());
    this.gateways = this.#disks.map(() => null);
    this.traffic = endpoints.map(({ name }) => ({
      endpoint: name,
      unitsMax: plan.unitsMax,
      meanMs: plan.requestMs,
    }));
    this.faults = this.#makeFaults(chance.fork('faults'));
  }

  get control(): ControlProcess | null {
    return this.#control;
  }

  /** The run is over: this must never happen. */
  fail(violation: unknown): void {
    this.#violation ??= violation;
  }

  /** Everything starts, and goes well so far. */
  async open(): Promise<void> {
    const process = this.#newControl({ fateOf: () => ({ type: 'done', ms: 0 }) });
    await process.start();
    const { context } = process;
    if (context !== null)
      await register(context.journal, { ...this.#plan.catalog, hasGolden: true });
    process.kill();
    this.startControl();
    for (const index of this.gateways.keys()) this.startGateway(index);
    const inspect = (): void => {
      for (const one of this.gateways) if (one?.isDead === false) one.inspect();
      this.timeline.in(INSPECT_MS, inspect);
    };
    this.timeline.in(INSPECT_MS, inspect);
    await this.pass(3_000);
    for (const traffic of this.traffic) this.clients.begin(traffic);
  }

  /** Lets time pass, one event after the other, looking after each whether all is still well. */
  async pass(ms: number, isEnough: () => boolean = () => false): Promise<void> {
    const untilMs = this.timeline.nowMs + ms;
    await this.#settle();
    for (;;) {
      const next = this.timeline.nextMs();
      if (next === null || next > untilMs || isEnough()) return;
      this.timeline.step();
      this.steps += 1;
      await this.#settle();
    }
  }

  startControl(): void {
    const process = this.#newControl({});
    this.#control = process;
    process.start().then(
      () => this.trace.say('control is up'),
      () => {
        if (this.#control !== process) return;
        process.kill();
        this.#control = null;
        this.timeline.in(RETRY_MS, () => this.#control === null && this.startControl());
      },
    );
  }

  crashControl(downMs: number): void {
    if (this.#control === null) return;
    this.trace.say(`control crashes for ${Math.round(downMs)} ms`);
    this.#control.kill();
    this.#control = null;
    this.timeline.in(downMs, () => this.#control === null && this.startControl());
  }

  startGateway(index: number): void {
    const { timeline, coverage, models, ledger } = this;
    const name = `g${index + 1}`;
    const process = new GatewayProcess(
      {
        name,
        timeline,
        coverage,
        models,
        ledger,
        chance: this.#chance.fork(name),
        weather: this.#weather,
        control: () => this.#reachable(),
        disk: this.#disks[index] ?? new SimDisk(),
        onWrite: () => this.faults.onWrite(index),
        fail: (violation) => this.fail(violation),
      },
      this.#ahead.get(index) ?? 0,
    );
    const isAlone = this.#reachable() === null && (this.#disks[index]?.files.size ?? 0) > 0;
    coverage.sometimes('a gateway started from its file while control was away', isAlone);
    this.gateways[index] = process;
    process.gateway.start().then(
      () => {
        const isOut = process.gateway.status().endpoints.some(({ fuses }) => fuses.length > 0);
        coverage.sometimes('a fuse was out again after a restart', isOut);
        this.trace.say(`${name} is up`);
      },
      (error: unknown) => this.fail(error),
    );
  }

  crashGateway(index: number, downMs: number): void {
    const process = this.gateways[index];
    if (process === null || process === undefined) return;
    this.trace.say(`${process.name} crashes for ${Math.round(downMs)} ms`);
    this.coverage.sometimes('a gateway crashed with requests in flight', process.waiting.size > 0);
    this.coverage.sometimes('a gateway crashed while it stored its table', process.isWriting);
    process.kill();
    this.gateways[index] = null;
    this.timeline.in(downMs, () => this.gateways[index] === null && this.startGateway(index));
  }

  /** Everything that was broken is mended, and stays so; but a machine may be gone for good. */
  mend(): void {
    const isLoss = this.gateways.length > 1 && this.#chance.happens(0.2);
    this.coverage.sometimes('a gateway never came back', isLoss);
    if (isLoss) this.gateways[0]?.kill();
    this.trace.say('the faults stop; everything is mended');
    this.faults.stop();
    this.people.rest();
    this.receiver.faults = 0;
    for (const one of this.gateways) one?.feed.mend();
    this.#jump(null, 0);
  }

  /** Rollouts that have not ended. */
  active(): readonly string[] {
    return [...this.ledger.rollouts.values()].filter((one) => !isFinal(one)).map(({ id }) => id);
  }

  async #settle(): Promise<void> {
    await settled();
    if (this.#violation !== null) throw this.#violation;
  }

  #reachable(): ControlProcess | null {
    return this.#control?.context === null ? null : this.#control;
  }

  #newControl(given: { readonly fateOf?: () => Fate }): ControlProcess {
    const { timeline, coverage, ledger, receiver } = this;
    const parts: ControlParts = {
      timeline,
      coverage,
      receiver,
      store: ledger,
      chance: this.#chance.fork('control'),
      fateOf: given.fateOf ?? ((call, change) => this.faults.fateOf(call, change)),
      tickMs: TICK_MS,
      fail: (violation) => this.fail(violation),
    };
    return new ControlProcess(parts, this.#ahead.get(-1) ?? 0);
  }

  get #weather(): Severity['weather'] {
    return this.#plan.severity.weather;
  }

  #makeFaults(chance: Chance): Faults {
    const { timeline, coverage, trace, models } = this;
    const { severity, gateways, catalog } = this.#plan;
    const [first = 'tumour', ...others] = catalog.models.map(({ name }) => name);
    return new Faults({
      timeline,
      chance,
      coverage,
      trace,
      models,
      modelNames: [first, ...others],
      gateways,
      severity,
      weather: severity.weather,
      victims: {
        crashControl: (downMs) => this.crashControl(downMs),
        crashGateway: (index, downMs) => this.crashGateway(index, downMs),
        crashRunner: (index, downMs) => this.#crashRunner(chance, index, downMs),
        cutGateway: (index, forMs) => this.#cut(index, forMs),
        jumpClocks: (byMs, index) => this.#jump(index, byMs),
        isControlUp: () => this.#reachable() !== null,
      },
    });
  }

  #crashRunner(chance: Chance, index: number, downMs: number): void {
    const { endpoints = [] } = this.gateways[index]?.gateway.status() ?? {};
    const arms = endpoints.flatMap((one) => one.arms);
    const arm = arms[chance.whole(0, Math.max(0, arms.length - 1))];
    if (arm === undefined) return;
    const { digest } = refTo(arm.model, arm.version);
    this.trace.say(`the runner of ${arm.model}@${arm.version} on g${index + 1} crashes`);
    this.gateways[index]?.crashRunner(digest, downMs);
  }

  #cut(index: number, forMs: number): void {
    const process = this.gateways[index] ?? null;
    if (process === null) return;
    this.trace.say(`${process.name} is cut off for ${Math.round(forMs)} ms`);
    this.coverage.sometimes('a gateway was cut off from control');
    process.feed.cut();
    this.timeline.in(forMs, () => process.feed.mend());
  }

  /** `null`: everybody's clock. By 0: right again. */
  #jump(index: number | null, byMs: number): void {
    const everybody = [-1, ...this.gateways.keys()];
    for (const who of index === null ? everybody : [index]) {
      const clock = who === -1 ? this.#control?.clock : this.gateways[who]?.clock;
      const ahead = this.#ahead.get(who) ?? 0;
      const by = byMs === 0 ? -ahead : byMs;
      this.#ahead.set(who, ahead + by);
      clock?.jump(byMs === 0 ? -clock.aheadMs : byMs);
    }
    this.trace.say(`${index === null ? 'all clocks' : `clock ${index}`} jump by ${byMs} ms`);
  }

  /** Control goes on only when every gateway that is in touch has done what was decided. */
  #mustBeConfirmed({ before, after }: Moved): void {
    const { id, phase } = after;
    const isFirst = before?.phase === 'preparing' && phase === 'advancing';
    if (!isFirst && phase !== 'reverted' && phase !== 'promoted') return;
    const winner = phase === 'promoted' ? (after.winner ?? CANDIDATE_ARM) : null;
    const wanted = contendersIn(after).filter(({ arm }) => winner === null || arm === winner);
    for (const one of this.gateways) {
      if (one === null || one.isDead || !one.feed.isInTouch) continue;
      const seen = one.candidatesOf(id);
      const isOut = seen.every(({ bps }) => bps === 0);
      if (phase === 'reverted') must(isOut, `${id} is reverted, but ${one.name} sends it traffic`);
      // Whoever cannot answer for other reasons takes no traffic, and is not waited for.
      const isReady = (arm: string): boolean =>
        seen.some((candidate) => candidate.arm === arm && candidate.isReady);
      const isIn = wanted.every(({ arm }) => isReady(arm)) || !one.gateway.isReady();
      if (phase !== 'reverted') must(isIn, `${id} is ${phase}, but ${one.name} has not loaded it`);
    }
  }

  #witness({ before, after }: Moved): void {
    const { coverage, trace } = this;
    if (before?.revision === after.revision) {
      coverage.sometimes('a rollback was asked for again while reverting');
      return;
    }
    const { id, phase, stage, cause, revision } = after;
    const because = cause === null ? '' : ` (${cause.by} ${cause.who}: ${cause.sentence})`;
    this.#mustBeConfirmed({ before, after });
    trace.say(`${id}@${revision} ${before?.phase ?? 'none'} → ${phase} ${stage}${because}`);
    noteMove(coverage, { before, after });
    if (phase !== 'reverting' || before?.phase === 'reverting') return;
    const { digest } = after.candidate;
    coverage.sometimes('a rollout was taken back while promoting', before?.phase === 'promoting');
    coverage.sometimes('a rollout was reverted by a check', cause?.by === 'check');
    coverage.sometimes('a rollout was reverted by a fuse', cause?.by === 'fuse');
    coverage.sometimes('a rollout was reverted by a person', cause?.by === 'person');
    const isLoad = cause?.by === 'gateway';
    coverage.sometimes('a rollout was reverted by a load failure', isLoad);
    const isUnloadable = this.models.ailmentOf(digest).type === 'unloadable';
    coverage.sometimes('a candidate could not be loaded', isLoad && isUnloadable);
  }
}
