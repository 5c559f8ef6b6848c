import { breakIn } from '../governance/chain.ts';
import { plural } from '../lib/wording.ts';
import { wasIn } from './grounds.ts';
import type { Grounds } from './grounds.ts';
import { subjectOf } from './record.ts';
import { sealOf } from './receipt.ts';
import type { Receipt, ReceiptStep, Since } from './receipt.ts';
import type { Window } from '../telemetry/window.ts';
import { chainSteps, finished, NO_BUCKETS } from './window-table.ts';

/** The windows a judgement rested on, out of those in a receipt. */
export const windowsIn = (
  { windows }: Pick<Receipt, 'windows'>,
  [seq, place]: Since,
  grounds: Grounds,
): readonly Window[] =>
  windows
    .filter(
      ({ since: [s, p], window }) =>
        (s < seq || (s === seq && p <= place)) && wasIn(grounds, window),
    )
    .map(({ window }) => window);

/**
 * Why a receipt is not what was written, in one sentence; null: every hash holds. The entries carry
 * the hashes of the audit chain, and each names the hash of the windows it rested on.
 */
export function tamperedWith(receipt: Receipt): string | null {
  if (sealOf(receipt) !== receipt.sha256) return 'The receipt was changed after it was written.';
  return entryProblem(receipt) ?? stateProblem(receipt) ?? windowProblem(receipt);
}

function entryProblem({ entries, rollout }: Receipt): string | null {
  for (const [index, entry] of entries.entries()) {
    const before = entries[index - 1];
    const { seq, previous, hash, subject } = entry;
    // Entries about other things stand between them in the log, and are not in the receipt.
    const isNext = before !== undefined && before.seq + 1 === seq;
    const head = isNext ? before : seq > 1 ? { seq: seq - 1, hash: previous } : null;
    const broken = breakIn(head, entry);
    if (broken !== null) return `Audit entry ${seq} is not what was written: ${broken}.`;
    if (before !== undefined && before.seq >= seq) {
      return `Audit entry ${seq} stands after entry ${before.seq}.`;
    }
    if (subject !== subjectOf(rollout)) return `Audit entry ${seq} (${hash}) is about ${subject}.`;
  }
  return null;
}

/** A transition begins where the one before ended; else one was taken out. */
function stateProblem({ entries: [start, ...steps] }: Receipt): string | null {
  let { revision } = start.detail.state;
  for (const { seq, detail } of steps) {
    if (detail.from.revision !== revision) {
      return (
        `An audit entry is missing before entry ${seq}: it begins at revision ` +
        `${detail.from.revision}, and the one before ended at ${revision}.`
      );
    }
    revision = detail.state.revision;
  }
  return null;
}

/** Why the windows of a receipt are not those its entries rested on; null: they are. */
const windowProblem = (receipt: Parameters<typeof windowCheck>[0]): string | null =>
  finished(windowCheck(receipt));

/** The same in steps, for whoever has other things to do in between. */
export function* windowCheck(
  receipt: Pick<Receipt, 'entries' | 'windows'>,
): Generator<undefined, string | null> {
  const [, ...steps] = receipt.entries;
  const first = new Map<Window, Since>();
  let known: Chained = { windows: [], newest: -1, digest: NO_BUCKETS };
  for (const { at, grounds } of steps.flatMap(judgedIn)) {
    const windows = windowsIn(receipt, at, grounds);
    for (const window of windows) if (!first.has(window)) first.set(window, at);
    known = yield* chainedAfter(known, windows);
    if (known.digest === grounds.digest) continue;
    return (
      `The ${plural(windows.length, 'window')} of audit entry ${at[0]} are not those it rested ` +
      `on: one was changed, taken out or put in.`
    );
  }
  const odd = receipt.windows.find(({ since, window }) => !isSame(since, first.get(window)));
  if (odd === undefined) return null;
  return `A window of the ${odd.window.arm} does not begin to count where it says.`;
}

type Chained = {
  readonly windows: readonly Window[];
  readonly newest: number;
  readonly digest: string;
};

/** Mostly a judgement rests on what the one before rested on, and on buckets that are newer. */
function* chainedAfter(before: Chained, windows: readonly Window[]): Generator<undefined, Chained> {
  const newest = windows.reduce((latest, { start }) => Math.max(latest, start), -1);
  const old = new Set(before.windows);
  const added = windows.filter((window) => !old.has(window));
  const isLonger = windows.length - added.length === old.size;
  const digest =
    isLonger && added.every(({ start }) => start > before.newest)
      ? yield* chainSteps(before.digest, added)
      : yield* chainSteps(NO_BUCKETS, windows);
  return { windows, newest, digest };
}

const isSame = ([seq, place]: Since, other: Since | undefined): boolean =>
  other?.[0] === seq && other[1] === place;

type Judgement = { readonly at: Since; readonly grounds: Grounds };

const judgedIn = ({ seq, detail }: ReceiptStep): readonly Judgement[] =>
  (detail.judged?.grounds ?? []).map((grounds, place) => ({ at: [seq, place], grounds }));
