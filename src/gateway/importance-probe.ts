import { importanceOf } from '../core/telemetry/importance.ts';
import type { Importance } from '../core/telemetry/importance.ts';
import { UnitMemory } from '../core/telemetry/unit-memory.ts';
import type { Clock } from '../ports/clock.ts';
import type { ModelBackend } from '../ports/model-backend.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import { columnsOf, effectsIn, occluded, rowAnswers } from './occlusion.ts';
import type { Column, RowAnswers, Sampled } from './occlusion.ts';
import type { Recorder } from './recorder.ts';
import { servedIn } from './served.ts';
import type { ServedArm, ServedLaneRoute, ServedRoute } from './served.ts';
import { bytesIn } from './tensor-bytes.ts';

/** What rows are looked at with. */
export type ProbeParts = {
  readonly backend: Pick<ModelBackend, 'infer'>;
  readonly clock: Clock;
  readonly recorder: Recorder;
};

/** Rows of a batch; as many others lend their values. */
export const BATCH_ROWS = 32;
/** A row that holds more is not kept. */
const ROW_BYTES_MAX = 16_384;
/** Time between two batches at least, */
const PAUSE_MS = 2_000;
/** and as many times what the last one kept processes busy: a twentieth of their time at most. */
const PAUSE_TIMES = 19;
/** A call computes about so long, so that a user who comes then waits no longer. */
const CALL_MS = 10;
const CALL_ROWS_AT_FIRST = 8;
const CALL_ROWS_MAX = 256;
const DEADLINE_MS = 2_000;

/** What is known of one rollout's rows. */
type Watch = {
  readonly columns: readonly Column[] | null;
  readonly known: UnitMemory;
  readonly waiting: (readonly Tensor[])[];
  /** Monotonic; Infinity while a batch is under way. */
  nextMs: number;
};

/**
 * Finds out what drives the answers of the arms of a rollout: asks each of them about the same few
 * rows of users, again with one value at a time taken from another row. Such calls yield to users
 * as copies do, nobody waits for them, and they take a small part of a process's time. A batch that
 * cannot be finished is let go.
 */
export class ImportanceProbe {
  readonly #parts: ProbeParts;
  readonly #watches = new Map<string, Watch>();

  constructor(parts: ProbeParts) {
    this.#parts = parts;
  }

  /** A request that was answered; kept if it is one row of a unit that is new. */
  offer({ route, baseline }: ServedLaneRoute, unit: number, inputs: readonly Tensor[]): void {
    const { rollout } = route;
    if (route.importance !== true || rollout === null) return;
    const watch = this.#watchOf(rollout, baseline);
    if (watch.columns === null || watch.waiting.length >= 2 * BATCH_ROWS) return;
    if (inputs.some(({ shape }) => shape[0] !== 1) || bytesIn(inputs) > ROW_BYTES_MAX) return;
    if (!watch.known.isNew(unit)) return;
    // A copy: a tensor may be a view of a whole request, which is let go.
    watch.waiting.push(inputs.map((tensor) => ({ ...tensor, data: tensor.data.slice() })));
  }

  /** To be called some times a second, with what is served now. */
  tick(routes: Iterable<ServedRoute>, signal: AbortSignal): void {
    const asked = new Set<string>();
    for (const served of [...routes].flatMap(servedIn)) {
      const { rollout, importance } = served.route;
      if (rollout === null || importance !== true) continue;
      asked.add(rollout);
      const watch = this.#watches.get(rollout);
      if (watch === undefined || watch.waiting.length < 2 * BATCH_ROWS) continue;
      if (this.#parts.clock.monotonicMs() >= watch.nextMs) void this.#look(watch, served, signal);
    }
    for (const rollout of this.#watches.keys()) {
      if (!asked.has(rollout)) this.#watches.delete(rollout);
    }
  }

  #watchOf(rollout: string, baseline: ServedArm): Watch {
    const known = this.#watches.get(rollout);
    if (known !== undefined) return known;
    const columns = columnsOf(baseline.version);
    const watch: Watch = { columns, known: new UnitMemory(), waiting: [], nextMs: 0 };
    this.#watches.set(rollout, watch);
    return watch;
  }

  async #look(watch: Watch, { arms }: ServedLaneRoute, signal: AbortSignal): Promise<void> {
    const { clock, recorder } = this.#parts;
    watch.nextMs = Infinity;
    let busyMs = 0;
    const rows = watch.waiting.splice(0, BATCH_ROWS);
    const sampled = { rows, donors: watch.waiting.splice(0, BATCH_ROWS) };
    const found: { readonly arm: ServedArm; readonly importance: Importance }[] = [];
    for (const [index, arm] of arms.entries()) {
      const fits = index === 0 || arm.hasBaselineInputs;
      if (!fits || arm.deployment.state !== 'ready') continue;
      const looked = await this.#importance(arm, { sampled, columns: watch.columns ?? [] }, signal);
      busyMs += looked.busyMs;
      if (looked.importance !== null) found.push({ arm, importance: looked.importance });
    }
    // All at once, so that they fall into one bucket; nothing is said of a candidate alone.
    if (found[0]?.arm === arms[0]) {
      for (const { arm, importance } of found) {
        if (arm.slot !== null) recorder.drove(arm.slot, importance);
      }
    }
    watch.nextMs = clock.monotonicMs() + Math.max(PAUSE_MS, PAUSE_TIMES * busyMs);
  }

  /** No importance when not every row was answered: users came first, or the version failed. */
  async #importance(
    { version }: ServedArm,
    { sampled, columns }: { readonly sampled: Sampled; readonly columns: readonly Column[] },
    signal: AbortSignal,
  ): Promise<{ readonly importance: Importance | null; readonly busyMs: number }> {
    const all = BATCH_ROWS * (columns.length + 1);
    const answers: RowAnswers[number][] = [];
    let most = CALL_ROWS_AT_FIRST;
    let busyMs = 0;
    while (answers.length < all) {
      const from = answers.length;
      const to = Math.min(all, from + most);
      const startedMs = this.#parts.clock.monotonicMs();
      const inputs = occluded(sampled, columns, { from, to });
      const { digest } = version;
      const asked = { digest, inputs, outputs: null, deadlineMs: DEADLINE_MS, yields: true };
      const result = await this.#parts.backend.infer(asked, signal);
      const own = result.type === 'ok' ? rowAnswers(result.outputs, to - from) : null;
      const heldMs = result.type === 'ok' ? (result.heldMs ?? 0) : 0;
      const tookMs = Math.max(0, this.#parts.clock.monotonicMs() - startedMs - heldMs);
      busyMs += tookMs;
      if (own === null) return { importance: null, busyMs };
      answers.push(...own);
      const perRowMs = tookMs / (to - from);
      most = Math.max(1, Math.min(CALL_ROWS_MAX, Math.floor(CALL_MS / perRowMs)));
    }
    const names = columns.map(({ name }) => name);
    return { importance: importanceOf(names, effectsIn(answers, BATCH_ROWS)), busyMs };
  }
}
