import { instant } from '../../core/lib/units.ts';
import type { Instant } from '../../core/lib/units.ts';
import type { Rollout } from '../../core/rollout/rollout.ts';
import { ladderOf } from '../../core/strategy/ladder.ts';
import { AgreementTally } from '../../core/telemetry/segment-agreement.ts';
import type { SegmentAgreement } from '../../core/telemetry/segment-agreement.ts';
import type { ControlContext } from '../context.ts';
import { windowPages } from '../window-pages.ts';

/** Windows read for one rollout; beyond, less of the past is looked at. */
const WINDOWS_MAX = 50_000;

/** How far copies agreed in each segment, and since when that was looked at. */
export type AgreementSince = {
  readonly since: Instant;
  readonly segments: readonly SegmentAgreement[];
};

/** Null where nothing is copied, or segments are not told apart. */
export async function agreementOf(
  context: Pick<ControlContext, 'store' | 'clock'>,
  rollout: Rollout,
): Promise<AgreementSince | null> {
  const { spec, createdAt, evidenceFrom } = rollout;
  const isCopied = ladderOf(spec).some(({ mirror }) => mirror !== null);
  if (spec.segments === undefined || !isCopied) return null;
  return readSince(context, rollout, instant(Math.max(createdAt, evidenceFrom)));
}

async function readSince(
  context: Pick<ControlContext, 'store' | 'clock'>,
  rollout: Rollout,
  from: Instant,
): Promise<AgreementSince> {
  const { id, endpoint } = rollout;
  const tally = new AgreementTally();
  let left = WINDOWS_MAX;
  for await (const rows of windowPages(context.store, { endpoint, rollout: id, from })) {
    left -= rows.length;
    if (left < 0) {
      return readSince(context, rollout, instant(Math.ceil((from + context.clock.now()) / 2)));
    }
    for (const { window } of rows) tally.add(window);
  }
  return { since: from, segments: tally.rows() };
}
