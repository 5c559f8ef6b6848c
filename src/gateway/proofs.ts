import type { GoldenProof } from '../core/rollout/fleet.ts';
import type { CatalogVersion } from '../core/routing/table.ts';
import type { Clock } from '../ports/clock.ts';
import type { InferResult, ModelBackend } from '../ports/model-backend.ts';
import { goldenSchema } from '../protocol/admin/golden.ts';
import type { Golden } from '../protocol/admin/golden.ts';
import { compareGolden, goldenInputs } from '../protocol/inference/golden-rows.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import { servedIn } from './served.ts';
import type { ServedRoute } from './served.ts';

/** Golden rows are answered again after this, so that a proof is never old when it is needed. */
export const PROOF_EVERY_MS = 5_000;
/** How long the golden rows may take. */
const DEADLINE_MS = 5_000;
const MESSAGE_CHARS_MAX = 500;
/** What said nothing of the version is asked again after this. */
const RETRY_MS = 1_000;
/** Processes die and stall for reasons of their own; so often in a row it is the version. */
const LOST_MAX = 3;

/** Reads golden rows by their digest. */
export type ReadGolden = (digest: string, signal: AbortSignal) => Promise<Uint8Array>;

/** What proofs are made with. */
export type ProofParts = {
  readonly backend: Pick<ModelBackend, 'infer'>;
  readonly clock: Clock;
  /** Null: nothing can be proved here. */
  readonly read: ReadGolden | null;
  /** Called when something was proved for the first time, or otherwise than before. */
  readonly onNews: () => void;
};

type Rows = { readonly golden: Golden; readonly inputs: readonly Tensor[] };
type Outcome = Pick<GoldenProof, 'values' | 'difference'>;

/** A version that is to be proved, and what is known of it. */
type Case = {
  readonly version: CatalogVersion;
  readonly golden: string;
  /** Its process gets copies of requests and gives way to users, which a proof leaves so. */
  yields: boolean;
  rows: Rows | null;
  known: (Outcome & { readonly atMs: number; readonly tookMs: number }) | null;
  /** Monotonic; Infinity while it is under way. */
  nextMs: number;
  /** Times in a row without an answer. */
  lost: number;
};

/**
 * Has candidates answer their golden rows on this gateway, by the very processes that would answer
 * users, again and again for as long as they have no share: so that nothing is switched to that was
 * not proved here and now (S1). What answers otherwise than expected is reported, and control takes
 * it out.
 */
export class Proofs {
  readonly #parts: ProofParts;
  readonly #cases = new Map<string, Case>();

  constructor(parts: ProofParts) {
    this.#parts = parts;
  }

  /** To be called some times a second, with what is served now. */
  tick(routes: Iterable<ServedRoute>, signal: AbortSignal): void {
    const { read, clock } = this.#parts;
    if (read === null) return;
    const wanted = new Set<string>();
    for (const { version, golden, yields } of unproved(routes)) {
      const name = `${version.digest}/${golden}`;
      wanted.add(name);
      const known = this.#cases.get(name) ?? {
        version,
        golden,
        yields,
        rows: null,
        known: null,
        nextMs: 0,
        lost: 0,
      };
      known.yields = yields;
      this.#cases.set(name, known);
      if (clock.monotonicMs() >= known.nextMs) void this.#prove(known, read, signal);
    }
    for (const name of this.#cases.keys()) {
      if (!wanted.has(name)) this.#cases.delete(name);
    }
  }

  /** What is proved, and what has been shown not to be. */
  reports(): readonly GoldenProof[] {
    const nowMs = this.#parts.clock.monotonicMs();
    return [...this.#cases.values()].flatMap(({ version: { digest }, golden, known }) => {
      if (known === null) return [];
      const { atMs, tookMs, values, difference } = known;
      return { digest, golden, agoMs: Math.max(0, nowMs - atMs), tookMs, values, difference };
    });
  }

  async #prove(one: Case, read: ReadGolden, signal: AbortSignal): Promise<void> {
    const { clock, onNews } = this.#parts;
    one.nextMs = Infinity;
    const outcome = await this.#outcomeOf(one, read, signal);
    const atMs = clock.monotonicMs();
    one.nextMs = atMs + (outcome === null ? RETRY_MS : PROOF_EVERY_MS);
    if (outcome === null) return;
    const isNews = one.known === null || one.known.difference !== outcome.difference;
    one.known = { ...outcome, atMs };
    if (isNews) onNews();
  }

  /** Null: it says nothing of the version, later again. */
  async #outcomeOf(
    one: Case,
    read: ReadGolden,
    signal: AbortSignal,
  ): Promise<(Outcome & { readonly tookMs: number }) | null> {
    const { backend, clock } = this.#parts;
    try {
      const { version } = one;
      const bytes = one.rows === null ? await read(one.golden, signal).catch(() => null) : null;
      if (bytes !== null) one.rows = rowsOf(bytes, version);
      const { rows } = one;
      // What cannot be read says nothing of the version: control may be away.
      if (rows === null) return null;
      const startedMs = clock.monotonicMs();
      const asked = { digest: version.digest, inputs: rows.inputs, outputs: null };
      const call = { ...asked, deadlineMs: DEADLINE_MS, yields: one.yields };
      const result = await backend.infer(call, signal);
      one.lost = LOST.has(result.type) ? one.lost + 1 : 0;
      if (one.lost > 0 && one.lost < LOST_MAX) return null;
      const outcome = outcomeOf(result, rows.golden);
      return outcome === null ? null : { ...outcome, tookMs: clock.monotonicMs() - startedMs };
    } catch (error) {
      if (signal.aborted) return null;
      const why = error instanceof Error ? error.message : String(error);
      return { ...failure(`its golden rows cannot be asked: ${why}`), tookMs: 0 };
    }
  }
}

/** Nothing to compare, whatever the reason. */
const LOST: ReadonlySet<InferResult['type']> = new Set(['timeout', 'crash', 'model_error']);

/** Candidates without any user that have golden rows and can answer. */
function* unproved(routes: Iterable<ServedRoute>) {
  for (const { route, arms, mirrors } of [...routes].flatMap(servedIn)) {
    if (route.rollout === null) continue;
    for (const [index, arm] of arms.entries()) {
      const { isCandidate, version, deployment } = arm;
      const { golden } = version;
      const hasShare = (route.split[index]?.bps ?? 0) > 0;
      if (!isCandidate || hasShare || golden === undefined) continue;
      const yields = mirrors.some((mirror) => mirror.arm === arm);
      if (deployment.state === 'ready') yield { version, golden, yields };
    }
  }
}

function rowsOf(bytes: Uint8Array, { signature }: CatalogVersion): Rows {
  const golden = goldenSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  return { golden, inputs: goldenInputs(golden, signature) };
}

function outcomeOf(result: InferResult, golden: Golden): Outcome | null {
  switch (result.type) {
    case 'ok':
      return compareGolden(golden, result.outputs);
    case 'model_error':
      return failure(`the golden rows are answered with an error: ${result.message}`);
    case 'timeout':
      return failure(`the golden rows are not answered within ${DEADLINE_MS / 1_000} s`);
    case 'crash':
      return failure(`its process died on the golden rows: ${result.message}`);
    case 'overload':
    case 'cancelled':
      return null;
  }
}

const failure = (sentence: string): Outcome => ({
  values: 0,
  difference: sentence.slice(0, MESSAGE_CHARS_MAX),
});
