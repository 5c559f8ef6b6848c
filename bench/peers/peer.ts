import type { Watch } from '../load/send-load.ts';

/** Something under test that runs. */
export type Peer = {
  /** Where requests are sent. */
  readonly url: string;
  /** The processes whose time is counted. */
  readonly watch: Watch;
  readonly stop: () => Promise<void>;
};

/** Why a peer is not there. */
export type Absent = { readonly absent: string };

/** Whether something under test runs. */
export const isPresent = (peer: Peer | Absent): peer is Peer => 'url' in peer;

/** What is wrong, in one line. */
export const sentenceOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).trim().split('\n').at(-1) ?? '';
