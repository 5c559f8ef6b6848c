import { assertNever } from '../lib/invariant.ts';
import type { AttributeValue } from './attribute.ts';

/** A rule over declared attributes: who may be assigned at all. Closed: this is all there is. */
export type Expression =
  | Term
  | { readonly kind: 'not'; readonly operand: Expression }
  /** At least two operands, none of them of the same kind. */
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] };

/** A statement about one attribute. */
export type Term =
  | {
      readonly kind: 'compare';
      readonly attribute: string;
      readonly operator: Comparison;
      readonly value: AttributeValue;
    }
  | {
      readonly kind: 'member';
      readonly attribute: string;
      readonly operator: Membership;
      /** At least one; no value twice. */
      readonly values: readonly AttributeValue[];
    }
  | { readonly kind: 'has'; readonly attribute: string };

/** How an attribute is compared with one value. */
export type Comparison = '==' | '!=' | Order;
/** The comparisons that only numbers have. */
export type Order = '<' | '<=' | '>' | '>=';
/** How an attribute is compared with several values. */
export type Membership = 'in' | 'not in';

/** Words with a meaning of their own: quoted where they are meant as texts. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  'and',
  'or',
  'not',
  'in',
  'has',
  'true',
  'false',
]);

/** A word that needs no quotes, and the name of an attribute. */
export const WORD = /[A-Za-z_][A-Za-z0-9_.-]*/y;

/** How deep `not`, `and` and `or` lie in each other; a single statement is 1 deep. */
export function depthOf(expression: Expression): number {
  switch (expression.kind) {
    case 'compare':
    case 'member':
    case 'has':
      return 1;
    case 'not':
      return 1 + depthOf(expression.operand);
    case 'and':
    case 'or':
      return 1 + Math.max(...expression.operands.map(depthOf));
    default:
      return assertNever(expression, 'depthOf');
  }
}

/** The one way to write an expression. What it writes parses to the same expression again. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'compare':
      return `${expression.attribute} ${expression.operator} ${printValue(expression.value)}`;
    case 'member': {
      const { attribute, operator, values } = expression;
      return `${attribute} ${operator} [${values.map(printValue).join(', ')}]`;
    }
    case 'has':
      return `has(${expression.attribute})`;
    case 'not':
      return `not ${printNested(expression.operand)}`;
    case 'and':
    case 'or': {
      const { kind, operands } = expression;
      const parts = operands.map((one) =>
        isBranch(one) ? `(${printExpression(one)})` : printExpression(one),
      );
      return parts.join(` ${kind} `);
    }
    default:
      return assertNever(expression, 'printExpression');
  }
}

const isBranch = ({ kind }: Expression): boolean => kind === 'and' || kind === 'or';

/** Behind `not` all but `has(x)` and another `not` gets brackets: `not age < 18` reads wrongly. */
function printNested(operand: Expression): string {
  const text = printExpression(operand);
  return operand.kind === 'has' || operand.kind === 'not' ? text : `(${text})`;
}

function printValue(value: AttributeValue): string {
  if (typeof value !== 'string') return String(value);
  return isPlainWord(value) ? value : JSON.stringify(value);
}

function isPlainWord(text: string): boolean {
  WORD.lastIndex = 0;
  return WORD.exec(text)?.[0] === text && !KEYWORDS.has(text);
}
