import { createHash } from 'node:crypto';
import type { Tensor } from '../../../protocol/inference/tensor.ts';
import { isText } from '../../../protocol/runner/tensor-block.ts';

/** Inputs kept in mind at most; the oldest are forgotten first. */
export const QUARANTINE_MAX = 1_024;
/** How long inputs are kept in mind: a version that is mended is another version. */
export const QUARANTINE_MS = 15 * 60_000;

/** What is known of some inputs. */
export type Suspicion = 'none' | 'suspect' | 'quarantined';

/** A death of a runner, and what was in work. */
export type Death = {
  readonly hashes: readonly string[];
  /** It was ended because it gave no answer: only what it worked at can be the cause. */
  readonly wasStuck: boolean;
  readonly nowMs: number;
};

/**
 * Remembers inputs that were in work when a runner died. They become suspects, and each is run
 * alone when it comes again; whoever is then in work when the runner dies is refused from then on.
 * Once is enough where a single one got it stuck: a runner that is killed may be killed from
 * outside, by an operator or for want of memory, and what it worked at by chance is innocent.
 */
export class Quarantine {
  readonly #known = new Map<string, { readonly isProved: boolean; readonly until: number }>();

  /** Inputs that are refused. */
  get quarantined(): number {
    let count = 0;
    for (const { isProved } of this.#known.values()) if (isProved) count += 1;
    return count;
  }

  /** Whether anything is known at all: if not, nothing needs hashing. */
  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  /** Notes the inputs that were in work at a death. */
  blame({ hashes, wasStuck, nowMs }: Death): void {
    for (const hash of hashes) {
      const known = this.#known.get(hash);
      const isAlone = hashes.length === 1 && (wasStuck || known !== undefined);
      const isProved = isAlone || known?.isProved === true;
      this.#known.delete(hash);
      this.#known.set(hash, { isProved, until: nowMs + QUARANTINE_MS });
    }
    for (const hash of this.#known.keys()) {
      if (this.#known.size <= QUARANTINE_MAX) break;
      this.#known.delete(hash);
    }
  }

  /** Forgets a suspicion: the inputs were run alone and all was well. */
  clear(hash: string): void {
    if (this.#known.get(hash)?.isProved === false) this.#known.delete(hash);
  }

  /** What is known of inputs. */
  look(hash: string, nowMs: number): Suspicion {
    const found = this.#known.get(hash);
    if (found === undefined) return 'none';
    if (found.until > nowMs) return found.isProved ? 'quarantined' : 'suspect';
    this.#known.delete(hash);
    return 'none';
  }
}

/** Names inputs by everything the model sees of them. */
export function hashOf(inputs: readonly Tensor[]): string {
  const hash = createHash('sha256');
  for (const { name, datatype, shape, data } of inputs) {
    hash.update(JSON.stringify([name, datatype, shape]));
    if (isText(data)) hash.update(JSON.stringify(data));
    else hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('base64');
}
