import { assertNever } from '../core/lib/invariant.ts';
import { assign } from '../core/routing/assign.ts';
import { laneOf } from '../core/routing/lanes.ts';
import { lossOf } from '../core/telemetry/observation.ts';
import type { Outcome } from '../core/telemetry/observation.ts';
import type { Clock } from '../ports/clock.ts';
import type { ModelBackend } from '../ports/model-backend.ts';
import { Fault } from '../protocol/errors.ts';
import { makePredictionId, predictionMoment } from '../protocol/inference/prediction-id.ts';
import type { Mac } from '../protocol/inference/prediction-id.ts';
import { predictedText } from '../protocol/inference/predicted-text.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import { attempt, fitted, otherInputs } from './attempt.ts';
import type { Attempted } from './attempt.ts';
import type { Dialect } from './dialect.ts';
import { faultAnswer } from './exchange.ts';
import type { Answer, Headers } from './exchange.ts';
import type { Exposures } from './exposures.ts';
import type { FuseOutcome } from './fuse.ts';
import type { ImportanceProbe } from './importance-probe.ts';
import { countAttempt } from './metrics.ts';
import type { Mirrors } from './mirrors.ts';
import type { PredictionLog } from './prediction-log.ts';
import type { Recorder } from './recorder.ts';
import { marksOf } from './served.ts';
import type { ServedArm, ServedLaneRoute, ServedRoute } from './served.ts';
import { unitKey } from './unit-key.ts';

/** What the way of a request needs. */
export type PipelineParts = {
  readonly backend: ModelBackend;
  readonly clock: Clock;
  readonly mac: Mac;
  readonly recorder: Recorder;
  readonly mirrors: Mirrors;
  readonly exposures: Exposures;
  readonly predictions: PredictionLog;
  readonly probe: ImportanceProbe;
  /** Made once per process: what makes its prediction ids its own. */
  readonly nonce: string;
  readonly inFlightMax: number;
};

/** A prediction to be made. */
export type PredictCall = {
  readonly served: ServedRoute;
  /** A version that was asked for by number: no assignment, no evidence. */
  readonly pinned: ServedArm | null;
  readonly dialect: Dialect;
  readonly headers: Headers;
  readonly requestId: string;
  readonly signal: AbortSignal;
};

/** A call whose unit is known to have this route. */
export type LaneCall = Omit<PredictCall, 'served'> & { readonly served: ServedLaneRoute };

/** Time a fallback gets at least, whatever the candidate has used up. */
const FALLBACK_MS_MIN = 250;

