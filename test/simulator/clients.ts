import { compileSlice, inSlice } from '../../src/core/routing/slice.ts';
import type { Answer } from '../../src/gateway/exchange.ts';
import type { EndpointStatus } from '../../src/gateway/status.ts';
import type { Models } from './behaviour.ts';
import type { Chance } from './chance.ts';
import type { Coverage } from './coverage.ts';
import { refTo } from './catalog.ts';
import type { Ledger } from './ledger.ts';
import type { GatewayProcess } from './sim-gateway.ts';
import type { Timeline } from './timeline.ts';
import { must, Violation, type Trace } from './trace.ts';

/** What the clients of a world know. */
export type ClientParts = {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly coverage: Coverage;
  readonly models: Models;
  readonly trace: Trace;
  readonly ledger: Ledger;
  /** Gateways that take connections now. */
  readonly gateways: () => readonly GatewayProcess[];
  readonly fail: (violation: Violation) => void;
};

/** Traffic of one endpoint. */
export type Traffic = {
  readonly endpoint: string;
  readonly unitsMax: number;
  /** Mean time between requests; the world may change it. */
  meanMs: number;
};

/** How a request was sent, for the judgement of its answer. */
type Sent = {
  readonly number: number;
  readonly unit: string;
  readonly gateway: GatewayProcess;
  readonly seen: EndpointStatus;
  readonly leaving: AbortController | null;
};

/** At which shares a unit was on which side. */
type Side = { candidateFromBps: number; baselineUpToBps: number };

/** What a caller who says nothing special sees of an answer. */
const NEVER = new AbortController().signal;
/** Part of the callers who do not wait for their answer. */
const IMPATIENT = 0.01;
/** Part of the callers who say what came of it, and how long that takes. */
const TELLING = 0.5;
const TOLD_AFTER_MS = 2_000;
/** Stored, held until control is back, or to be sent again. */
const TAKEN: ReadonlySet<number> = new Set([200, 202, 503]);

/** People's programs that ask for predictions, and notice when they are treated badly. */
export class Clients {
  readonly #parts: ClientParts;
  readonly #sides = new Map<string, Map<string, Side>>();
  #number = 0;
  answered = 0;
  failed = 0;
  /** Requests sent to each endpoint. */
  readonly sent = new Map<string, number>();

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  /** Sends requests for as long as the world lasts. */
  begin(traffic: Traffic): void {
    const { timeline, chance } = this.#parts;
    const again = (): void => {
      timeline.in(chance.waitMs(traffic.meanMs), () => {
        this.#send(traffic);
        again();
      });
    };
    again();
  }

  #send({ endpoint, unitsMax }: Traffic): void {
    const { chance, fail } = this.#parts;
    const [first, ...others] = this.#parts.gateways();
    // Nobody takes connections: they wait in the backlog, and none of them fails.
    if (first === undefined) return;
    const gateway = chance.pick([first, ...others]);
    const unit = `u${chance.whole(1, unitsMax)}`;
    const seen = this.#seenBy(unit, { gateway, endpoint });
    if (seen === undefined) return;
    this.#number += 1;
    this.sent.set(endpoint, (this.sent.get(endpoint) ?? 0) + 1);
    const number = this.#number;
    const leaving = chance.happens(IMPATIENT) ? new AbortController() : null;
    const sent: Sent = { number, unit, gateway, seen, leaving };
    this.#leaveLater(leaving);
    gateway.waiting.add(number);
    gateway.gateway
      .handle({
        method: 'POST',
        target: `/v1/endpoints/${endpoint}/predict`,
        headers: new Map([['x-unit-id', unit]]),
        body: Buffer.from(`{"features":[${number}]}`),
        signal: leaving?.signal ?? NEVER,
      })
      .then((answer) => this.#receive(sent, answer))
      .catch((error: unknown) => fail(violationOf(error)));
  }

