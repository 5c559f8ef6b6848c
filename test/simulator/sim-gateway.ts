import { createFunctionBackend } from '../../src/adapters/backend/function.ts';
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts';
import type { Log } from '../../src/gateway/deps.ts';
import type { GatewayStatus } from '../../src/gateway/status.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ModelBackend } from '../../src/ports/model-backend.ts';
import { WHOLE_BPS } from '../../src/core/lib/units.ts';
import type { Models } from './behaviour.ts';
import type { Chance } from './chance.ts';
import type { Coverage } from './coverage.ts';
import type { Ledger } from './ledger.ts';
import { GOLDEN } from './catalog.ts';
import { SimClock } from './sim-clock.ts';
import { SimFeed, type LinkParts } from './sim-feed.ts';
import { SimFiles, type SimDisk } from './sim-files.ts';
import type { Timeline } from './timeline.ts';
import { must, Violation } from './trace.ts';

/** What a gateway process is made of; all of it outlives the process. */
export type GatewayParts = LinkParts & {
  readonly name: string;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly coverage: Coverage;
  readonly disk: SimDisk;
  readonly models: Models;
  readonly ledger: Ledger;
  readonly onWrite: () => void;
  readonly fail: (violation: Violation) => void;
};

const SECRET = '5'.repeat(64);
/** Enough for every copy of a world: what their time is worth is not what worlds are about. */
const COPY_PROCESSORS = 1_000;

/** Names what was cut off, for good: a candidate under its arm, or all of a rollout. */
const cutName = (rollout: string, candidate: readonly [string, number] | readonly []): string =>
  JSON.stringify([rollout, ...candidate]);

/**
 * A gateway process: it starts from its files, may be killed at any moment, and leaves its files.
 */
export class GatewayProcess {
  readonly name: string;
  readonly gateway: Gateway;
  readonly feed: SimFeed;
  readonly clock: SimClock;
  readonly #parts: GatewayParts;
  readonly #files: SimFiles;
  readonly #downUntilMs = new Map<string, number>();
  /** What this process has cut off. */
  readonly #cuts = new Set<string>();
  /** Requests of clients that wait for it. */
  readonly waiting = new Set<number>();
  #generation = -1;
  #isDead = false;

  constructor(parts: GatewayParts, aheadMs: number) {
    const { timeline, chance, disk, name, onWrite } = parts;
    this.name = name;
    this.#parts = parts;
    this.clock = new SimClock(timeline, aheadMs);
    this.feed = new SimFeed(parts);
    this.#files = new SimFiles(disk, { timeline, chance }, onWrite);
    this.gateway = createGateway({
      name,
      version: '0',
      backend: this.#backend(),
      feed: this.feed,
      clock: this.clock,
      entropy: chance,
      secret: SECRET,
      files: this.#files,
      golden: () => Promise.resolve(GOLDEN.file),
      limits: { copyProcessors: COPY_PROCESSORS },
      log: this.#log(),
    });
  }

  /** Whether a crash now would meet a write of the table. */
  get isWriting(): boolean {
    return this.#files.isWriting;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  kill(): void {
    this.#isDead = true;
    this.clock.kill();
    this.feed.kill();
    this.#files.kill();
  }

  /** The runner of a version dies and is back after a while. */
  crashRunner(digest: string, downMs: number): void {
    this.#downUntilMs.set(digest, this.#parts.timeline.nowMs + downMs);
  }

  /** The shares of a rollout's candidates here, and whether they can be answered with. */
  candidatesOf(
    rollout: string,
  ): readonly { readonly arm: string; readonly bps: number; readonly isReady: boolean }[] {
    const { endpoints } = this.gateway.status();
    const [, ...candidates] = endpoints.find((one) => one.rollout === rollout)?.arms ?? [];
    return candidates.map(({ arm, effectiveBps, state }) => {
      return { arm, bps: effectiveBps, isReady: state === 'ready' };
    });
  }

