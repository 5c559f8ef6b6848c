/** Thrown when the program contradicts itself: a bug, never a caller's mistake. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Stops this tick or this request when `condition` does not hold; guessing on would be worse. */
export function invariant(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new InvariantViolation(sentence);
}

/** Closes a switch over a union: a member nobody handles does not compile. */
export function assertNever(value: never, where: string): never {
  throw new InvariantViolation(`${where}: unexpected ${JSON.stringify(value)}`);
}
