/** Who may do what; later roles may all that earlier ones may, except that approving is apart. */
export const ROLES = ['viewer', 'operator', 'approver', 'admin'] as const;

/** A role of a token. */
export type Role = (typeof ROLES)[number];
