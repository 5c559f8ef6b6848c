import { pathText } from './shapes.ts';

/**
 * Where in a declaration, as somebody wrote it, stands what a problem is about. The core names
 * places as if everything had been written out: a follower by its number in `then`, a trigger by
 * its name, each part of a stage. Who wrote less finds the line that he did write: the only
 * follower, the trigger's place in its list, `least` where it is said for all stages. When nothing
 * of it is there (a default of the whole), the place keeps its name.
 */
export function declaredPath(declared: unknown, path: string): string {
  const steps = writtenSteps(declared, path);
  const found = [...saidFor(steps), ...holdersOf(steps)].find(
    (place) => at(declared, place) !== undefined,
  );
  return found === undefined ? path : pathText(found);
}

/** The place itself, and the same key in what holds it: there it is said for all parts. */
const saidFor = (steps: Steps): readonly Steps[] =>
  [steps, ...holdersOf(steps)].map((place) => [...place.slice(0, -1), ...steps.slice(-1)]);

/** What holds a place, the innermost first. */
const holdersOf = (steps: Steps): readonly Steps[] =>
  steps.slice(1).map((_step, n) => steps.slice(0, -1 - n));

/** A place in a declaration: keys and places in lists. */
export type Steps = readonly (string | number)[];

/** A place as steps; its keys hold no dots and brackets. See `pathText`. */
export const pathSteps = (text: string): Steps =>
  [...text.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([word, index]) =>
    index === undefined ? word : Number(index),
  );

const TRIGGER = /^triggers\.(.+)\.(\w+)$/s;

function writtenSteps(declared: unknown, path: string): Steps {
  const [, name, field] = TRIGGER.exec(path) ?? [];
  if (name !== undefined && field !== undefined) return triggerSteps(declared, name, field);
  const steps = pathSteps(path);
  const isNumbered = steps[1] === 'then' && typeof steps[2] === 'number';
  const isOnly = isNumbered && !Array.isArray(at(declared, ['strategy', 'then']));
  return isOnly ? [...steps.slice(0, 2), ...steps.slice(3)] : steps;
}

/** A trigger that nobody wrote comes from `default`. */
function triggerSteps(declared: unknown, name: string, field: string): Steps {
  const triggers = at(declared, ['triggers']);
  if (!Array.isArray(triggers)) return ['triggers', field];
  const own = triggers.findLastIndex((item) => nameOf(item) === name);
  return ['triggers', own < 0 ? triggers.indexOf('default') : own, field];
}

function nameOf(item: unknown): unknown {
  return at(item, ['name']) ?? at(item, ['metric']) ?? at(item, ['feedback']) ?? item;
}

/** What stands there; undefined: nothing. */
function at(declared: unknown, steps: Steps): unknown {
  return steps.reduce<unknown>((value, step) => {
    const isHolder = typeof value === 'object' && value !== null && Object.hasOwn(value, step);
    return isHolder ? (value as Readonly<Record<string | number, unknown>>)[step] : undefined;
  }, declared);
}
