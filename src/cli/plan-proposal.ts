import { Document, isMap, isSeq } from 'yaml';
import type { Proposal } from '../core/plan/proposal.ts';
import type { StrategySpec } from '../core/strategy/spec.ts';
import type { Mirror } from '../core/strategy/stage.ts';
import { durationText, shareText } from '../protocol/admin/quantities.ts';

/** A strategy as its author wrote it: a name, or its keys. */
type Written = Readonly<Record<string, unknown>>;

/**
 * A proposal as the keys of a declaration that it replaces. What it does not touch stays as it was
 * written: `sent` is the whole declaration.
 */
export function proposalYaml(sent: unknown, { strategy, horizonMs }: Proposal): string {
  const document = new Document({
    strategy: { kind: strategy.kind, ...writtenIn(sent), ...changed(strategy, sent) },
    horizon: durationText(horizonMs),
  });
  for (const list of ['stages', 'phases']) {
    const written = document.getIn(['strategy', list]);
    // A stage a line.
    for (const one of isSeq(written) ? written.items : []) if (isMap(one)) one.flow = true;
  }
  return document.toString({ flowCollectionPadding: false, lineWidth: 0 });
}

function writtenIn(sent: unknown): Written {
  const { strategy } = sent as { readonly strategy?: unknown };
  if (typeof strategy !== 'object' || strategy === null) return {};
  // A ladder takes the place of a preset.
  const { preset: _preset, ...written } = strategy as Written;
  return written;
}

/** The keys that a proposal changes. */
function changed(strategy: StrategySpec, sent: unknown): Written {
  switch (strategy.kind) {
    case 'canary': {
      const stages = strategy.stages.map(({ share, margin, leastMs }) => {
        return { share: shareText(share), margin, least: durationText(leastMs) };
      });
      return { stages };
    }
    case 'phased': {
      const phases = strategy.phases.map(({ name, audience, share, margin, leastMs }) => ({
        name,
        ...(audience === null ? {} : { audience }),
        share: shareText(share),
        margin,
        least: durationText(leastMs),
      }));
      return { phases };
    }
    case 'shadow':
      return copiesOf(strategy.mirror);
    case 'blue-green': {
      const prove = writtenIn(sent)['prove'];
      const written = typeof prove === 'object' ? prove : {};
      return strategy.prove === null ? {} : { prove: { ...written, ...copiesOf(strategy.prove) } };
    }
    case 'ab-test': {
      const primary = writtenIn(sent)['primary'] as Written;
      return { primary: { ...primary, mde: strategy.primary.effectMin } };
    }
    default:
      return {};
  }
}

const copiesOf = ({ sample, perSecondMax }: Mirror): Written => {
  return { sample: shareText(sample), perSecond: perSecondMax };
};
