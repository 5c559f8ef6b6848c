import { sameVersion, versionName } from '../catalog/version.ts';
import type { VersionRef } from '../catalog/version.ts';
import { duration, list, plural } from '../lib/wording.ts';
import type { RoutingTable } from '../routing/table.ts';
import { contendersIn } from './contenders.ts';
import { gatewayNames } from './fleet.ts';
import type { GoldenProof } from './fleet.ts';
import { takenOut } from './guardrail.ts';
import type { Demand } from './guardrail.ts';
import type { Fleet, Readiness } from './readiness.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import type { Rollout } from './rollout.ts';
import type { RolloutSpec } from './spec.ts';

/** A proof with the gateway on which it was made. */
export type FleetProof = GoldenProof & { readonly gateway: string };

/** A proof that is older is none: what was proved is what is switched to, not what was. */
export const PROOF_FRESH_MS = 15_000;

/**
 * Whether every living gateway has just had its candidates answer their golden rows: asked before a
 * candidate gets its first user. Versions without golden rows have nothing to prove.
 */
export function proofOf(rollout: Rollout, fleet: Fleet): Readiness {
  const wanted = goldenIn(rollout, fleet.table);
  const proofs = fleet.proofs ?? [];
  const isProvedOn = (gateway: string): boolean =>
    wanted.every(({ digest, golden }) =>
      proofs.some(
        (one) =>
          one.gateway === gateway &&
          one.digest === digest &&
          one.golden === golden &&
          one.difference === null &&
          one.agoMs < PROOF_FRESH_MS,
      ),
    );
  const waiting = fleet.gateways.filter(({ gateway }) => !isProvedOn(gateway));
  if (waiting.length === 0) return { type: 'ready' };
  const all = fleet.gateways.length;
  const proved = `${all - waiting.length} of ${all} proved it within ${duration(PROOF_FRESH_MS)}`;
  const where = gatewayNames(waiting);
  const sentence = `The golden rows have yet to be answered on ${where} (${proved}).`;
  return { type: 'loading', sentence };
}

/** Why a candidate cannot prove itself although that is required; null: it can, or need not. */
export function goldenRefusal(
  { golden }: RolloutSpec,
  candidates: readonly (VersionRef & { readonly golden?: string })[],
): Refusal | null {
  const bare = candidates.find((one) => one.golden === undefined);
  if (golden === undefined || bare === undefined) return null;
  const sentence = `${versionName(bare)} was pushed without golden rows, and they are required.`;
  return refusal('ROLLOUT_GOLDEN_MISSING', sentence, 'golden');
}

/** What candidates that are still in have to prove. */
export const goldenIn = (
  rollout: Rollout,
  { models }: RoutingTable,
): readonly { readonly digest: string; readonly golden: string }[] =>
  contendersIn(rollout).flatMap(({ version }) => {
    const listed = models.find(({ name }) => name === version.model)?.versions ?? [];
    const golden = listed.find((one) => sameVersion(one, version))?.golden;
    return golden === undefined ? [] : { digest: version.digest, golden };
  });

/** What was proved, for whoever reads why a candidate got its first users; null: nothing. */
export function proofText(rollout: Rollout, fleet: Fleet): string | null {
  const digests = goldenIn(rollout, fleet.table).map(({ digest }) => digest);
  const proofs = (fleet.proofs ?? []).filter(({ digest }) => digests.includes(digest));
  const [first] = proofs;
  if (first === undefined) return null;
  const on = list([...new Set(proofs.map(({ gateway }) => gateway))]);
  const values = Math.min(...proofs.map((one) => one.values));
  return `Golden rows (${plural(values, 'value')}) were answered as expected on ${on}.`;
}

/** What a gateway that got other answers to the golden rows demands. */
export function disprovedBy(
  rollout: Rollout,
  { gateway, digest, difference }: FleetProof,
): readonly Demand[] {
  if (difference === null) return [];
  return contendersIn(rollout)
    .filter(({ version }) => version.digest === digest)
    .map(({ arm, version }) => {
      const sentence = `${versionName(version)} is not proved on ${gateway}: ${difference}`;
      return takenOut(rollout, arm, { by: 'gateway', who: gateway, sentence, verdict: null });
    });
}
