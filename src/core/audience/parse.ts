import { err, ok } from '../lib/result.ts';
import type { Result } from '../lib/result.ts';
import type { AttributeValue } from './attribute.ts';
import { depthOf, KEYWORDS, printExpression } from './expression.ts';
import type { Comparison, Expression, Term } from './expression.ts';
import type { AudienceProblem } from './problem.ts';
import { isProblem, tokenAt } from './token.ts';
import type { Token } from './token.ts';

/** Longest audience, in UTF-16 code units, as written and as printed. */
export const AUDIENCE_CHARS_MAX = 2_000;
/** Most statements in one audience: with them it is still evaluated in under a microsecond. */
export const TERMS_MAX = 32;
/** How deep `not`, `and` and `or` may lie in each other. */
export const DEPTH_MAX = 12;
/** How deep brackets and `not` may lie in each other; brackets may be idle, so it is more. */
const NESTING_MAX = 64;

/** An audience as it was written, in parts. */
export type ParsedAudience = {
  readonly expression: Expression;
  /** The one way to write it. */
  readonly canonical: string;
  /** Every statement with its place, in the order of the text. */
  readonly terms: readonly PlacedTerm[];
};

/** A statement, where its attribute stands, and where its values do. */
export type PlacedTerm = {
  readonly term: Term;
  readonly at: number;
  readonly valuesAt: readonly number[];
};

/** Reads an audience. Knows no attributes: see `audienceProblems`. Total; linear in the text. */
export function parseAudience(source: string): Result<ParsedAudience, AudienceProblem> {
  if (source.length > AUDIENCE_CHARS_MAX) return err(tooLong(source.length));
  const parser = new Parser(source);
  const expression = parser.whole();
  if (expression === null) return err(parser.problem ?? tooLong(source.length));
  if (depthOf(expression) > DEPTH_MAX) return err(tooDeep(0));
  const canonical = printExpression(expression);
  if (canonical.length > AUDIENCE_CHARS_MAX) return err(tooLong(canonical.length));
  return ok({ expression, canonical, terms: parser.terms });
}

const tooLong = (length: number): AudienceProblem => ({
  code: 'AUDIENCE_TOO_LONG',
  at: AUDIENCE_CHARS_MAX,
  sentence: `an audience has at most ${AUDIENCE_CHARS_MAX} characters, not ${length}`,
  mend: 'let the caller send one attribute that says it, such as a group',
});

const tooDeep = (at: number): AudienceProblem => ({
  code: 'AUDIENCE_TOO_DEEP',
  at,
  sentence: `\`not\`, \`and\` and \`or\` lie deeper than ${DEPTH_MAX} in each other`,
  mend: 'write it flatter: `a and b and c` needs no brackets',
});

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const isComparison = (text: string): text is Comparison => COMPARISONS.has(text);

type Branch = 'and' | 'or';

/**
 * Recursive descent. A method that fails notes the problem and gives null; the first problem
 * stands.
 */
class Parser {
  readonly #source: string;
  #token: Token = { kind: 'end', at: 0, text: '' };
  #nesting = 0;
  readonly terms: PlacedTerm[] = [];
  problem: AudienceProblem | null = null;

  constructor(source: string) {
    this.#source = source;
    this.#step(0);
  }

  whole(): Expression | null {
    const expression = this.#branch('or');
    if (expression === null || this.#token.kind === 'end') return this.#unlessBroken(expression);
    return this.#expected('`and`, `or` or the end', 'join statements with `and` or `or`');
  }

  #unlessBroken(expression: Expression | null): Expression | null {
    return this.problem === null ? expression : null;
  }

  /** Operands joined by one word; `and` binds tighter than `or`. */
  #branch(kind: Branch): Expression | null {
    const operands: Expression[] = [];
    do {
      const operand = kind === 'or' ? this.#branch('and') : this.#negation();
      if (operand === null) return null;
      // `a and (b and c)` is `a and b and c`: there is one way to write it.
      if (operand.kind === kind) operands.push(...operand.operands);
      else operands.push(operand);
    } while (this.#took(kind));
    const [only] = operands;
    return operands.length === 1 && only !== undefined ? only : { kind, operands };
  }

  #negation(): Expression | null {
    if (!this.#took('not')) return this.#primary();
    const operand = this.#nested(() => this.#negation());
    return operand === null ? null : { kind: 'not', operand };
  }

  #nested(read: () => Expression | null): Expression | null {
    if (this.#nesting >= NESTING_MAX) return this.#fail(tooDeep(this.#token.at));
    this.#nesting += 1;
    const expression = read();
    this.#nesting -= 1;
    return expression;
  }

  #primary(): Expression | null {
    if (this.#took('(')) {
      const inner = this.#nested(() => this.#branch('or'));
      return inner !== null && this.#require(')') ? inner : null;
    }
    if (this.#took('has')) return this.#presence();
    const { at } = this.#token;
    const attribute = this.#attribute();
    return attribute === null ? null : this.#statement(attribute, at);
  }

