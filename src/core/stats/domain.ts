/**
 * Guards for the arguments of the statistics: a wrong one is a programming fault, never a result.
 */

/** Throws a RangeError that names the argument, unless `holds`. */
export function requireThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new RangeError(what);
}

/** Throws unless 0 < `value` < 1. */
export function requireOpenUnit(value: number, name: string): void {
  if (value > 0 && value < 1) return;
  refuse(`${name} must lie strictly between 0 and 1, got ${value}`);
}

/** Throws unless 0 <= `value` <= 1. */
export function requireUnit(value: number, name: string): void {
  if (value >= 0 && value <= 1) return;
  refuse(`${name} must lie between 0 and 1, got ${value}`);
}

/** Throws unless `value` is finite and above 0. */
export function requirePositive(value: number, name: string): void {
  if (value > 0 && value < Infinity) return;
  refuse(`${name} must be positive and finite, got ${value}`);
}

/** Throws unless `value` is finite and at least 0. */
export function requireNonNegative(value: number, name: string): void {
  if (value >= 0 && value < Infinity) return;
  refuse(`${name} must be finite and not negative, got ${value}`);
}

/** Throws unless `value` is an integer of at least `least`. */
export function requireCount(value: number, name: string, least = 0): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  refuse(`${name} must be an integer of at least ${least}, got ${value}`);
}

/** The sentence is made only when it is needed: samplers ask a million times a second. */
function refuse(what: string): never {
  throw new RangeError(what);
}
