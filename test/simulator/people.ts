import { handlers } from '../../src/control/api/handlers.ts';
import type { Input, Principal } from '../../src/control/api/handler.ts';
import { onceOf, recall, remembering } from '../../src/control/api/idempotency.ts';
import type { ControlContext } from '../../src/control/context.ts';
import type { Plan } from '../../src/control/journal.ts';
import { versionName } from '../../src/core/catalog/version.ts';
import { COMMANDS } from '../../src/core/rollout/command.ts';
import { ALLOWED } from '../../src/core/rollout/obey.ts';
import { isFinal, type Rollout } from '../../src/core/rollout/rollout.ts';
import type { Operation } from '../../src/protocol/admin/operation.ts';
import { operations, type OperationId } from '../../src/protocol/admin/operations.ts';
import { Fault } from '../../src/protocol/errors.ts';
import type { Chance } from './chance.ts';
import type { Coverage } from './coverage.ts';
import { drawDeclaration, drawSlice } from './declarations.ts';
import type { Ledger } from './ledger.ts';
import type { ControlProcess } from './sim-control.ts';
import type { GatewayProcess } from './sim-gateway.ts';
import type { Timeline } from './timeline.ts';
import { must, Violation, type Trace } from './trace.ts';

/** What people can see and reach. */
export type PeopleParts = {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly coverage: Coverage;
  readonly trace: Trace;
  readonly ledger: Ledger;
  readonly endpoints: readonly { readonly name: string; readonly model: string }[];
  readonly versionsMax: number;
  /** How often they interfere with a rollout rather than look on. */
  readonly meddling: number;
  readonly control: () => ControlProcess | null;
  readonly gateways: () => readonly GatewayProcess[];
  readonly fail: (violation: Violation) => void;
};

/** Something a person wants done, once, however often he has to ask. */
type Wish = {
  readonly id: OperationId;
  readonly params: unknown;
  readonly body: unknown;
  readonly reason: string;
  readonly key: string;
};

type Reply = {
  readonly type: 'done' | 'idle' | 'refused' | 'lost';
  readonly what: string;
  /** Of the rollout that was made or commanded. */
  readonly id: string | null;
};

const ADMIN: Principal = { name: 'ada', role: 'admin' };
/** Tests that people let go on beside one. */
const BESIDE_MAX = 3;
/** Rollouts that people let wait for one endpoint: a world lasts minutes. */
const WAITING_MAX = 2;
const PATIENCE_MS = 6_000;
const TRIES_MAX = 8;
/** Faults that say: ask again. */
const PASSING = new Set(['STORE_UNAVAILABLE', 'STATE_CONFLICT']);

/** People who start rollouts, command them at any moment, and do not let go until they know. */
export class People {
  readonly #parts: PeopleParts;
  /** Reasons of what control said it had done. */
  readonly #acknowledged: string[] = [];
  #count = 0;
  #isAtWork = true;

  constructor(parts: PeopleParts) {
    this.#parts = parts;
  }

  /** Acts about once in `meanMs`, until `rest`. */
  begin(meanMs: number): void {
    const { timeline, chance, fail } = this.#parts;
    const again = (): void => {
      timeline.in(chance.waitMs(meanMs), () => {
        if (!this.#isAtWork) return;
        this.#act().catch((error: unknown) => fail(asViolation(error)));
        again();
      });
    };
    again();
  }

  /** From now on things take their course. */
  rest(): void {
    this.#isAtWork = false;
  }

  /** Every command that was acknowledged is on record, exactly once; no other is there twice. */
  mustBeRemembered(): void {
    const { ledger } = this.#parts;
    for (const reason of this.#acknowledged) {
      const entries = ledger.entriesWith(reason);
      must(entries === 1, `«${reason}» was acknowledged and is on record ${entries} times`);
    }
  }

  /** Asks for one thing and stays with it; for those who steer a world by hand. */
  async insist(id: OperationId, params: unknown, body: object): Promise<Reply> {
    this.#count += 1;
    const reason = `wish ${this.#count}`;
    return this.#insist({ id, params, body: { ...body, reason }, reason, key: reason });
  }

  async #act(): Promise<void> {
    const { chance, endpoints, ledger, meddling } = this.#parts;
    const [first, ...others] = endpoints;
    if (first === undefined) return;
    const endpoint = chance.pick([first, ...others]);
    const [active, ...further] = [...ledger.rollouts.values()].filter(
      (rollout) => rollout.endpoint === endpoint.name && !isFinal(rollout),
    );
    if (active === undefined) {
      const own = chance.happens(0.2) ? drawSlice(chance) : {};
      if (chance.happens(0.65)) await this.#start(endpoint, own);
      else await this.#goBack(endpoint.name);
      return;
    }
    const isRoom = active.slice !== undefined && further.length < BESIDE_MAX;
    if (isRoom && chance.happens(0.4)) {
      await this.#start(endpoint, drawSlice(chance));
    } else if (further.length < WAITING_MAX && chance.happens(0.25)) {
      const onBusy = chance.pick(['queue', 'queue', 'queue', 'supersede', 'refuse']);
      // Some count on the outcome of what goes on, which may be another.
      const hoped = chance.happens(0.4) ? { baseline: versionName(active.candidate) } : {};
      await this.#start(endpoint, { onBusy, ...hoped });
    } else if (chance.happens(meddling)) await this.#meddle(chance.pick([active, ...further]));
  }

