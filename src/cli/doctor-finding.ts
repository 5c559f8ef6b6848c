import type { Session } from './session.ts';

/** What a check of the installation found. */
export type Finding = {
  readonly check: string;
  /** `note`: worth knowing. `fail`: it will not work. */
  readonly outcome: 'ok' | 'note' | 'fail';
  readonly detail: string;
  /** How to mend it; null when there is nothing to mend. */
  readonly fix: string | null;
};

/** A check of the installation. */
export type Checkup = (session: Session) => Promise<readonly Finding[]>;

/** A check that holds. */
export const fine = (check: string, detail: string): Finding => ({
  check,
  outcome: 'ok',
  detail,
  fix: null,
});