/** The way of a request from its tensors to its answer. */
export class Pipeline {
  readonly #parts: PipelineParts;
  #inFlight = 0;
  #made = 0;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
  }

  /** Predictions under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Refuses when too many predictions are under way: before a body is read, that is cheap. */
  requireRoom(): void {
    if (this.#inFlight < this.#parts.inFlightMax) return;
    throw new Fault('OVERLOADED', `${this.#inFlight} predictions are under way`);
  }

  /** Answers a prediction. Rejects with a `Fault` when no version could be asked for one. */
  async predict(call: PredictCall): Promise<Answer> {
    this.requireRoom();
    this.#inFlight += 1;
    try {
      return await this.#predict(call);
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #predict(asked: PredictCall): Promise<Answer> {
    const { pinned, dialect } = asked;
    const { clock } = this.#parts;
    this.#made += 1;
    const moment = predictionMoment(clock.now(), this.#parts.nonce + this.#made.toString(36));
    const key = unitKey(asked.served.route.unitKey, asked, moment);
    if (pinned !== null) return this.#pinned(asked, pinned, { key, moment });
    const call = inLane(asked, key);
    const { served } = call;
    // What does not fit the baseline is the caller's mistake, whichever arm he would get.
    const inputs = this.#bind(served.baseline, dialect);
    const chosen = this.#choose(call, key);
    const { arm, assigned, unit, segment } = chosen;
    const first = await this.#first(call, { ...chosen, inputs });
    const isFinal =
      !arm.isCandidate ||
      first.outcome === 'ok' ||
      first.outcome === 'cancelled' ||
      served.route.fallback === 'none';
    if (isFinal) {
      const answer = this.#answer(call, { ...chosen, moment, attempted: first, inputs });
      if (arm === served.baseline && assigned === arm) {
        const answered = { call, moment, unit, segment, inputs, attempted: first, answer };
        this.#parts.mirrors.offer(answered);
      }
      return answer;
    }
    arm.meter.fallbacks += 1;
    this.#keep(call, { ...chosen, moment, attempted: first, inputs }, 'replaced');
    const second = await this.#fallback(call, { unit, inputs, spentMs: first.latencyMs });
    const standIn = { ...chosen, arm: served.baseline };
    const answer = this.#answer(call, { ...standIn, moment, attempted: second, inputs });
    return { ...answer, headers: [...answer.headers, 'x-understudy-fallback', arm.name] };
  }

  #bind(arm: ServedArm, dialect: Dialect): readonly Tensor[] {
    try {
      return dialect.bind(arm.version.signature);
    } catch (error) {
      arm.meter.outcomes.client_error += 1;
      throw error;
    }
  }

  /**
   * The arm of this request: assigned, unless its fuse is out or its version not ready here. Who is
   * outside the audience is not assigned at all.
   */
  #choose({ served, dialect, headers }: LaneCall, key: string): Chosen {
    const { compiled, baseline, arms, audience, segmentOf, fuse } = served;
    const person = { headers, json: dialect.json };
    const segment = segmentOf === null ? null : segmentOf(person);
    const { armIndex, unit } = assign(compiled, key, segment);
    const who = { key, unit, segment };
    if (audience?.isInside(person) === false) {
      return { arm: audience.outside, assigned: audience.outside, ...who };
    }
    const assigned = arms[armIndex] ?? baseline;
    const isOut = assigned.isCandidate && fuse?.isOut(assigned.name) === true;
    if (isOut || (assigned.isCandidate && assigned.deployment.state !== 'ready')) {
      return { arm: baseline, assigned, ...who };
    }
    return { arm: assigned, assigned, ...who };
  }

  /** The first attempt: the one that counts. */
  async #first(call: LaneCall, chosen: Chosen & Inputs): Promise<Attempted> {
    const { served } = call;
    const { arm, assigned, unit, segment } = chosen;
    const attempted = arm.isCandidate
      ? await this.#candidate(call, chosen)
      : await this.#attempt(call, chosen, call.signal);
    const { outcome, latencyMs, predicted } = attempted;
    const canFallBack = arm.isCandidate && served.route.fallback === 'baseline';
    const fallback = canFallBack && outcome !== 'ok' && outcome !== 'cancelled';
    countAttempt(arm.meter, outcome, latencyMs);
    if (arm.slot !== null) {
      const features = served.features?.(chosen.inputs) ?? null;
      const observed = { unit, segment, outcome, latencyMs, fallback, predicted, features };
      this.#parts.recorder.observe(arm.slot, observed);
      const isOfRollout = arm.slot.key.rollout !== null && outcome === 'ok';
      if (isOfRollout) this.#parts.probe.offer(served, unit, chosen.inputs);
    }
    const { exposure } = marksOf(assigned, segment);
    if (exposure !== null && lossOf[outcome] !== null) {
      this.#parts.exposures.see(exposure, unit);
    }
    // From outside the audience one learns that the baseline answers, and no rate to compare with.
    const isOwn = arm === served.baseline;
    if (!arm.isCandidate) this.#tellFuse(served, { attempted, unit, isOwn });
    return attempted;
  }

  #tellFuse(
    { fuse }: ServedLaneRoute,
    told: { readonly attempted: Attempted; readonly unit: number; readonly isOwn: boolean },
  ): void {
    if (fuse === null) return;
    const { attempted, unit, isOwn } = told;
    const { outcome, latencyMs } = attempted;
    const nowMs = this.#parts.clock.monotonicMs();
    fuse.baseline({ outcome: fuseOutcome(outcome), unit, isOwn, latencyMs, nowMs });
  }

  /** An attempt that the fuse watches, and ends when it trips. */
  async #candidate(call: LaneCall, chosen: Chosen & Inputs): Promise<Attempted> {
    const { fuse } = call.served;
    const { clock } = this.#parts;
    const own = new AbortController();
    let isCut = false;
    const leave = (): void => own.abort();
    call.signal.addEventListener('abort', leave, { once: true });
    const watched = fuse?.begin(chosen.arm.name, {
      startedMs: clock.monotonicMs(),
      beside: call.served.beside,
      cut: () => {
        isCut = true;
        own.abort();
      },
    });
    const attempted = await this.#attempt(call, chosen, own.signal);
    call.signal.removeEventListener('abort', leave);
    const ended: Attempted =
      isCut && attempted.outcome === 'cancelled'
        ? { ...attempted, outcome: 'timeout', fault: new Fault('DEADLINE_EXCEEDED', 'cut off') }
        : attempted;
    if (watched !== undefined) {
      const outcome = isCut ? 'none' : fuseOutcome(ended.outcome);
      fuse?.end(watched, { outcome, unit: chosen.unit, nowMs: clock.monotonicMs() });
    }
    return ended;
  }

  async #attempt(
    call: LaneCall,
    { arm, inputs }: Pick<Chosen & Inputs, 'arm' | 'inputs'>,
    signal: AbortSignal,
  ): Promise<Attempted> {
    const { dialect, served } = call;
    if (arm.deployment.state !== 'ready') throw notReady(arm);
    const fitting = fitted(inputs, dialect, arm);
    if (fitting === null) return otherInputs();
    const { deadlineMs } = served.route;
    const asked = { arm, inputs: fitting, wanted: dialect.wanted, deadlineMs, yields: false };
    return attempt(this.#parts, asked, signal);
  }

  /** The baseline answers what the candidate failed. Counts for neither arm. */
  async #fallback(
    call: LaneCall,
    failed: Inputs & { readonly unit: number; readonly spentMs: number },
  ): Promise<Attempted> {
    const { served } = call;
    const { route, baseline } = served;
    const deadlineMs = Math.max(route.deadlineMs - failed.spentMs, FALLBACK_MS_MIN);
    const late = { ...call, served: { ...served, route: { ...route, deadlineMs } } };
    const attempted = await this.#attempt(
      late,
      { arm: baseline, inputs: failed.inputs },
      call.signal,
    );
    this.#tellFuse(served, { attempted, unit: failed.unit, isOwn: false });
    return attempted;
  }

  async #pinned(
    call: PredictCall,
    arm: ServedArm,
    named: Pick<Ready, 'key' | 'moment'>,
  ): Promise<Answer> {
    const inputs = this.#bind(arm, call.dialect);
    const attempted = await this.#attempt(call, { arm, inputs }, call.signal);
    countAttempt(arm.meter, attempted.outcome, attempted.latencyMs);
    const nobody = { unit: null, segment: null };
    return this.#answer(call, { arm, assigned: arm, ...nobody, ...named, attempted, inputs });
  }

  /** Puts an attempt down for whoever looks predictions up; `given`: what the user got of it. */
  #keep(
    { served, pinned }: LaneCall,
    { arm, assigned, key, moment, attempted, inputs }: Ready,
    given: { readonly predictionId: string } | 'replaced' | null,
  ): void {
    const { route, log, baseline } = served;
    if (log === null) return;
    this.#parts.predictions.take(log, {
      route,
      arm,
      assigned,
      unit: key,
      isNamed: key !== moment,
      inputs,
      inputsFor: pinned ?? baseline,
      attempted,
      predictionId: given === null || given === 'replaced' ? null : given.predictionId,
      isReplaced: given === 'replaced',
    });
  }

  /** The prediction, or the fault under the name of the version that had it. */
  #answer(call: LaneCall, made: Ready): Answer {
    const { served, dialect, requestId } = call;
    const { arm, assigned, unit, segment, moment, attempted } = made;
    if (attempted.outcome !== 'ok') {
      this.#keep(call, made, null);
      const none = new Fault('REQUEST_CANCELLED', 'the caller went away');
      const answer = faultAnswer(attempted.fault ?? none, requestId);
      return { ...answer, headers: [...answer.headers, ...arm.headers] };
    }
    const { idPrefix, standInPrefix } = marksOf(assigned, segment);
    const prefix = assigned === arm ? idPrefix : standInPrefix;
    const { label, score } = attempted.predicted;
    const said = { moment, unit, predicted: predictedText(label, score) };
    const predictionId = makePredictionId(prefix, said, this.#parts.mac);
    this.#keep(call, made, { predictionId });
    const { endpoint } = served.route;
    const { headers, body } = dialect.write({
      endpoint,
      arm,
      predictionId,
      outputs: attempted.outputs,
    });
    const timing = `infer;dur=${attempted.latencyMs.toFixed(2)}`;
    const own = ['x-prediction-id', predictionId, 'server-timing', timing];
    return { status: 200, headers: [...headers, ...arm.headers, ...own], body };
  }
}

