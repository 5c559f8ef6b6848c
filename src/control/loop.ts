import type { Logger } from 'pino';
import { fleetFacts } from '../core/replay/fleet-facts.ts';
import type { Grounds } from '../core/replay/grounds.ts';
import type { Judged } from '../core/replay/record.ts';
import { fleetOf } from '../core/rollout/readiness.ts';
import { isQueued, type Rollout } from '../core/rollout/rollout.ts';
import { tick } from '../core/rollout/tick.ts';
import type { Judgement, TickResult, World } from '../core/rollout/world.ts';
import { project } from '../core/routing/project.ts';
import { readsOutcomes } from '../core/strategy/ladder.ts';
import type { Clock } from '../ports/clock.ts';
import type { EvidenceBook } from './evidence-book.ts';
import type { Fleet } from './fleet.ts';
import { withPuts, type Journal, type Plan } from './journal.ts';
import type { OutcomeBook } from './outcome-book.ts';
import { planStart, TURN_CAME } from './queue-plan.ts';
import {
  activeRolloutsOf,
  catalogOf,
  declaredMetrics,
  endpointsOf,
  goingRolloutsOf,
  tableOf,
} from './state.ts';
import type { State } from './state.ts';
import { planTransition, type JudgedCase, type TransitionPlan } from './transition-plan.ts';
import { Wakeup } from './wakeup.ts';

type Dependencies = {
  readonly journal: Journal;
  readonly fleet: Fleet;
  readonly book: EvidenceBook;
  readonly outcomes: OutcomeBook;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'error'>;
  readonly tickMs: number;
};

/** What a tick read before it decides. */
type Read = {
  readonly at: World['now'];
  readonly evidence: World['evidence'];
  readonly outcomes: World['outcomes'];
  readonly grounds: ReadonlyMap<string, readonly Grounds[]>;
};

/** Judges every rollout, again and again: fold → analyse → decide → apply → project → commit. */
export class Loop {
  readonly #deps: Dependencies;
  readonly #wakeup: Wakeup;
  #judgements: ReadonlyMap<string, Judgement> = new Map();
  /** Made when it is asked for: most ticks move nothing. */
  #judged: () => ReadonlyMap<string, Judged> = () => new Map();
  #counts = { ticks: 0, failed: 0, ms: 0 };

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#wakeup = new Wakeup(deps.clock);
  }

  /** What the last tick decided about each rollout that is not final, and why; by rollout id. */
  get judgements(): ReadonlyMap<string, Judgement> {
    return this.#judgements;
  }

  /** The last judgement of a rollout with what it rests on; null: it has not been judged. */
  seen(id: string): JudgedCase | null {
    const judgement = this.#judgements.get(id);
    const judged = this.#judged().get(id);
    return judgement === undefined || judged === undefined ? null : { judgement, judged };
  }

  /** Ticks made, ticks failed, and milliseconds spent, since the start. */
  get counts(): { readonly ticks: number; readonly failed: number; readonly ms: number } {
    return this.#counts;
  }

  /** Makes the next tick come at once, e.g. after a command or a fuse. */
  wake(): void {
    this.#wakeup.wake();
  }

  /**
   * Ticks until `signal` is aborted. A tick that fails is logged; the next one starts from truth.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { log, tickMs } = this.#deps;
    while (!signal.aborted) {
      try {
        await this.tickOnce();
      } catch (error) {
        this.#counts.failed += 1;
        log.error({ error: String(error) }, 'a tick failed; rollouts stay where they are');
      }
      await this.#wakeup.sleep(tickMs, signal);
    }
  }

  /** One tick. */
  async tickOnce(): Promise<void> {
    const { journal, book, outcomes: back, fleet, clock } = this.#deps;
    const startMs = clock.monotonicMs();
    const rollouts = goingRolloutsOf(journal.state());
    const now = clock.now();
    const evidence = await book.read({ rollouts, gateways: fleet.alive(), now });
    const grounds = new Map(
      rollouts.map((rollout) => [rollout.id, book.grounds(rollout)] as const),
    );
    const judgedByThem = rollouts.filter(({ spec }) => readsOutcomes(spec));
    const declared = declaredMetrics(journal.state());
    const outcomes = await back.read({ rollouts: judgedByThem, declared, now });
    await journal.run((state, at) => this.#decide(state, { at, evidence, outcomes, grounds }));
    this.#counts.ticks += 1;
    this.#counts.ms += clock.monotonicMs() - startMs;
  }

  #decide(state: State, given: Read): Plan<void> {
    const { log, fleet } = this.#deps;
    const now = given.at;
    const world: World = {
      now,
      endpoints: endpointsOf(state),
      rollouts: judgeable(state, given.evidence),
      models: catalogOf(state),
      gateways: fleet.reports(),
      evidence: given.evidence,
      outcomes: given.outcomes,
      table: tableOf(state),
    };
    const result = tick(world);
    this.#judgements = result.judgements;
    let judged: ReadonlyMap<string, Judged> | null = null;
    this.#judged = () => (judged ??= judgedIn(world, result, given.grounds));
    const plans: TransitionPlan[] = [];
    // Two endpoints may serve one model: the second moves its aliases from where the first left
    // them.
    let seen = state;
    for (const transition of result.transitions) {
      const { after, before } = transition;
      log.info({ rollout: after.id, from: before.phase, to: after.phase }, 'transition');
      const plan = planTransition(transition, this.seen(after.id), { state: seen, now });
      plans.push(plan);
      seen = withPuts(seen, plan.puts);
    }
    for (const rollout of result.starts) {
      log.info({ rollout: rollout.id, to: rollout.phase }, 'its turn came');
      plans.push(planStart(rollout, TURN_CAME, seen));
    }
    if (plans.length > 0) this.#wakeup.wake();
    return {
      puts: plans.flatMap(({ puts }) => puts),
      audit: plans.flatMap(({ audit }) => audit),
      effects: plans.flatMap(({ effects }) => effects),
      answer: undefined,
    };
  }
}

/** What began after the evidence was read waits for the next tick, and so does who waits for it. */
function judgeable(state: State, evidence: Read['evidence']): readonly Rollout[] {
  const unread = goingRolloutsOf(state).filter(({ id }) => !evidence.has(id));
  return activeRolloutsOf(state).filter((rollout) =>
    isQueued(rollout)
      ? unread.every(({ endpoint }) => endpoint !== rollout.endpoint)
      : evidence.has(rollout.id),
  );
}

/** What each judgement of a tick rests on. */
function judgedIn(
  world: World,
  { judgements }: TickResult,
  grounds: Read['grounds'],
): ReadonlyMap<string, Judged> {
  const { now, endpoints, rollouts, models, table } = world;
  if (rollouts.length === 0) return new Map();
  const fleet = fleetOf(world, project({ endpoints, rollouts, models, previous: table }));
  const judged = rollouts
    .filter((one) => judgements.has(one.id) && !isQueued(one))
    .map((rollout): readonly [string, Judged] => [
      rollout.id,
      {
        at: now,
        revision: rollout.revision,
        grounds: grounds.get(rollout.id) ?? [],
        fleet: fleetFacts(rollout, fleet),
        outcomes: judgements.get(rollout.id)?.outcomes ?? [],
        ...overtakenIn(judgements.get(rollout.id)),
      },
    ]);
  return new Map(judged);
}

const overtakenIn = (judgement: Judgement | undefined): Pick<Judged, 'overtakenBy'> =>
  judgement?.overtakenBy === undefined ? {} : { overtakenBy: judgement.overtakenBy };
