import type { FuseReport } from '../core/rollout/fleet.ts';
import { routesIn } from '../core/routing/lanes.ts';
import type { CatalogVersion } from '../core/routing/table.ts';
import { Fault } from '../protocol/errors.ts';
import type { GatewayReport } from '../protocol/feed/report.ts';
import { Deployments } from './deployments.ts';
import type { Deployment } from './deployments.ts';
import type { GatewayDeps } from './deps.ts';
import { CopiedAnswers } from './copied-answers.ts';
import { Exposures } from './exposures.ts';
import { FeedLoop } from './feed-loop.ts';
import { FeedbackBuffer } from './feedback-buffer.ts';
import { FeedbackDesk } from './feedback-desk.ts';
import { FeedbackLoop } from './feedback-loop.ts';
import { FuseBoard } from './fuse-board.ts';
import { createListener } from './http.ts';
import type { ListenAt, Listener } from './http.ts';
import { LastGoodFile } from './last-good.ts';
import { ImportanceProbe } from './importance-probe.ts';
import { gatewayLimits } from './limits.ts';
import type { GatewayLimits } from './limits.ts';
import { createLocalRouter } from './local.ts';
import { createMac } from './mac.ts';
import { Metrics } from './metrics.ts';
import { Mirrors } from './mirrors.ts';
import { PairLog } from './pair-log.ts';
import { Pipeline } from './pipeline.ts';
import { PredictionLog } from './prediction-log.ts';
import { Recorder } from './recorder.ts';
import { Proofs } from './proofs.ts';
import { createRouter } from './router.ts';
import type { Router } from './router.ts';
import { pinnedArm, servedIn } from './served.ts';
import type { ServedArm, ServedRoute } from './served.ts';
import { runnerUse, samplesOf, statusOf } from './status.ts';
import type { GatewayStatus, Watched } from './status.ts';
import { TableCache } from './table-cache.ts';

/** A gateway: answers predictions from its routing table, with or without control. */
export type Gateway = {
  /** Loads the last good table and begins to talk with control. Serves from then on. */
  start(): Promise<void>;
  /** Takes connections on the prediction socket. */
  listen(at: ListenAt): Promise<{ readonly port: number }>;
  /** Takes connections on the local socket: `POST /rollback`, `GET /status`, `GET /metrics`. */
  listenLocal(at: ListenAt): Promise<{ readonly port: number }>;
  /** Not ready any more; lets requests in flight finish, sends what it has seen, unloads. */
  drain(): Promise<void>;
  /** Answers a request without a socket. */
  readonly handle: Router;
  /** The same for the local socket. */
  readonly handleLocal: Router;
  isReady(): boolean;
  status(): GatewayStatus;
};

const SECRET_BYTES = 32;
const NONCE_BYTES = 6;
const TICK_MS = 100;

/** Makes a gateway. Nothing happens before `start`. */
export function createGateway(deps: GatewayDeps): Gateway {
  return new RunningGateway(deps);
}

class RunningGateway implements Gateway {
  readonly handle: Router;
  readonly handleLocal: Router;
  readonly #deps: GatewayDeps;
  readonly #limits: GatewayLimits;
  readonly #instance: string;
  readonly #metrics = new Metrics();
  readonly #recorder: Recorder;
  readonly #exposures: Exposures;
  readonly #feedback: FeedbackBuffer;
  readonly #feedbackLoop: FeedbackLoop;
  readonly #feedbackDesk: FeedbackDesk;
  readonly #deployments: Deployments;
  readonly #fuses: FuseBoard;
  readonly #proofs: Proofs;
  readonly #mirrors: Mirrors;
  readonly #probe: ImportanceProbe;
  readonly #pairs: PairLog;
  readonly #copied: CopiedAnswers;
  readonly #predictions: PredictionLog;
  readonly #tables: TableCache;
  readonly #lastGood: LastGoodFile;
  readonly #pipeline: Pipeline;
  readonly #feedLoop: FeedLoop;
  readonly #stopped = new AbortController();
  readonly #listeners: Listener[] = [];
  #running: Promise<unknown> = Promise.resolve();
  #requests = 0;
  #reports = 0;
  #isDraining = false;

