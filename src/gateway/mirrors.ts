import { namedBy } from '../core/feedback/pair.ts';
import { instant } from '../core/lib/units.ts';
import { isMirrored } from '../core/routing/mirror.ts';
import type { Route } from '../core/routing/table.ts';
import { compareAnswers } from '../core/telemetry/comparison.ts';
import type { Output } from '../core/telemetry/comparison.ts';
import type { DropReason } from '../core/telemetry/copies.ts';
import { lossOf } from '../core/telemetry/observation.ts';
import type { Compared } from '../core/telemetry/observation.ts';
import type { Clock } from '../ports/clock.ts';
import type { ModelBackend } from '../ports/model-backend.ts';
import { readMoment } from '../protocol/inference/prediction-id.ts';
import { fromHalf } from '../protocol/inference/half.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import { attempt, fitted, otherInputs } from './attempt.ts';
import type { Attempted } from './attempt.ts';
import type { CopiedAnswers } from './copied-answers.ts';
import { CopyTime } from './copy-time.ts';
import type { Charge } from './copy-time.ts';
import type { Answer } from './exchange.ts';
import { MirrorCircuit } from './mirror-circuit.ts';
import type { PairLog } from './pair-log.ts';
import type { LaneCall } from './pipeline.ts';
import type { Recorder, SampledCopy } from './recorder.ts';
import type { ServedMirror } from './served.ts';
import { bytesIn } from './tensor-bytes.ts';

/** What copies are made with. */
export type MirrorParts = {
  readonly backend: ModelBackend;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly pairs: PairLog;
  readonly copied: CopiedAnswers;
  /** See `GatewayLimits`. */
  readonly copyProcessors: number;
};

/** A request the baseline has answered. */
export type Answered = {
  readonly call: LaneCall;
  /** See `predictionMoment`. */
  readonly moment: string;
  readonly unit: number;
  readonly segment: number | null;
  /** Tensors for the baseline. */
  readonly inputs: readonly Tensor[];
  readonly attempted: Attempted;
  readonly answer: Answer;
};

/** No further copies while those under way hold more inputs and answers, of all endpoints. */
const BYTES_MAX = 64 * 1_048_576;
/** Copies are gathered for so long, or until there are so many: together they cost far less. */
const GATHER_MS = 40;
const TOGETHER_MAX = 8;
/** A backend that is asked to end at a deadline is given this long to do so. */
const GRACE_MS = 100;

/** Why a signal was aborted; making an error each time would cost more than the copy. */
const ENDED = 'the copy has ended';

type UnderWay = { readonly own: AbortController; readonly lateMs: number; isLate: boolean };

type Copy = Omit<Answered, 'answer' | 'call'> & {
  readonly mirror: ServedMirror;
  readonly route: Route;
  readonly requestId: string;
  readonly predictionId: string | null;
  readonly wanted: readonly string[] | null;
  /** Null when the request does not fit the mirrored version. */
  readonly fitting: readonly Tensor[] | null;
  readonly bytes: number;
  readonly charge: Charge;
};

/**
 * Copies of requests to arms whose answers nobody gets. A copy is made after the user's answer is
 * on its way, is awaited by nobody, and is dropped rather than let anybody wait for it.
 */
export class Mirrors {
  readonly #parts: MirrorParts;
  /** By rollout, then by arm. */
  readonly #circuits = new Map<string, Map<string, MirrorCircuit>>();
  /** Aborted when nothing is to be copied any more. */
  readonly #stopped = new AbortController();
  /** Copies to be made together, soon. */
  #due: Copy[] = [];
  readonly #underWay = new Set<UnderWay>();
  readonly #time: CopyTime;
  #bytes = 0;

  constructor(parts: MirrorParts) {
    this.#parts = parts;
    this.#time = new CopyTime(parts.copyProcessors, parts.clock.monotonicMs());
  }

