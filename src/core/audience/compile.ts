import { assertNever, invariant } from '../lib/invariant.ts';
import type { AttributeDeclaration, AttributeValue } from './attribute.ts';
import { audienceProblems } from './check.ts';
import type { Expression, Order, Term } from './expression.ts';
import { parseAudience } from './parse.ts';

/** An audience made ready for requests. */
export type CompiledAudience = {
  /** The attributes it speaks of: a request need not be asked for others. */
  readonly attributes: readonly AttributeDeclaration[];
  /**
   * Whether somebody with these values, in the order of `attributes`, is in the audience; undefined
   * where one is missing. Total: whatever the values are, it answers.
   */
  readonly includes: (values: Values) => boolean;
};

/** Values of attributes in their order; undefined: missing. */
export type Values = readonly (AttributeValue | undefined)[];

/**
 * Truth in the strong three-valued logic of Kleene (Introduction to Metamathematics, 1952, section
 * 64), as numbers: `and` is the least, `or` the greatest, `not` the distance from true.
 */
type Truth = 0 | 1 | 2;
const FALSE = 0;
const UNKNOWN = 1;
const TRUE = 2;

type Judge = (values: Values) => Truth;

const truth = (holds: boolean): Truth => (holds ? TRUE : FALSE);

/**
 * Makes an audience ready: once per table, so that a request only compares. Breaks the invariant
 * for an audience that `audienceProblems` finds wrong.
 */
export function compileAudience(
  source: string,
  declared: readonly AttributeDeclaration[],
): CompiledAudience {
  const [problem] = audienceProblems(source, declared);
  invariant(problem === undefined, `the audience ${source}: ${problem?.sentence}`);
  const parsed = parseAudience(source);
  invariant(parsed.ok, `the audience ${source} cannot be read`);
  const named = new Set(parsed.value.terms.map(({ term }) => term.attribute));
  const attributes = declared.filter(({ name }) => named.has(name));
  const places = new Map(attributes.map(({ name }, place) => [name, place]));
  const judge = judgeOf(parsed.value.expression, places);
  return { attributes, includes: (values) => judge(values) === TRUE };
}

type Places = ReadonlyMap<string, number>;

function judgeOf(expression: Expression, places: Places): Judge {
  switch (expression.kind) {
    case 'compare':
    case 'member':
    case 'has':
      return termJudge(expression, places.get(expression.attribute) ?? 0);
    case 'not': {
      const operand = judgeOf(expression.operand, places);
      return (values) => (TRUE - operand(values)) as Truth;
    }
    case 'and':
      return leastOf(expression.operands.map((one) => judgeOf(one, places)));
    case 'or':
      return greatestOf(expression.operands.map((one) => judgeOf(one, places)));
    default:
      return assertNever(expression, 'judgeOf');
  }
}

function leastOf(operands: readonly Judge[]): Judge {
  return (values) => {
    let least: Truth = TRUE;
    for (const operand of operands) {
      const one = operand(values);
      if (one === FALSE) return FALSE;
      if (one < least) least = one;
    }
    return least;
  };
}

function greatestOf(operands: readonly Judge[]): Judge {
  return (values) => {
    let greatest: Truth = FALSE;
    for (const operand of operands) {
      const one = operand(values);
      if (one === TRUE) return TRUE;
      if (one > greatest) greatest = one;
    }
    return greatest;
  };
}

function termJudge(term: Term, place: number): Judge {
  switch (term.kind) {
    case 'has':
      return (values) => truth(values[place] !== undefined);
    case 'member': {
      const members = new Set(term.values);
      const found = term.operator === 'in' ? TRUE : FALSE;
      return (values) => {
        const value = values[place];
        if (value === undefined) return UNKNOWN;
        return members.has(value) ? found : ((TRUE - found) as Truth);
      };
    }
    case 'compare':
      return comparisonJudge(term, place);
    default:
      return assertNever(term, 'termJudge');
  }
}

function comparisonJudge({ operator, value }: Term & { kind: 'compare' }, place: number): Judge {
  if (operator === '==' || operator === '!=') {
    const same = operator === '==' ? TRUE : FALSE;
    return (values) => {
      const found = values[place];
      if (found === undefined) return UNKNOWN;
      return found === value ? same : ((TRUE - same) as Truth);
    };
  }
  const holds = orders[operator](Number(value));
  return (values) => {
    const found = values[place];
    return typeof found === 'number' ? truth(holds(found)) : UNKNOWN;
  };
}

const orders: Readonly<Record<Order, (bound: number) => (found: number) => boolean>> = {
  '<': (bound) => (found) => found < bound,
  '<=': (bound) => (found) => found <= bound,
  '>': (bound) => (found) => found > bound,
  '>=': (bound) => (found) => found >= bound,
};
