/** Why a text is no audience. Each code is a row of the fault catalogue. */
export const AUDIENCE_CODES = [
  'AUDIENCE_TOO_LONG',
  'AUDIENCE_TOO_DEEP',
  'AUDIENCE_UNREADABLE',
  'AUDIENCE_LIST_EMPTY',
  'AUDIENCE_VALUE_REPEATED',
  'AUDIENCE_ATTRIBUTE_UNKNOWN',
  'AUDIENCE_TYPE_DIFFERS',
] as const;

/** Stable name of what is wrong with an audience. */
export type AudienceCode = (typeof AUDIENCE_CODES)[number];

/** One thing that is wrong with an audience. */
export type AudienceProblem = {
  readonly code: AudienceCode;
  /** Where, in UTF-16 code units from the start of the text. */
  readonly at: number;
  /** What is wrong, without a full stop. */
  readonly sentence: string;
  /** How to mend it, without a full stop. */
  readonly mend: string;
};

/** A problem as one sentence with its place: `column 7: …; …`. Columns count from 1. */
export const problemText = ({ at, sentence, mend }: AudienceProblem): string =>
  `column ${at + 1}: ${sentence}; ${mend}`;
