import type { FaultEntry } from './entry.ts';

/** Faults of receipts and of what is done with them. */
export const receiptFaults = {
  RECEIPT_TOO_OLD: {
    status: 409,
    meaning: 'The rollout was decided by a version that did not write down what it rested on.',
    fix: 'See its verdicts in the audit log; rollouts that are started now can be verified.',
  },
  RECEIPT_WINDOWS_FORGOTTEN: {
    status: 409,
    meaning: 'The windows the rollout rested on are older than they are kept.',
    fix: 'Take receipts while the windows are kept (`control.windowsKeptHours`).',
  },
  RECEIPT_WINDOWS_UNCLEAR: {
    status: 409,
    meaning: 'The stored windows are not those the rollout rested on, or cannot be told apart.',
    fix: 'See whether a clock was set back by minutes, or somebody changed the database.',
  },
  RECEIPT_TOO_LARGE: {
    status: 409,
    meaning: 'The rollout has more windows than a receipt holds.',
    fix: 'Declare wider buckets for rollouts that last for days.',
  },
  RECEIPT_NOT_BEGUN: {
    status: 409,
    meaning: 'The rollout waits for its endpoint, or left the queue: nothing was decided.',
    fix: 'See the queue with `understudy rollout list`; take the receipt once it has begun.',
  },
  RECEIPT_UNREADABLE: {
    status: 400,
    meaning: 'What was given is no receipt, or one of a later version.',
    fix: 'Write it anew with `understudy rollout receipt`, or use the version that wrote it.',
  },
} as const satisfies Record<string, FaultEntry>;
