import type { Role } from '../../core/governance/role.ts';
import type { Instant } from '../../core/lib/units.ts';
import type { AnswerOf, BodyOf, Operation, Parsed } from '../../protocol/admin/operation.ts';
import type { OperationId, operations } from '../../protocol/admin/operations.ts';
import type { ControlContext } from '../context.ts';
import type { Plan } from '../journal.ts';
import type { State } from '../state.ts';

/** Who asks. */
export type Principal = { readonly name: string; readonly role: Role };

/** One call, parsed. */
export type Input<T extends Operation> = {
  readonly params: Parsed<T['params']>;
  readonly query: Parsed<T['query']>;
  readonly body: BodyOf<T>;
  /** The body as it was sent: for naming the place of what is wrong with it. */
  readonly sent: unknown;
  readonly principal: Principal;
  readonly signal: AbortSignal;
  /** `Last-Event-ID`, for streams of events. */
  readonly lastEventId: string | null;
  /**
   * Makes the call's one change. Under an idempotency key the answer becomes durable in the same
   * transaction, so that a repeat after a crash gets it again and changes nothing.
   */
  readonly commit: (
    decide: (state: State, now: Instant) => Plan<AnswerOf<T>>,
  ) => Promise<AnswerOf<T>>;
};

/** Answers one kind of call. */
export type Handler<K extends OperationId> = (
  context: ControlContext,
  input: Input<(typeof operations)[K]>,
) => Promise<AnswerOf<(typeof operations)[K]>>;

/** A handler for every call of the admin API. */
export type Handlers = { readonly [K in OperationId]: Handler<K> };
