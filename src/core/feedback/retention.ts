const DAY_MS = 86_400_000;

/**
 * Feedback is taken for predictions at most this old: longer than labels of a year's contracts take
 * to come.
 */
export const FEEDBACK_TAKEN_MS = 400 * DAY_MS;

/** What was fed back is remembered this long: longer than it is taken, so that it counts once. */
export const FEEDBACK_KEPT_MS = 410 * DAY_MS;
