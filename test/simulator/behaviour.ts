import type { FunctionModel } from '../../src/adapters/backend/function.ts';
import { assertNever } from '../../src/core/lib/invariant.ts';
import type { CatalogVersion } from '../../src/core/routing/table.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { InferCall, InferResult } from '../../src/ports/model-backend.ts';
import type { Tensor } from '../../src/protocol/inference/tensor.ts';
import type { Chance } from './chance.ts';
import type { Coverage } from './coverage.ts';
import type { Timeline } from './timeline.ts';

/** What is wrong with a version, and how often it shows. */
export type Ailment =
  | { readonly type: 'none' }
  | { readonly type: 'errors' | 'nans' | 'hangs' | 'crashes'; readonly chance: number }
  | { readonly type: 'slow'; readonly factor: number }
  | { readonly type: 'unloadable' };

/** A version as a world makes it: well, ill from the start, or ill from some moment on. */
export type Behaviour = {
  readonly medianMs: number;
  readonly ailment: Ailment;
  /** When it begins to show. */
  readonly fromMs: number;
};

/** Draws a behaviour; about half of all new versions are well. */
export function drawBehaviour(chance: Chance): Behaviour {
  const medianMs = chance.between(2, 12);
  const isLater = chance.happens(0.25);
  const fromMs = isLater ? chance.between(0, 120_000) : 0;
  const ailment: Ailment = chance.happens(0.5) ? { type: 'none' } : drawAilment(chance);
  // What could be loaded once stays loadable: it is the same bytes.
  return { medianMs, ailment, fromMs: ailment.type === 'unloadable' ? 0 : fromMs };
}

function drawAilment(chance: Chance): Ailment {
  const type = chance.pick(['errors', 'nans', 'hangs', 'crashes', 'slow', 'unloadable']);
  if (type === 'unloadable') return { type };
  if (type === 'slow') return { type, factor: chance.between(2, 40) };
  return { type, chance: chance.pick([0.03, 0.1, 0.4, 1]) };
}

/** A version that stays well. */
export const well = (medianMs: number): Behaviour => ({
  medianMs,
  ailment: { type: 'none' },
  fromMs: 0,
});

/** What was tried for a request. */
export type Attempt = { readonly digest: string; readonly isFailed: boolean };

type ModelsParts = {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly coverage: Coverage;
};

/** The models of a world: how each version behaves, and what happens to several at once. */
export class Models {
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #coverage: Coverage;
  /** Versions whose last load failed by chance. */
  readonly #failed = new Set<string>();
  readonly #behaviours: ReadonlyMap<string, Behaviour>;
  /** Attempts by request number, for whoever asks why a request failed. */
  readonly attempts = new Map<number, Attempt[]>();
  /** Models of which every version fails this often for the time being. */
  readonly incidents = new Map<string, number>();
  /** Chance that loading a version fails this time, whatever version it is. */
  flakiness = 0;
  /** Versions that cannot be loaded for the time being. */
  readonly broken = new Set<string>();

  constructor(
    { timeline, chance, coverage }: ModelsParts,
    behaviours: ReadonlyMap<string, Behaviour>,
  ) {
    this.#timeline = timeline;
    this.#chance = chance;
    this.#coverage = coverage;
    this.#behaviours = behaviours;
  }

  /** How a version behaves now. */
  ailmentOf(digest: string): Ailment {
    const behaviour = this.#behaviours.get(digest);
    if (behaviour === undefined || this.#timeline.nowMs < behaviour.fromMs) return { type: 'none' };
    return behaviour.ailment;
  }

  /** The function behind a version on one gateway. `isDown`: its runner is being restarted. */
  functionOf(
    version: CatalogVersion,
    { clock, isDown }: { readonly clock: Clock; readonly isDown: (digest: string) => boolean },
  ): FunctionModel {
    const { digest } = version;
    const loadMs = this.#chance.between(20, 400);
    const refusal = this.#refusal(digest);
    return {
      loadMs,
      ...(refusal === null ? {} : { refusal }),
      predict: async (call, signal) => {
        const number = numberOf(call);
        const fault = isDown(digest) ? CRASHED : this.#draw(version, number);
        const waitMs = this.#latencyMs(digest);
        const isFailed = fault !== null || waitMs > STAND_IN_MS;
        this.#remember(number, { digest, isFailed });
        await clock.sleep(waitMs, signal);
        if (fault === 'hang') return new Promise(() => undefined);
        return fault ?? [answerTo(number)];
      },
    };
  }

  #latencyMs(digest: string): number {
    const { medianMs } = this.#behaviours.get(digest) ?? { medianMs: 5 };
    const ailment = this.ailmentOf(digest);
    const factor = ailment.type === 'slow' ? ailment.factor : 1;
    return medianMs * factor * this.#chance.between(0.6, 1.8);
  }

  #refusal(digest: string): string | null {
    const isUnloadable = this.ailmentOf(digest).type === 'unloadable';
    if (isUnloadable || this.broken.has(digest)) return 'it cannot be loaded';
    if (this.#chance.happens(this.flakiness)) {
      this.#failed.add(digest);
      return 'it could not be loaded this time';
    }
    const isSecondTry = this.#failed.delete(digest);
    this.#coverage.sometimes('a version came up at the second try', isSecondTry);
    return null;
  }

  #draw(version: CatalogVersion, number: number): InferResult | 'hang' | null {
    const common = this.incidents.get(version.model) ?? 0;
    if (this.#chance.happens(common + USUAL_ERRORS)) {
      return { type: 'model_error', message: 'something both arms need is away' };
    }
    const ailment = this.ailmentOf(version.digest);
    if (!('chance' in ailment) || !this.#chance.happens(ailment.chance)) return null;
    switch (ailment.type) {
      case 'errors':
        return { type: 'model_error', message: `it does not like ${number}` };
      case 'nans':
        return NAN;
      case 'hangs':
        return 'hang';
      case 'crashes':
        return CRASHED;
      default:
        return assertNever(ailment, 'ailment');
    }
  }

  #remember(number: number, attempt: Attempt): void {
    const known = this.attempts.get(number);
    if (known === undefined) this.attempts.set(number, [attempt]);
    else known.push(attempt);
  }
}

/** Whoever takes longer may be too late to stand in for a candidate that hung. */
const STAND_IN_MS = 240;

/** One request in five hundred fails whatever version answers it. */
const USUAL_ERRORS = 0.002;

const CRASHED: InferResult = { type: 'crash', message: 'its process died' };

const NAN: InferResult = {
  type: 'ok',
  outputs: [{ name: 'y', datatype: 'FP32', shape: [1], data: new Float32Array([Number.NaN]) }],
};

const numberOf = ({ inputs }: InferCall): number => Number(inputs[0]?.data[0] ?? -1);

const answerTo = (number: number): Tensor => ({
  name: 'y',
  datatype: 'FP32',
  shape: [1],
  data: new Float32Array([number + 1]),
});