  #presence(): Expression | null {
    if (!this.#require('(')) return null;
    const { at } = this.#token;
    const attribute = this.#attribute();
    if (attribute === null || !this.#require(')')) return null;
    return this.#term({ term: { kind: 'has', attribute }, at, valuesAt: [] });
  }

  #attribute(): string | null {
    const { kind, text } = this.#token;
    if (kind !== 'word' || KEYWORDS.has(text)) {
      return this.#expected('an attribute', 'a statement is like `group in [dev, qa]`');
    }
    this.#step(this.#token.at + text.length);
    return text;
  }

  #statement(attribute: string, at: number): Expression | null {
    const { kind, text } = this.#token;
    if (kind === 'sign' && isComparison(text)) {
      this.#took(text);
      const valueAt = this.#token.at;
      const value = this.#value();
      if (value === null) return null;
      const term: Term = { kind: 'compare', attribute, operator: text, value };
      return this.#term({ term, at, valuesAt: [valueAt] });
    }
    if (this.#took('in')) return this.#membership(attribute, at, 'in');
    if (this.#took('not')) {
      return this.#require('in') ? this.#membership(attribute, at, 'not in') : null;
    }
    return this.#expected('a comparison', `compare it: \`${attribute} == value\``);
  }

  #membership(attribute: string, at: number, operator: 'in' | 'not in'): Expression | null {
    if (!this.#require('[')) return null;
    const opened = this.#token.at;
    if (this.#token.text === ']') {
      const sentence = `nothing is ${operator} an empty list`;
      const mend = 'name at least one value';
      return this.#fail({ code: 'AUDIENCE_LIST_EMPTY', at: opened, sentence, mend });
    }
    const values: AttributeValue[] = [];
    const valuesAt: number[] = [];
    do {
      const valueAt = this.#token.at;
      const value = this.#value();
      if (value === null) return null;
      if (values.includes(value)) return this.#repeated(value, valueAt);
      values.push(value);
      valuesAt.push(valueAt);
    } while (this.#took(','));
    if (!this.#require(']')) return null;
    return this.#term({ term: { kind: 'member', attribute, operator, values }, at, valuesAt });
  }

  #repeated(value: AttributeValue, at: number): null {
    const sentence = `${JSON.stringify(value)} is in the list already`;
    const mend = 'name each value once; perhaps another was meant';
    return this.#fail({ code: 'AUDIENCE_VALUE_REPEATED', at, sentence, mend });
  }

  #value(): AttributeValue | null {
    const token = this.#token;
    const value = valueOf(token);
    if (value !== null) {
      this.#step(token.at + token.text.length);
      return value;
    }
    if (token.kind === 'word') {
      return this.#expected('a value', `as a text it is quoted: "${token.text}"`);
    }
    const mend = 'write a word, a number, `true`, `false` or a text in double quotes';
    return this.#expected('a value', mend);
  }

  #term(placed: PlacedTerm): Expression | null {
    this.terms.push(placed);
    if (this.terms.length <= TERMS_MAX) return placed.term;
    const sentence = `an audience has at most ${TERMS_MAX} statements`;
    const mend = 'join values of one attribute with `in`';
    return this.#fail({ code: 'AUDIENCE_TOO_LONG', at: placed.at, sentence, mend });
  }

  #took(text: string): boolean {
    const { kind, at } = this.#token;
    if ((kind !== 'word' && kind !== 'sign') || this.#token.text !== text) return false;
    this.#step(at + text.length);
    return true;
  }

  #require(text: string): boolean {
    if (this.#took(text)) return true;
    this.#expected(`\`${text}\``, 'the guide to audiences shows the whole language');
    return false;
  }

  #expected(wanted: string, mend: string): null {
    const { kind, at, text } = this.#token;
    const sentence = `${kind === 'end' ? 'the end' : text} stands where ${wanted} is expected`;
    const lower = text.toLowerCase();
    const hint = kind === 'word' && lower !== text && KEYWORDS.has(lower) ? `write ${lower}` : mend;
    return this.#fail({ code: 'AUDIENCE_UNREADABLE', at, sentence, mend: hint });
  }

  #fail(problem: AudienceProblem): null {
    this.problem ??= problem;
    return null;
  }

  #step(from: number): void {
    const found = tokenAt(this.#source, from);
    if (isProblem(found)) {
      this.#fail(found);
      this.#token = { kind: 'end', at: this.#source.length, text: '' };
    } else {
      this.#token = found;
    }
  }
}

function valueOf(token: Token): AttributeValue | null {
  switch (token.kind) {
    case 'text':
    case 'number':
      return token.value;
    case 'word':
      if (token.text === 'true') return true;
      if (token.text === 'false') return false;
      return KEYWORDS.has(token.text) ? null : token.text;
    case 'sign':
    case 'end':
      return null;
  }
}
