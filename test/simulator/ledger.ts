import { MemoryStore } from '../../src/adapters/store/memory.ts';
import { verifyChain } from '../../src/core/governance/chain.ts';
import type { AuditEntry } from '../../src/core/governance/audit.ts';
import type { Verdict } from '../../src/core/analysis/verdict.ts';
import { isFinal, isQueued, type Rollout } from '../../src/core/rollout/rollout.ts';
import { candidateShare } from '../../src/core/rollout/share.ts';
import { WHOLE_BPS } from '../../src/core/lib/units.ts';
import { routesIn } from '../../src/core/routing/lanes.ts';
import { overlaps } from '../../src/core/routing/slice.ts';
import type { RoutingTable } from '../../src/core/routing/table.ts';
import { droppedOf } from '../../src/core/telemetry/copies.ts';
import type { Window } from '../../src/core/telemetry/window.ts';
import type { Change, CommitResult } from '../../src/ports/store.ts';
import type { Coverage } from './coverage.ts';
import { must } from './trace.ts';

type TransitionDetail = {
  readonly to?: { readonly revision: number };
  readonly verdicts?: readonly Verdict[];
};

/** What a rollout's last move was, for those who count what happened. */
export type Moved = { readonly before: Rollout | null; readonly after: Rollout };

/** What the notary needs. */
export type LedgerParts = {
  readonly coverage: Coverage;
  /** Whether an effect has arrived. */
  readonly delivered: (id: string) => boolean;
  readonly onMove: (moved: Moved) => void;
  /** Told what must not have become durable. */
  readonly fail: (violation: unknown) => void;
};

/**
 * The store of a world, and the notary who looks at every change that becomes durable: whatever
 * control says of itself, this is what it did.
 */
export class Ledger extends MemoryStore {
  readonly rollouts = new Map<string, Rollout>();
  /** Every effect that ever became durable, by id. */
  readonly effects = new Map<string, string>();
  readonly #delivered: (id: string) => boolean;
  readonly #onMove: (moved: Moved) => void;
  readonly #fail: (violation: unknown) => void;
  readonly #coverage: Coverage;
  /** By reason and subject: who takes an endpoint back may end several tests. */
  readonly #reasons = new Map<string, Map<string, number>>();
  /** Every split that was ever published: endpoint, rollout and the candidate's share. */
  readonly #splits = new Set<string>();
  #table: RoutingTable | null = null;

  constructor({ coverage, delivered, onMove, fail }: LedgerParts) {
    super();
    this.#coverage = coverage;
    this.#delivered = delivered;
    this.#onMove = onMove;
    this.#fail = fail;
  }

  /** The newest durable table. */
  get table(): RoutingTable | null {
    return this.#table;
  }