/** The call with the route that its unit has: that of a lane, or that of the endpoint. */
function inLane(call: PredictCall, key: string): LaneCall {
  const { lanes } = call.served;
  if (lanes.length === 0) return call;
  const lane = laneOf(lanes, key);
  return lane === null ? call : { ...call, served: lane.served };
}

type Ready = Omit<Chosen, 'unit'> &
  Inputs & {
    readonly unit: number | null;
    readonly moment: string;
    readonly attempted: Attempted;
  };
type Chosen = {
  /** The arm that answers. */
  readonly arm: ServedArm;
  /** The arm the unit was assigned to: the baseline may stand in for it. */
  readonly assigned: ServedArm;
  /** The unit as the request names it. */
  readonly key: string;
  readonly unit: number;
  /** Index of the segment it is in; null where requests are not told apart. */
  readonly segment: number | null;
};
type Inputs = { readonly inputs: readonly Tensor[] };

function notReady({ version, deployment }: ServedArm): Fault {
  const what = `${version.model}@${version.version} is ${deployment.state}`;
  return new Fault('NOT_READY', what);
}

function fuseOutcome(outcome: Outcome): FuseOutcome {
  switch (lossOf[outcome]) {
    case 'none':
      return 'good';
    case 'null':
    case 'error':
      return 'loss';
    case null:
      return 'none';
    default:
      return assertNever(lossOf[outcome], 'fuseOutcome');
  }
}
