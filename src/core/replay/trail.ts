import { emptyEvidence, extendEvidence } from '../analysis/evidence.ts';
import type { Evidence } from '../analysis/evidence.ts';
import { asCandidate, contendersOf, evidenceKey } from '../rollout/contenders.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { sharesOf } from '../rollout/share.ts';
import type { Window } from '../telemetry/window.ts';

/** Evidence about one candidate, and what it was counted for. */
type Page = { readonly about: string; readonly evidence: Evidence };

/**
 * What is known of a rollout as its windows come: folded bucket by bucket, and anew when one comes
 * late or other arms are compared.
 */
export class EvidenceTrail {
  #windows: readonly Window[] = [];
  #fresh: readonly Window[] = [];
  readonly #pages = new Map<string, Page>();

  /** Windows that have come since. */
  add(windows: readonly Window[]): void {
    this.#fresh = [...this.#fresh, ...windows];
  }

  /** The evidence about each candidate, by its key. */
  of(rollout: Rollout): ReadonlyMap<string, Evidence> {
    const fresh = this.#fresh;
    if (fresh.length > 0) this.#windows = [...this.#windows, ...fresh];
    this.#fresh = [];
    const shares = sharesOf(rollout);
    const each = contendersOf(rollout).map((one) => {
      const key = evidenceKey(rollout, one);
      const evidence = this.#read(key, asCandidate(rollout, one, shares), fresh);
      return [key, evidence] as const;
    });
    return new Map(each);
  }

  #read(key: string, alone: Rollout, fresh: readonly Window[]): Evidence {
    const { baseline, candidate, evidenceFrom } = alone;
    const about = JSON.stringify([baseline.digest, candidate.digest, evidenceFrom]);
    const page = this.#pages.get(key);
    const newest = page?.evidence.newest ?? -1;
    const goesOn = page?.about === about && fresh.every(({ start }) => start > newest);
    const evidence = goesOn
      ? extendEvidence(page.evidence, alone, fresh)
      : extendEvidence(emptyEvidence(alone), alone, this.#windows);
    this.#pages.set(key, { about, evidence });
    return evidence;
  }
}