  /** What the unit is to meet at a gateway: the route of the slice it is in, or everybody's. */
  #seenBy(
    unit: string,
    { gateway, endpoint }: { readonly gateway: GatewayProcess; readonly endpoint: string },
  ): EndpointStatus | undefined {
    const { ledger, coverage } = this.#parts;
    const here = gateway.gateway.status().endpoints.filter((one) => one.endpoint === endpoint);
    const own = here.filter(({ rollout }) => {
      const { slice, layerSalt } = ledger.rollouts.get(rollout ?? '') ?? {};
      if (slice === undefined || layerSalt === undefined) return false;
      return inSlice(unit, compileSlice({ salt: layerSalt, ...slice }));
    });
    must(own.length <= 1, `${unit} of ${endpoint} is in ${own.length} slices`);
    coverage.sometimes('a unit was in none of the slices', here.length > 1 && own.length === 0);
    return own[0] ?? here[0];
  }

  #leaveLater(leaving: AbortController | null): void {
    const { timeline, chance } = this.#parts;
    if (leaving !== null) timeline.in(chance.waitMs(5), () => leaving.abort());
  }

  #receive(sent: Sent, answer: Answer): void {
    const { models, trace, coverage } = this.#parts;
    const { number, gateway, seen, unit, leaving } = sent;
    if (gateway.isDead) return;
    gateway.waiting.delete(number);
    const headers = headersOf(answer);
    const arm = headers.get('x-understudy-arm') ?? '';
    const fellFrom = headers.get('x-understudy-fallback') ?? '';
    trace.note(`${number} ${answer.status} ${arm} ${fellFrom}`);
    coverage.sometimes('a request was answered by the fallback', fellFrom !== '');
    if (leaving?.signal.aborted === true) {
      coverage.sometimes('a request was given up by its caller');
    } else if (answer.status === 200) {
      this.answered += 1;
      mustBeRight(sent, answer);
      this.#tellLater(arm, headers.get('x-prediction-id') ?? '');
    } else {
      this.failed += 1;
      this.#judgeFailure(sent, answer);
    }
    models.attempts.delete(number);
    const version = Number(headers.get('x-model-version') ?? '0');
    const isOwn = seen.arms.some((one) => one.version === version);
    must(isOwn || version === 0, `${unit} of ${seen.endpoint} got version ${version}`);
    const assigned = fellFrom === '' ? arm : fellFrom;
    if (assigned !== '') this.#judgeSide({ seen, unit, assigned });
  }

  /** Some say later what came of their answer, to whichever gateway listens then. */
  #tellLater(arm: string, predictionId: string): void {
    const { timeline, chance, fail } = this.#parts;
    if (!chance.happens(TELLING)) return;
    const reward = chance.happens(arm === 'baseline' ? 0.3 : 0.9) ? 1 : 0;
    timeline.in(chance.waitMs(TOLD_AFTER_MS), () => {
      const [first, ...others] = this.#parts.gateways();
      if (first === undefined) return;
      const { gateway, isDead } = chance.pick([first, ...others]);
      if (isDead) return;
      gateway
        .handle({
          method: 'POST',
          target: '/v1/feedback',
          headers: new Map([['content-type', 'application/json']]),
          body: Buffer.from(JSON.stringify({ prediction_id: predictionId, reward })),
          signal: NEVER,
        })
        .then(({ status, body }) => {
          must(TAKEN.has(status), `feedback was answered ${status}: ${String(body)}`);
        })
        .catch((error: unknown) => fail(violationOf(error)));
    });
  }

  /** A request fails only when what answered for it failed, and what could stand in for it too. */
  #judgeFailure({ number, seen, gateway }: Sent, { status, body }: Answer): void {
    const { models, coverage, ledger } = this.#parts;
    const tried = models.attempts.get(number) ?? [];
    const said = `${status} ${String(body)}`;
    const who = `request ${number} at ${gateway.name}/${seen.endpoint} (${said})`;
    must(tried.length > 0, `${who} failed, and no version was asked`);
    const spec = ledger.rollouts.get(seen.rollout ?? '')?.spec;
    const isAlone = spec === undefined || spec.fallback === 'none';
    const isCut = isAlone && said.includes('cut off');
    must(isCut || tried.every(({ isFailed }) => isFailed), `${who} failed, but a version answered`);
    const [baseline] = seen.arms;
    const standIn = baseline === undefined ? '' : refTo(baseline.model, baseline.version).digest;
    const wasTried = tried.some(({ digest }) => digest === standIn);
    must(isAlone || wasTried, `${who} failed, and the baseline was not asked`);
    coverage.sometimes('a request failed by a crash', said.includes('PREDICTION_CRASHED'));
    coverage.sometimes('a request failed because both arms failed', tried.length === 2);
  }

  /** While a candidate's share rises no unit goes back, on whichever gateway it asks. */
  #judgeSide(asked: {
    readonly seen: EndpointStatus;
    readonly unit: string;
    readonly assigned: string;
  }): void {
    const { seen, unit, assigned } = asked;
    const { rollout, arms, endpoint } = seen;
    const [, candidate] = arms;
    if (rollout === null || candidate === undefined) return;
    if (candidate.effectiveBps !== candidate.bps) return;
    // A bandit with several moves units among them, whichever of their shares rise.
    const { spec, others = [] } = this.#parts.ledger.rollouts.get(rollout) ?? {};
    if (spec?.strategy.kind === 'bandit' && others.length > 0) return;
    // Where one of several candidates has been dropped, the next is another arm.
    const key = `${rollout}/${candidate.arm}`;
    const units = this.#sides.get(key) ?? new Map<string, Side>();
    this.#sides.set(key, units);
    const side = units.get(unit) ?? { candidateFromBps: Infinity, baselineUpToBps: -1 };
    units.set(unit, side);
    if (assigned === candidate.arm) {
      side.candidateFromBps = Math.min(side.candidateFromBps, candidate.bps);
    } else side.baselineUpToBps = Math.max(side.baselineUpToBps, candidate.bps);
    must(
      side.baselineUpToBps < side.candidateFromBps,
      `${unit} of ${endpoint} was with the candidate at ${side.candidateFromBps} and with the ` +
        `baseline at ${side.baselineUpToBps}`,
    );
  }
}

function mustBeRight({ number, gateway }: Sent, { body }: Answer): void {
  const { prediction } = JSON.parse(String(body)) as { readonly prediction: unknown };
  const isRight = JSON.stringify(prediction) === String(number + 1);
  must(
    isRight,
    `request ${number} at ${gateway.name} got the answer ${JSON.stringify(prediction)}`,
  );
}

function headersOf({ headers }: Answer): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (let at = 0; at + 1 < headers.length; at += 2)
    map.set(headers[at] ?? '', headers[at + 1] ?? '');
  return map;
}

const violationOf = (error: unknown): Violation =>
  error instanceof Violation ? error : new Violation(`a client met a bug: ${String(error)}`);