  /** How many audit entries give this reason, of the subject that most of them are about. */
  entriesWith(reason: string): number {
    return Math.max(0, ...(this.#reasons.get(reason)?.values() ?? []));
  }

  /** Whether control ever published this split. */
  published(endpoint: string, rollout: string | null, candidateBps: number): boolean {
    return this.#splits.has(`${endpoint} ${rollout} ${candidateBps}`);
  }

  override async commit(change: Change): Promise<CommitResult> {
    const result = await super.commit(change);
    if (result.type !== 'committed') return result;
    try {
      this.#witness(change);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    return result;
  }

  /** Where a model has one endpoint, its alias names what that endpoint serves. */
  async mustNameWhatIsServed(): Promise<void> {
    const endpoints = await this.list({ kind: 'endpoint', limit: 1_000 });
    for (const { value } of endpoints) {
      const others = endpoints.filter((one) => one.value.model === value.model);
      if (others.length > 1) continue;
      const key = `${value.model}/production`;
      const [alias] = await this.list({ kind: 'alias', key, limit: 1 });
      const named = alias?.value.version;
      const served = value.version.version;
      must(named === served, `${key} names ${named}, but ${value.name} serves ${served}`);
    }
  }

  /** The audit log is one unbroken chain. */
  async mustVerify(): Promise<void> {
    const entries = await this.scan({ log: 'audit', limit: 1_000_000 });
    const verified = verifyChain(entries);
    must(verified.ok, `the audit chain is broken: ${JSON.stringify(verified)}`);
  }

  #witness(change: Change): void {
    for (const { id, event } of change.effects) {
      const text = JSON.stringify(event);
      const known = this.effects.get(id);
      must(known === undefined || known === text, `effect ${id} means two things`);
      this.effects.set(id, text);
    }
    for (const id of change.performed) {
      must(this.#delivered(id), `effect ${id} is marked, but was not performed`);
    }
    for (const { reason, action, subject } of change.audit) {
      const about = this.#reasons.get(reason) ?? new Map<string, number>();
      this.#reasons.set(reason, about.set(subject, (about.get(subject) ?? 0) + 1));
      const isBack = action === 'endpoint.rollback';
      this.#coverage.sometimes('an endpoint went back without a rollout', isBack);
    }
    for (const { window } of change.windows) this.#witnessWindow(window);
    for (const put of change.puts) {
      if (put.kind === 'table') this.#witnessTable(put.value);
      if (put.kind === 'rollout') this.#witnessRollout(put.value, change);
    }
  }

  /** Later rows of one key replace earlier ones, so that what is sent twice is counted once. */
  async requestsCounted(endpoint: string): Promise<number> {
    const rows = await this.scan({ log: 'window', endpoint, limit: 1_000_000 });
    return rows.reduce((sum, { window }) => sum + window.requests - copiesIn(window), 0);
  }

  #witnessWindow({ outcomes, requests, endpoint }: Window): void {
    const sum = Object.values(outcomes).reduce((total, count) => total + count, 0);
    must(
      sum === requests,
      `a window of ${endpoint} counts ${requests} requests as ${sum} outcomes`,
    );
  }

  #witnessTable(table: RoutingTable): void {
    const before = this.#table?.generation ?? 0;
    must(table.generation === before + 1, `generation ${table.generation} follows ${before}`);
    for (const { endpoint, rollout, split, arms } of table.routes.flatMap(routesIn)) {
      const whole = split.reduce((sum, { bps }) => sum + bps, 0);
      must(whole === WHOLE_BPS, `the shares of ${endpoint} sum to ${whole}`);
      must(
        split.every(({ bps }) => bps >= 0),
        `${endpoint} has a negative share`,
      );
      must(arms.length === split.length, `${endpoint} has arms without shares`);
      this.#splits.add(`${endpoint} ${rollout} ${split[1]?.bps ?? 0}`);
    }
    this.#table = table;
  }

  #witnessRollout(after: Rollout, change: Change): void {
    const { id, revision, endpoint, phase } = after;
    const before = this.rollouts.get(id) ?? null;
    const entries = change.audit.filter(({ subject }) => subject === `rollout/${id}`);
    must(entries.length === 1, `${id}@${revision} has ${entries.length} audit entries`);
    if (before !== null && before.revision === revision) {
      must(JSON.stringify(before) === JSON.stringify(after), `${id} moved without a revision`);
      this.#onMove({ before, after });
      return;
    }
    const first = isQueued(after) ? 0 : 1;
    const next = before === null ? first : before.revision + 1;
    must(revision === next, `${id} skips to revision ${revision}`);
    must(before === null || !isFinal(before), `${id} moved after it was ${before?.phase}`);
    const told = change.effects.filter((effect) => effect.id === `${id}/${revision}/0`);
    must(told.length === 1, `${id}@${revision} is told ${told.length} times`);
    this.rollouts.set(id, after);
    const here = [...this.rollouts.values()].filter(
      (one) => one.endpoint === endpoint && !isFinal(one) && !isQueued(one),
    );
    const isAlone = here.length === 1 || here.every(({ slice }) => slice !== undefined);
    must(isAlone, `${endpoint} has ${here.length} active rollouts`);
    this.#coverage.sometimes('tests went on beside each other', here.length > 1);
    const isWon = here.length > 1 && phase === 'promoting';
    this.#coverage.sometimes('a test was promoted while another went on', isWon);
    mustShareNobody(here);
    mustBeAllowed({ before, after }, entries[0]?.action ?? '');
    mustBeEarned({ before, after }, entries);
    this.#onMove({ before, after });
  }
}

/** Copies that count as requests of the arm that answered them; no client sent them. */
const copiesIn = ({ copies }: Window): number =>
  copies === undefined ? 0 : copies.sampled - droppedOf(copies) + copies.dropped.deadline;

/** Slices of one endpoint are cut from one whole, and none meets another. */
function mustShareNobody(here: readonly Rollout[]): void {
  const slices = here.flatMap(({ slice, layerSalt: salt }) =>
    slice === undefined || salt === undefined ? [] : [{ ...slice, salt }],
  );
  const meets = slices.some((one, i) => slices.some((other, j) => i < j && overlaps(one, other)));
  must(!meets, `tests share units: ${JSON.stringify(here.map(({ id }) => id))}`);
}

/** Nothing begins, and nothing that was stopped goes on, unless somebody says so. */
function mustBeAllowed({ before, after }: Moved, action: string): void {
  const { id, phase } = after;
  const begins = phase === 'preparing' && (before === null || isQueued(before));
  const isNew = before === null || begins;
  const wanted = phase === 'queued' ? 'rollout.queue' : 'rollout.start';
  if (isNew) must(action === wanted, `${id} began by ${action}`);
  must(
    before === null || !isQueued(before) || begins || phase === 'cancelled',
    `${id} jumps ahead`,
  );
  if (before?.phase !== 'holding' || phase !== 'advancing') return;
  const isAsked = action === 'rollout.resume' || action === 'rollout.advance';
  must(isAsked, `${id} went on by ${action}`);
}

/** What may give candidates more traffic. */
const UPWARD = new Set(['rollout.advance', 'rollout.promote', 'rollout.reweigh']);

/** More traffic comes only from an advance or a promotion, and never after a hard check failed. */
function mustBeEarned({ before, after }: Moved, entries: readonly AuditEntry[]): void {
  const [entry] = entries;
  if (before === null || candidateShare(after) <= candidateShare(before)) return;
  const { id, revision, spec, accepted } = after;
  const isUpward = UPWARD.has(entry?.action ?? '');
  must(isUpward, `${id}@${revision} gets more traffic by ${entry?.action}`);
  const { to, verdicts = [] } = (entry?.detail ?? {}) as TransitionDetail;
  must(to?.revision === revision, `${id}@${revision} is another transition in the audit log`);
  for (const { check, outcome } of verdicts) {
    const isHard = spec.checks.some(({ name, onFail }) => name === check && onFail === 'hard');
    const isLost = outcome === 'fail' && isHard && !accepted.includes(check);
    must(!isLost, `${id}@${revision} gets more traffic although ${check} failed`);
  }
}
