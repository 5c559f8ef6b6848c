/** Name of the arm that has the version in production. */
export const BASELINE_ARM = 'baseline';

/** Name of the arm that has the new version. */
export const CANDIDATE_ARM = 'candidate';

/** Name of a further candidate's arm; `place` counts from 2. */
export const otherArm = (place: number): string => `${CANDIDATE_ARM}-${place}`;
