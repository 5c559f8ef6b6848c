/** A place in a model. Kept as a chain and only turned into text when something is wrong there. */
export type Where = {
  readonly parent: Where | null;
  readonly label: string;
  /** Position within a repeated field; null for a single one. */
  readonly index: number | null;
};

/** The whole file. */
export const wholeFile: Where = { parent: null, label: '', index: null };

/** A single part of `parent`. */
export const part = (parent: Where, label: string): Where => ({ parent, label, index: null });

/** One of the repeated parts of `parent`. */
export const element = (parent: Where, label: string, index: number): Where => ({
  parent,
  label,
  index,
});

/** The place as text, e.g. `graph.node[3].attribute[0].t`; `null` for the whole file. */
export function placeText(where: Where): string | null {
  const steps: string[] = [];
  for (let at: Where | null = where; at !== null; at = at.parent) {
    if (at.label === '') continue;
    steps.push(at.index === null ? at.label : `${at.label}[${at.index}]`);
  }
  if (steps.length === 0) return null;
  steps.reverse();
  if (steps.length > STEPS_MAX) steps.splice(STEPS_HEAD, steps.length - STEPS_MAX, '…');
  return steps.join('.');
}

/** Steps shown of a place, and how many of them from its beginning. */
const STEPS_MAX = 12;
const STEPS_HEAD = 6;