  constructor(deps: GatewayDeps) {
    const { clock, entropy, backend, log } = deps;
    const limits = { ...gatewayLimits, ...deps.limits };
    this.#deps = deps;
    this.#limits = limits;
    this.#instance = alphanumeric(entropy.bytes(NONCE_BYTES));
    this.#recorder = new Recorder({ clock, ...limits });
    this.#exposures = new Exposures({ clock, ...limits });
    const onChange = (): void => this.#onVersion();
    this.#deployments = new Deployments({ backend, clock, log, ...limits, onChange });
    this.#fuses = new FuseBoard(clock, (report) => this.#onTrip(report));
    const onNews = (): void => this.#feedLoop.hurry();
    this.#proofs = new Proofs({ backend, clock, read: deps.golden ?? null, onNews });
    const fuseOf = this.#fuses.circuit.bind(this.#fuses);
    const [deployments, recorder, metrics] = [this.#deployments, this.#recorder, this.#metrics];
    const exposures = this.#exposures;
    this.#pairs = new PairLog({ sink: deps.pairs ?? null, clock, log });
    const copied = new CopiedAnswers();
    this.#copied = copied;
    const pairs = this.#pairs;
    this.#mirrors = new Mirrors({ backend, clock, recorder, copied, pairs, ...limits });
    const mirrorOf = this.#mirrors.circuit.bind(this.#mirrors);
    const predictions = new PredictionLog({ keeping: deps.predictions ?? null, clock, log });
    this.#predictions = predictions;
    const logOf = predictions.of.bind(predictions);
    const kept = { deployments, recorder, exposures, metrics, fuseOf, mirrorOf, logOf };
    this.#tables = new TableCache(kept, log);
    this.#lastGood = new LastGoodFile(deps.files, log);
    const mac = createMac(Buffer.from(deps.secret, 'hex').subarray(0, SECRET_BYTES));
    const nonce = this.#instance;
    this.#probe = new ImportanceProbe({ backend, clock, recorder });
    const probe = this.#probe;
    const seeing = { recorder, exposures, mirrors: this.#mirrors, predictions, probe };
    this.#pipeline = new Pipeline({ backend, clock, mac, ...seeing, nonce, ...limits });
    const buffer = new FeedbackBuffer(limits.feedbackMax);
    this.#feedback = buffer;
    const sender = { gateway: deps.name, instance: nonce, reportMs: limits.reportMs };
    this.#feedbackLoop = new FeedbackLoop({ ...deps, ...sender, buffer, exposures, copied });
    this.#feedbackDesk = new FeedbackDesk({
      ...limits,
      clock,
      mac,
      buffer,
      isEndpoint: (name) => this.#tables.served.routes.has(name),
      hurry: () => this.#feedbackLoop.hurry(),
    });
    this.#feedLoop = new FeedLoop({
      ...deps,
      reportMs: limits.reportMs,
      onTable: (table, isFirst) => this.#onTable(table, isFirst),
      report: () => this.#report(),
      onReported: ({ windows }) => recorder.confirm(windows),
    });
    this.handle = this.#router();
    this.handleLocal = createLocalRouter({
      status: () => this.status(),
      metrics: () => this.#metricsText(),
      rollback: (order) => this.#rollback(order),
    });
  }

  async start(): Promise<void> {
    const stored = await this.#lastGood.load();
    if (stored !== null) {
      this.#fuses.restore(stored.fuses);
      this.#tables.offer(stored.table, { isAuthority: false });
    }
    const { signal } = this.#stopped;
    const loops = [
      this.#feedLoop.run(signal),
      this.#feedbackLoop.run(signal),
      this.#pairs.run(signal),
      this.#predictions.run(signal),
      this.#tick(signal),
    ];
    this.#running = Promise.all(loops);
  }

  listen(at: ListenAt): Promise<{ readonly port: number }> {
    return this.#listen(at, this.handle);
  }

  listenLocal(at: ListenAt): Promise<{ readonly port: number }> {
    return this.#listen(at, this.handleLocal);
  }

  async drain(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    await Promise.all(this.#listeners.map((listener) => listener.drain()));
    this.#mirrors.close();
    this.#recorder.closeAll();
    const { clock } = this.#deps;
    const enough = new AbortController();
    const done = new AbortController();
    void clock.sleep(FAREWELL_MS, done.signal).then(() => enough.abort());
    await this.#feedLoop.send(enough.signal);
    await this.#sayWhatCameBack(enough.signal);
    done.abort();
    this.#stopped.abort();
    await this.#running;
    await this.#deployments.close();
  }

  /** What control does not have by now, it will have to be sent again. */
  async #sayWhatCameBack(signal: AbortSignal): Promise<void> {
    if (await this.#feedbackLoop.flush(signal)) return;
    const copies = this.#copied.waiting;
    const lost = { feedback: this.#feedback.waiting, units: this.#exposures.waiting, copies };
    this.#deps.log.error(lost, 'feedback is lost: control was away until the end');
  }

  isReady(): boolean {
    if (this.#isDraining || this.#tables.newest === null) return false;
    const routes = [...this.#tables.served.routes.values()].flatMap(servedIn);
    return routes.every(({ baseline }) => baseline.deployment.state === 'ready');
  }

  status(): GatewayStatus {
    return statusOf(this.#watched());
  }

  #listen(at: ListenAt, router: Router): Promise<{ readonly port: number }> {
    const refused = (code: string): void => this.#metrics.refused(code);
    const { clock } = this.#deps;
    const listener = createListener({ router, limits: this.#limits, clock, refused });
    this.#listeners.push(listener);
    return listener.listen(at);
  }

  #router(): Router {
    const { version, log } = this.#deps;
    return createRouter({
      version,
      log,
      pipeline: this.#pipeline,
      table: () => this.#tables.served,
      isReady: () => this.isReady(),
      metrics: () => this.#metricsText(),
      feedback: (request) => this.#feedbackDesk.take(request),
      stateOf: (asked) => this.#stateOf(asked),
      pin: (served, asked, signal) => this.#pin({ served, asked, signal }),
      newRequestId: () => {
        this.#requests += 1;
        return `${this.#instance}-${this.#requests.toString(36)}`;
      },
      refused: (code) => this.#metrics.refused(code),
    });
  }

  #metricsText(): string {
    return this.#metrics.text(samplesOf(this.#watched()));
  }

  #stateOf(version: CatalogVersion): Deployment['state'] {
    return this.#deployments.stateOf(version.digest);
  }

  async #pin(asking: {
    readonly served: ServedRoute;
    readonly asked: CatalogVersion;
    readonly signal: AbortSignal;
  }): Promise<ServedArm> {
    const { served, asked, signal } = asking;
    const deployment = this.#deployments.pin(asked);
    const name = `${asked.model}@${asked.version}`;
    if (deployment === null) throw new Fault('NOT_READY', `${name} waits for others to load`);
    await this.#deployments.settled(deployment, { ms: this.#limits.pinLoadMs, signal });
    const { generation } = this.#tables.served;
    const { route } = served;
    return pinnedArm({ route, generation, version: asked, deployment, metrics: this.#metrics });
  }

  #onTable(table: unknown, isFirst: boolean): void {
    if (this.#tables.offer(table, { isAuthority: isFirst }) !== 'applied') return;
    const { newest } = this.#tables;
    const routes = (newest?.routes ?? []).flatMap(routesIn);
    const rollouts = routes.flatMap(({ rollout }) => rollout ?? []);
    this.#fuses.keepOnly(new Set(rollouts));
    this.#mirrors.keepOnly(new Set(rollouts));
    this.#exposures.keepOnly(new Set(rollouts));
    this.#save();
  }

  #onVersion(): void {
    if (this.#tables.isWaiting) this.#tables.settle();
    this.#feedLoop.hurry();
  }

  #onTrip(report: FuseReport): void {
    const { log } = this.#deps;
    const who = report.contender?.arm ?? 'every candidate';
    log.warn({ ...report }, `the fuse is out: what ${who} had goes to the baseline`);
    this.#save();
    this.#feedLoop.hurry();
  }

  #save(): void {
    const table = this.#tables.newest;
    if (table !== null) void this.#lastGood.save({ table, fuses: this.#fuses.reports() });
  }

  #rollback(order: { readonly endpoint: string; readonly who: string; readonly reason: string }): {
    readonly rollout: string;
  } {
    const { endpoint, who, reason } = order;
    const served = this.#tables.served.routes.get(endpoint);
    if (served === undefined) throw new Fault('ENDPOINT_UNKNOWN', `no endpoint ${endpoint}`);
    const fuses = servedIn(served).flatMap(({ fuse }) => fuse ?? []);
    const [first] = fuses;
    if (first === undefined) {
      throw new Fault('FUSE_NOTHING_TO_CUT', `${endpoint} has no rollout`);
    }
    const at = this.#deps.clock.now();
    for (const fuse of fuses) {
      fuse.trip({ rollout: fuse.rollout, at, by: 'person', who, sentence: reason });
    }
    return { rollout: fuses.map(({ rollout }) => rollout).join(', ') };
  }

  #report(): GatewayReport {
    const { windows, through } = this.#recorder.pending();
    const proofs = this.#proofs.reports();
    this.#reports += 1;
    return {
      schema: 1,
      gateway: this.#deps.name,
      instance: this.#instance,
      sequence: this.#reports,
      generation: this.#tables.generation,
      ready: this.#deployments.ready(),
      failed: this.#deployments.failed(),
      fuses: this.#fuses.reports(),
      ...(proofs.length === 0 ? {} : { proofs }),
      through,
      rejected: this.#tables.rejection,
      windows,
      windowsDropped: this.#recorder.dropped,
      runners: this.#deps.backend.health().map(runnerUse),
    };
  }

  async #tick(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(TICK_MS, signal);
      this.#fuses.tick();
      this.#proofs.tick(this.#tables.served.routes.values(), signal);
      this.#mirrors.tick();
      this.#probe.tick(this.#tables.served.routes.values(), signal);
    }
  }

  #watched(): Watched {
    const heardMs = this.#feedLoop.heardMs;
    const { clock, backend, name } = this.#deps;
    return {
      gateway: name,
      instance: this.#instance,
      isReady: this.isReady(),
      tables: this.#tables,
      tableAgeMs: heardMs === null ? null : clock.monotonicMs() - heardMs,
      inFlight: this.#pipeline.inFlight,
      windowsWaiting: this.#recorder.waiting,
      windowsDropped: this.#recorder.dropped,
      feedbackWaiting: this.#feedback.waiting,
      exposuresDropped: this.#exposures.dropped,
      copiedDropped: this.#copied.dropped,
      failed: this.#deployments.failed(),
      health: backend.health(),
      pairs: this.#pairs,
      predictions: this.#predictions,
    };
  }
}

/** How long the last report may take. */
const FAREWELL_MS = 2_000;

function alphanumeric(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(36).padStart(2, '0')).join('');
}
