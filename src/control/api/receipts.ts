import { createHash } from 'node:crypto';
import type { AuditEntry } from '../../core/governance/audit.ts';
import { canonicalJson } from '../../core/lib/canonical.ts';
import { instant, type Instant } from '../../core/lib/units.ts';
import { Gathering } from '../../core/replay/gather.ts';
import { RECEIPT_KIND, type Receipt } from '../../core/replay/receipt.ts';
import { windowCheck } from '../../core/replay/seals.ts';
import { subjectOf } from '../../core/replay/record.ts';
import { hasBegun, type Rollout } from '../../core/rollout/rollout.ts';
import { parseReceiptEntries } from '../../protocol/admin/receipt.ts';
import { Fault } from '../../protocol/errors.ts';
import { PROGRAM_VERSION } from '../../protocol/program-version.ts';
import type { ControlContext } from '../context.ts';
import { inPieces } from '../breather.ts';
import { BEFORE_MS } from '../evidence-book.ts';
import { windowPages } from '../window-pages.ts';

/** Entries of one rollout: far more than people ask of one. */
const ENTRIES_MAX = 1_000;
/** Windows in a receipt, those of all gateways as one: two days of 10-second buckets. */
const WINDOWS_MAX = 40_000;

/** What a receipt is made from. */
type Archive = Pick<ControlContext, 'store' | 'clock' | 'limits'>;

/** Everything a rollout's decisions rested on. Faults `RECEIPT_…`. */
export async function receiptOf(context: Archive, rollout: Rollout): Promise<Receipt> {
  const { clock, limits } = context;
  const entries = parseReceiptEntries(sinceStart(await entriesOf(context, rollout.id), rollout));
  const now = clock.now();
  if (rollout.createdAt - BEFORE_MS < now - limits.windowsKeptMs) {
    throw new Fault(
      'RECEIPT_WINDOWS_FORGOTTEN',
      `rollout ${rollout.id} began before what is kept of windows`,
    );
  }
  const [, ...steps] = entries;
  const gathering = new Gathering(steps);
  const from = instant(Math.max(0, rollout.createdAt - BEFORE_MS));
  await gather(context, gathering, { rollout, of: null, from });
  await gather(context, gathering, { rollout, of: rollout.id, from: instant(0) });
  const { windows, later } = gathering;
  const problem = await inPieces(windowCheck({ entries, windows }));
  if (problem !== null) throw new Fault('RECEIPT_WINDOWS_UNCLEAR', problem);
  const open: Omit<Receipt, 'sha256'> = {
    schema: 1,
    kind: RECEIPT_KIND,
    rollout: rollout.id,
    writtenAt: now,
    program: PROGRAM_VERSION,
    entries,
    windows,
    later,
  };
  return { ...open, sha256: await inPieces(sealSteps(open)) };
}

/** What was written while it waited rests on nothing that could be decided again. */
function sinceStart(entries: readonly AuditEntry[], rollout: Rollout): readonly AuditEntry[] {
  if (!hasBegun(rollout)) {
    const sentence = `rollout ${rollout.id} is ${rollout.phase} and never began`;
    throw new Fault('RECEIPT_NOT_BEGUN', sentence);
  }
  return entries.filter(({ action }) => action !== 'rollout.queue');
}

/** The audit entries about a rollout, oldest first. */
export async function entriesOf(
  { store }: Pick<Archive, 'store'>,
  id: string,
): Promise<readonly AuditEntry[]> {
  const query = { log: 'audit', subject: subjectOf(id), limit: ENTRIES_MAX + 1 } as const;
  const entries = await store.scan(query);
  if (entries.length <= ENTRIES_MAX) return entries;
  throw new Fault('RECEIPT_TOO_LARGE', `rollout ${id} has more than ${ENTRIES_MAX} audit entries`);
}

type Wanted = {
  readonly rollout: Rollout;
  /** Windows of the rollout; null: of the endpoint outside any. */
  readonly of: string | null;
  readonly from: Instant;
};

/** Puts windows together as they are read, so that few are held at once. */
async function gather(
  { store }: Archive,
  gathering: Gathering,
  { rollout, of, from }: Wanted,
): Promise<void> {
  const { endpoint, createdAt } = rollout;
  for await (const rows of windowPages(store, { endpoint, rollout: of, from })) {
    for (const row of rows) {
      // After the rollout has ended, windows outside any begin again.
      if (of === null && row.window.start >= createdAt) return;
      gathering.add(row);
    }
    if (gathering.size > WINDOWS_MAX) throw tooLarge(rollout);
  }
}

const tooLarge = ({ id }: Rollout): Fault =>
  new Fault('RECEIPT_TOO_LARGE', `rollout ${id} has more than ${WINDOWS_MAX} windows`);

/** The hash of a receipt (see `sealOf`), of which the long members are written piece by piece. */
function* sealSteps(open: Omit<Receipt, 'sha256'>): Generator<undefined, string> {
  const hash = createHash('sha256');
  const names = Object.keys(open).sort() as (keyof typeof open)[];
  for (const [index, name] of names.entries()) {
    const member: unknown = open[name];
    hash.update(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
    if (!Array.isArray(member)) {
      hash.update(canonicalJson(member));
      continue;
    }
    hash.update('[');
    for (const [place, one] of member.entries()) {
      hash.update(`${place === 0 ? '' : ','}${canonicalJson(one)}`);
      yield undefined;
    }
    hash.update(']');
  }
  return hash.update('}').digest('hex');
}
