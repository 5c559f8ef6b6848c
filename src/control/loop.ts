import type { Logger } from 'pino';
import { tick } from '../core/rollout/tick.ts';
import type { Judgement, World } from '../core/rollout/world.ts';
import type { Clock } from '../ports/clock.ts';
import type { EvidenceBook } from './evidence-book.ts';
import type { Fleet } from './fleet.ts';
import { withPuts, type Journal, type Plan } from './journal.ts';
import { activeRolloutsOf, catalogOf, endpointsOf, tableOf, type State } from './state.ts';
import { planTransition, type TransitionPlan } from './transition-plan.ts';
import { Wakeup } from './wakeup.ts';

type Dependencies = {
  readonly journal: Journal;
  readonly fleet: Fleet;
  readonly book: EvidenceBook;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'error'>;
  readonly tickMs: number;
};

/** Judges every rollout, again and again: fold → analyse → decide → apply → project → commit. */
export class Loop {
  readonly #deps: Dependencies;
  readonly #wakeup: Wakeup;
  #judgements: ReadonlyMap<string, Judgement> = new Map();
  #counts = { ticks: 0, failed: 0, ms: 0 };

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#wakeup = new Wakeup(deps.clock);
  }

  /** What the last tick decided about each rollout that is not final, and why; by rollout id. */
  get judgements(): ReadonlyMap<string, Judgement> {
    return this.#judgements;
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
    const { journal, book, fleet, clock } = this.#deps;
    const startMs = clock.monotonicMs();
    const rollouts = activeRolloutsOf(journal.state());
    const now = clock.now();
    const evidence = await book.read({ rollouts, gateways: fleet.alive(), now });
    await journal.run((state, at) => this.#decide(state, { at, evidence }));
    this.#counts.ticks += 1;
    this.#counts.ms += clock.monotonicMs() - startMs;
  }

  #decide(state: State, given: { at: World['now']; evidence: World['evidence'] }): Plan<void> {
    const { log, fleet } = this.#deps;
    const now = given.at;
    const result = tick({
      now,
      endpoints: endpointsOf(state),
      // A rollout that began after the evidence was read waits for the next tick.
      rollouts: activeRolloutsOf(state).filter(({ id }) => given.evidence.has(id)),
      models: catalogOf(state),
      gateways: fleet.reports(),
      evidence: given.evidence,
      table: tableOf(state),
    });
    this.#judgements = result.judgements;
    const plans: TransitionPlan[] = [];
    // Two endpoints may serve one model: the second moves its aliases from where the first left
    // them.
    let seen = state;
    for (const transition of result.transitions) {
      const { after, before } = transition;
      log.info({ rollout: after.id, from: before.phase, to: after.phase }, 'transition');
      const judgement = result.judgements.get(after.id) ?? null;
      const plan = planTransition(transition, judgement, { state: seen, now });
      plans.push(plan);
      seen = withPuts(seen, plan.puts);
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