  /** Everything that must be so whenever one looks. */
  inspect(): GatewayStatus {
    const status = this.gateway.status();
    const { generation, endpoints } = status;
    const { ledger } = this.#parts;
    const newest = ledger.table?.generation ?? -1;
    must(generation >= this.#generation, `${this.name} went back to generation ${generation}`);
    must(generation <= newest, `${this.name} serves generation ${generation} of ${newest}`);
    this.#generation = generation;
    for (const one of endpoints) this.#inspectEndpoint(one);
    for (const one of endpoints) this.#inspectFuses(one);
    return status;
  }

  #inspectFuses({ fuses, arms }: GatewayStatus['endpoints'][number]): void {
    const { coverage } = this.#parts;
    for (const { rollout, contender, by } of fuses) {
      const candidate = contender && ([contender.arm, contender.version.version] as const);
      const cut = cutName(rollout, candidate ?? []);
      if (this.#cuts.has(cut)) continue;
      this.#cuts.add(cut);
      coverage.sometimes('a fuse tripped by itself', by === 'gateway');
      const isOneOfSeveral = contender !== undefined && arms.length > 2;
      coverage.sometimes('a fuse cut one of several candidates off', isOneOfSeveral);
      coverage.sometimes('a fuse was tripped by a person', by === 'person');
    }
  }

  #inspectEndpoint({ endpoint, rollout, arms, fuses }: GatewayStatus['endpoints'][number]): void {
    const who = `${this.name}/${endpoint}`;
    const sum = (of: (arm: (typeof arms)[number]) => number): number =>
      arms.reduce((total, arm) => total + of(arm), 0);
    must(sum(({ bps }) => bps) === WHOLE_BPS, `the shares of ${who} do not sum to the whole`);
    must(sum((arm) => arm.effectiveBps) === WHOLE_BPS, `${who} answers with more or less than all`);
    const [, candidate] = arms;
    const published = candidate?.bps ?? 0;
    const isPublished = this.#parts.ledger.published(endpoint, rollout, published);
    must(isPublished, `${who} gives ${rollout} ${published}, which control never published`);
    const isOut = (arm: string, version: number): boolean =>
      fuses.some(
        ({ contender: one }) =>
          one === undefined || (one.arm === arm && one.version.version === version),
      );
    for (const { arm, version, bps, effectiveBps, state } of arms.slice(1)) {
      must(effectiveBps <= bps, `${who} gives ${arm} more than control said`);
      const isServed = effectiveBps > 0;
      must(!isServed || state === 'ready', `${who} serves ${arm}, which is ${state}`);
      must(!isServed || !isOut(arm, version), `${who} serves ${arm}, which was cut off`);
      const wasCut = this.#wasCut(rollout, [arm, version]) || this.#wasCut(rollout, []);
      must(!wasCut || isOut(arm, version), `${who} put the fuse of ${arm} back in by itself`);
    }
  }

  #wasCut(rollout: string | null, candidate: readonly [string, number] | readonly []): boolean {
    return rollout !== null && this.#cuts.has(cutName(rollout, candidate));
  }

  #backend(): ModelBackend {
    const { models, timeline, fail } = this.#parts;
    const clock: Clock = this.clock;
    const isDown = (digest: string): boolean =>
      timeline.nowMs < (this.#downUntilMs.get(digest) ?? 0);
    const backend = createFunctionBackend({
      clock,
      modelOf: (version) => models.functionOf(version, { clock, isDown }),
    });
    return {
      ...backend,
      infer: (call, signal) => {
        const held = backend.health().find(({ digest }) => digest === call.digest);
        if (held?.state !== 'ready') {
          const state = held?.state ?? 'not there';
          fail(new Violation(`${this.name} asks ${call.digest}, which is ${state}`));
        }
        return backend.infer(call, signal);
      },
    };
  }

  /** What only a bug can make it say ends the run. */
  #log(): Log {
    const write = (fields: object, message: string): void => {
      if (!/met a bug|was refused|not whole/.test(message)) return;
      const { err } = fields as { readonly err?: unknown };
      const detail = err === undefined ? JSON.stringify(fields) : (err as Error).message;
      this.#parts.fail(new Violation(`${this.name} says: ${message} (${detail})`));
    };
    return { info: write, warn: write, error: write };
  }
}