  /** The circuit of a mirrored arm, over all tables of its rollout. */
  circuit({ rollout, mirror }: Route, arm: string): MirrorCircuit | null {
    if (rollout === null || mirror === null) return null;
    const circuits = this.#circuits.get(rollout) ?? new Map<string, MirrorCircuit>();
    this.#circuits.set(rollout, circuits);
    const known = circuits.get(arm);
    known?.use(mirror);
    if (known !== undefined) return known;
    const circuit = new MirrorCircuit(mirror, this.#parts.clock.monotonicMs());
    circuits.set(arm, circuit);
    return circuit;
  }

  /** Forgets rollouts that no route is about any more. */
  keepOnly(rollouts: ReadonlySet<string>): void {
    for (const rollout of this.#circuits.keys()) {
      if (!rollouts.has(rollout)) this.#circuits.delete(rollout);
    }
  }

  /** Ends the copies under way; no more are made. */
  close(): void {
    this.#stopped.abort(ENDED);
    this.#due = [];
    for (const { own } of this.#underWay) own.abort(ENDED);
  }

  /** Ends copies that a backend goes on with beyond their deadline. To be called now and then. */
  tick(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    for (const under of this.#underWay) {
      if (nowMs < under.lateMs) continue;
      under.isLate = true;
      under.own.abort(ENDED);
    }
  }

  /** Copies a request, if it is to be copied and nothing speaks against it. Returns at once. */
  offer(answered: Answered): void {
    const { mirrors } = answered.call.served;
    if (mirrors.length === 0 || this.#stopped.signal.aborted) return;
    const { outcome } = answered.attempted;
    // Who has no room for users has none for copies.
    if (lossOf[outcome] === null || outcome === 'overload') return;
    for (const mirror of mirrors) {
      if (isMirrored(mirror.sampling, answered.unit)) this.#offerTo(mirror, answered);
    }
  }

  #offerTo(mirror: ServedMirror, answered: Answered): void {
    const dropped = this.#admit(answered, mirror);
    if (dropped !== null) {
      this.#count(mirror, { dropped, segment: answered.segment });
      return;
    }
    const bytes = bytesIn(answered.inputs) + bytesIn(answered.attempted.outputs);
    this.#bytes += bytes;
    const charge = this.#time.begin(this.#parts.clock.monotonicMs());
    this.#due.push({ ...copyOf(answered, mirror, bytes), charge });
    if (this.#due.length === 1) void this.#begin(GATHER_MS);
    // The answer is written in this turn of the event loop; copies come in a later one.
    if (this.#due.length === TOGETHER_MAX) void this.#begin(0);
  }

  #admit({ call }: Answered, { arm, circuit }: ServedMirror): DropReason | null {
    const { fuse } = call.served;
    const isOut = fuse?.isOut(arm.name) === true;
    if (isOut || arm.deployment.state !== 'ready') return 'not_ready';
    if (this.#bytes > BYTES_MAX) return 'in_flight';
    const nowMs = this.#parts.clock.monotonicMs();
    return this.#time.isSpent(nowMs) ? 'overload' : circuit.admit(nowMs);
  }

  #count({ arm, circuit }: ServedMirror, sampled: SampledCopy): void {
    circuit.count(sampled.dropped);
    if (arm.slot !== null) this.#parts.recorder.copied(arm.slot, sampled);
  }

  async #begin(inMs: number): Promise<void> {
    await this.#parts.clock.sleep(inMs, this.#stopped.signal);
    const due = this.#due;
    this.#due = [];
    for (const copy of due) void this.#copy(copy);
  }

  async #copy(copy: Copy): Promise<void> {
    const { clock } = this.#parts;
    const { mirror, bytes, segment, charge } = copy;
    // A table that came since the user's answer may have let the version go.
    if (mirror.arm.deployment.state !== 'ready') {
      this.#bytes -= bytes;
      this.#time.end(charge, null);
      mirror.circuit.ended(clock.monotonicMs(), 'cancelled');
      this.#count(mirror, { dropped: 'not_ready', segment });
      return;
    }
    const ended = await this.#ask(copy);
    this.#bytes -= bytes;
    // Who found no room was not begun.
    this.#time.end(charge, ended.outcome === 'overload' ? null : ended.latencyMs);
    mirror.circuit.ended(clock.monotonicMs(), ended.outcome, copy.attempted.outcome);
    this.#take(copy, ended);
  }

  async #ask({ mirror, fitting, wanted }: Copy): Promise<Attempted> {
    if (fitting === null) return otherInputs();
    const { deadlineMs } = mirror.spec;
    const lateMs = this.#parts.clock.monotonicMs() + deadlineMs + GRACE_MS;
    const under = { own: new AbortController(), lateMs, isLate: false };
    this.#underWay.add(under);
    const asked = { arm: mirror.arm, inputs: fitting, wanted, deadlineMs, yields: true };
    const ended = await attempt(this.#parts, asked, under.own.signal);
    this.#underWay.delete(under);
    return under.isLate && ended.outcome === 'cancelled' ? { ...ended, outcome: 'timeout' } : ended;
  }

  /** What a copy says: to the evidence, to the counts, and to whoever looks at pairs. */
  #take(copy: Copy, ended: Attempted): void {
    const { mirror, unit, segment, attempted } = copy;
    const { outcome, latencyMs, predicted } = ended;
    const { arm, circuit } = mirror;
    if (outcome === 'cancelled') return;
    const dropped = outcome === 'overload' ? 'overload' : outcome === 'timeout' ? 'deadline' : null;
    this.#count(mirror, { dropped, segment });
    // A copy makes room for users: that it found none says nothing about its version.
    if (outcome === 'overload' || arm.slot === null) return;
    const both = attempted.outcome === 'ok' && outcome === 'ok';
    const compared = both
      ? compareAnswers(
          attempted.outputs.map(outputOf),
          ended.outputs.map(outputOf),
          mirror.spec.comparison,
        )
      : null;
    if (compared !== null) circuit.compared(compared);
    const observed = { unit, segment, outcome, latencyMs, fallback: false, predicted };
    const { recorder } = this.#parts;
    recorder.observe(arm.slot, compared === null ? observed : { ...observed, compared });
    if (mirror.spec.isPaired === true) this.#tell(copy, ended);
    this.#keep(copy, ended, compared);
  }