  async #start({ name, model }: PeopleParts['endpoints'][number], own: object): Promise<void> {
    const { chance, versionsMax } = this.#parts;
    const drawVersion = (): string => `${model}@${chance.whole(1, versionsMax)}`;
    const declaration = { ...drawDeclaration(chance, drawVersion), ...own, endpoint: name };
    const { type, id } = await this.insist('rollout.start', null, declaration);
    // Some think better of it at once.
    if (type !== 'done' || id === null || !chance.happens(0.1)) return;
    await this.insist('rollout.command', { rollout: id }, { command: 'cancel' });
  }

  async #goBack(endpoint: string): Promise<void> {
    const further = this.#parts.chance.happens(0.5);
    await this.insist('endpoint.rollback', { endpoint }, { further });
  }

  async #meddle({ id, endpoint, revision, phase }: Rollout): Promise<void> {
    const { chance } = this.#parts;
    const dice = chance.between(0, 1);
    if (dice < 0.1) return this.#goBack(endpoint);
    if (dice < 0.2) return this.#breakGlass(endpoint);
    const [first, ...others] = chance.happens(0.8) ? ALLOWED[phase] : COMMANDS;
    if (first === undefined) return;
    const command = chance.pick([first, ...others]);
    const stated = chance.happens(0.3) ? { revision } : {};
    await this.insist('rollout.command', { rollout: id }, { command, ...stated });
    // A second click, or a second person.
    if (chance.happens(0.2)) await this.insist('rollout.command', { rollout: id }, { command });
  }

  /** Whoever stands at the machine takes a candidate out there, without control. */
  async #breakGlass(endpoint: string): Promise<void> {
    const { chance, trace } = this.#parts;
    const [first, ...others] = this.#parts.gateways();
    if (first === undefined) return;
    const { gateway, name } = chance.pick([first, ...others]);
    const body = Buffer.from(JSON.stringify({ endpoint, who: 'ada', reason: 'by hand' }));
    const request = { method: 'POST', target: '/rollback', headers: new Map(), body };
    const signal = new AbortController().signal;
    const { status } = await gateway.handleLocal({ ...request, signal });
    trace.say(`ada breaks the glass at ${name}/${endpoint}: ${status}`);
  }

  async #insist(wish: Wish): Promise<Reply> {
    const { chance, coverage, trace } = this.#parts;
    let wasLost = false;
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      const reply = await this.#ask(wish);
      trace.say(`ada: ${wish.id} ${JSON.stringify(wish.params)} «${wish.reason}» ${reply.what}`);
      coverage.sometimes('a command was refused', reply.type === 'refused');
      if (reply.type === 'done') {
        coverage.sometimes('a command was repeated after its answer was lost', wasLost);
        this.#acknowledged.push(wish.reason);
      }
      if (reply.type !== 'lost') return reply;
      wasLost = true;
      await this.#wait(chance.between(200, 2_000));
    }
    return failure('lost', 'given up');
  }

  /** One try; whoever asks a process that dies, or is slow, does not learn what became of it. */
  async #ask(wish: Wish): Promise<Reply> {
    const { control } = this.#parts;
    const process = control();
    const context = process?.context ?? null;
    if (process === null || context === null) return failure('lost', 'nobody listens');
    const { died } = process;
    const { promise: lost, resolve } = Promise.withResolvers<Reply>();
    const lose = (): void => resolve(failure('lost', 'no answer'));
    died.addEventListener('abort', lose, { once: true });
    const cancel = this.#parts.timeline.in(PATIENCE_MS, lose);
    const reply = await Promise.race([perform(context, wish), lost]);
    cancel();
    died.removeEventListener('abort', lose);
    return reply;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#parts.timeline.in(ms, resolve));
  }
}

type AnyHandler = (context: ControlContext, input: Input<Operation>) => Promise<unknown>;

/** A rollback that found nothing to take back is no deed, and on no record. */
function replyOf(body: string): Reply {
  const { changed, id = null } = JSON.parse(body) as { changed?: boolean; id?: string };
  if (changed === false) return { type: 'idle', what: 'is so already', id };
  return { type: 'done', what: 'done', id };
}

const failure = (type: 'refused' | 'lost', what: string): Reply => ({ type, what, id: null });

/** What the admin listener does with a call, without HTTP around it. */
async function perform(context: ControlContext, wish: Wish): Promise<Reply> {
  const { id, params, body, key } = wish;
  const operation: Operation = operations[id];
  const once = onceOf(key, ADMIN, [id, JSON.stringify([params, body])]);
  try {
    const parsed = typeof operation.body === 'string' ? null : operation.body?.parse(body);
    const before = once === null ? null : await recall(context, once);
    if (before !== null) return replyOf(before.body);
    const input: Input<Operation> = {
      params: params as null,
      query: null,
      body: parsed,
      principal: ADMIN,
      signal: new AbortController().signal,
      lastEventId: null,
      sent: body,
      commit: (decide) => {
        const plan = decide as (...given: Parameters<typeof decide>) => Plan<unknown>;
        return context.journal.run(remembering(once, operation.status, plan)) as Promise<never>;
      },
    };
    const answer = await (handlers[id] as unknown as AnyHandler)(context, input);
    return replyOf(JSON.stringify(answer));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const type = PASSING.has(error.code) ? 'lost' : 'refused';
    return failure(type, `${error.code}: ${error.message}`);
  }
}

const asViolation = (error: unknown): Violation =>
  error instanceof Violation ? error : new Violation(`a person met a bug: ${String(error)}`);
