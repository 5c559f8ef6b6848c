import { Document, isMap, isSeq } from 'yaml';
import type { Proposal } from '../core/plan/proposal.ts';
import type { RolloutSpec } from '../core/rollout/spec.ts';
import { durationText, shareText } from '../protocol/admin/quantities.ts';

/** A proposal as the keys of a declaration that it replaces. */
export function proposalYaml(spec: RolloutSpec, { stages, horizonMs }: Proposal): string {
  const { strategy } = spec;
  if (strategy.kind !== 'canary') return '';
  const { advance, audience } = strategy;
  const ladder = stages.map(({ share, margin, leastMs }) => {
    return { share: shareText(share), margin, least: durationText(leastMs) };
  });
  const declared = {
    strategy: {
      kind: 'canary',
      ...(advance === 'evidence' ? {} : { advance }),
      ...(audience === null ? {} : { audience }),
      stages: ladder,
    },
    horizon: durationText(horizonMs),
  };
  const document = new Document(declared);
  const written = document.getIn(['strategy', 'stages']);
  // A stage a line.
  for (const one of isSeq(written) ? written.items : []) if (isMap(one)) one.flow = true;
  return document.toString({ flowCollectionPadding: false });
}