  /** What both said, to be held against what was true when that is known. */
  #tell({ route, mirror, unit, moment, attempted }: Copy, ended: Attempted): void {
    const user = namedBy(attempted.predicted);
    const copy = namedBy(ended.predicted);
    if (route.rollout === null || user === null || copy === null) return;
    const { at, nonce } = readMoment(moment);
    const { name } = mirror.arm;
    this.#parts.copied.push({ rollout: route.rollout, arm: name, nonce, at, unit, user, copy });
  }

  #keep(copy: Copy, ended: Attempted, compared: Compared | null): void {
    const { route, mirror, unit, requestId, predictionId, attempted } = copy;
    const [baseline] = route.arms;
    this.#parts.pairs.push({
      at: instant(this.#parts.clock.now()),
      endpoint: route.endpoint,
      rollout: route.rollout ?? '',
      requestId,
      predictionId,
      unit,
      user: sideOf(baseline?.name ?? '', baseline?.version.version ?? 0, attempted),
      copy: sideOf(mirror.arm.name, mirror.arm.version.version, ended),
      compared,
    });
  }
}

const sideOf = (arm: string, version: number, { outcome, latencyMs, outputs }: Attempted) => ({
  arm,
  version,
  outcome,
  latencyMs,
  outputs,
});

/** What a copy needs of a request, and no more: the body it came in is let go. */
function copyOf(answered: Answered, mirror: ServedMirror, bytes: number): Omit<Copy, 'charge'> {
  const { call, moment, unit, segment, inputs, attempted, answer } = answered;
  const { served, dialect, requestId } = call;
  const at = answer.headers.indexOf('x-prediction-id');
  return {
    mirror,
    route: served.route,
    moment,
    unit,
    segment,
    inputs,
    attempted,
    requestId,
    predictionId: at < 0 ? null : (answer.headers[at + 1] ?? null),
    wanted: dialect.wanted,
    fitting: fitted(inputs, dialect, mirror.arm),
    bytes,
  };
}

function outputOf({ name, datatype, shape, data }: Tensor): Output {
  if (datatype !== 'FP16' || !(data instanceof Uint16Array)) return { name, datatype, shape, data };
  return { name, datatype, shape, data: Float32Array.from(data, fromHalf) };
}
