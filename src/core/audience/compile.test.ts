import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantViolation } from '../lib/invariant.ts';
import { ATTRIBUTE_TYPES } from './attribute.ts';
import type { AttributeDeclaration, AttributeValue } from './attribute.ts';
import { audienceProblems } from './check.ts';
import { compileAudience } from './compile.ts';
import type { CompiledAudience } from './compile.ts';
import { depthOf, printExpression } from './expression.ts';
import type { Expression, Term } from './expression.ts';
import { AUDIENCE_CHARS_MAX, DEPTH_MAX, parseAudience } from './parse.ts';

const attributes: readonly AttributeDeclaration[] = [
  { name: 'group', type: 'text', source: { kind: 'header', header: 'x-group' } },
  { name: 'age', type: 'number', source: { kind: 'pointer', pointer: '/user/age' } },
  { name: 'beta', type: 'boolean', source: { kind: 'header', header: 'x-beta' } },
];

/** Somebody's values by name; what is absent is missing. */
type Person = { readonly [name: string]: AttributeValue | undefined };

const valuesOf = (audience: CompiledAudience, person: Person): (AttributeValue | undefined)[] =>
  audience.attributes.map(({ name }) => person[name]);

function isIn(source: string, person: Person): boolean {
  const audience = compileAudience(source, attributes);
  return audience.includes(valuesOf(audience, person));
}

describe('who is in', () => {
  const dev = { group: 'dev', age: 30, beta: true };
  const nobody = {};
  test.each([
    { source: 'group in [dev, qa]', person: dev, inside: true },
    { source: 'group not in [dev, qa]', person: dev, inside: false },
    { source: 'group == dev', person: { group: 'Dev' }, inside: false },
    { source: 'group != dev', person: { group: 'qa' }, inside: true },
    { source: 'group == ""', person: { group: '' }, inside: true },
    { source: 'age < 30', person: dev, inside: false },
    { source: 'age <= 30', person: dev, inside: true },
    { source: 'age > 30', person: dev, inside: false },
    { source: 'age >= 30', person: dev, inside: true },
    { source: 'age == 30 and beta == true', person: dev, inside: true },
    { source: 'age == 31 or beta == true', person: dev, inside: true },
    { source: 'not (age == 31 or beta == true)', person: dev, inside: false },
    // `and` binds tighter than `or`.
    { source: 'beta == true or age > 90 and group == qa', person: dev, inside: true },
    { source: '(beta == true or age > 90) and group == qa', person: dev, inside: false },
    // Who is not known is in no audience that needs the value, whichever way it is asked.
    { source: 'group == dev', person: nobody, inside: false },
    { source: 'group != dev', person: nobody, inside: false },
    { source: 'not (group == dev)', person: nobody, inside: false },
    { source: 'group not in [dev]', person: nobody, inside: false },
    { source: 'not (group in [dev])', person: nobody, inside: false },
    { source: 'age < 18 or age >= 18', person: nobody, inside: false },
    { source: 'has(group)', person: nobody, inside: false },
    { source: 'has(group)', person: { group: '' }, inside: true },
    { source: 'not has(group)', person: nobody, inside: true },
    { source: 'group != dev or not has(group)', person: nobody, inside: true },
    // Where the value does not matter, that it is missing does not either.
    { source: 'group == dev or age > 18', person: { age: 20 }, inside: true },
    { source: 'not (group == dev and age > 18)', person: { age: 10 }, inside: true },
    { source: 'not (group == dev and age > 18)', person: { age: 20 }, inside: false },
  ])('$source of $person: $inside', ({ source, person, inside }) => {
    expect(isIn(source, person)).toBe(inside);
  });
});

describe('unknown and the rest, as Kleene has them', () => {
  // Statements that are true, unknown and false of somebody who is 30 and of no known group.
  const statements = { true: 'age == 30', unknown: 'group == dev', false: 'age == 0' } as const;
  type Word = keyof typeof statements;
  const somebody = { age: 30 };

  /** A statement is in, out (its negation is in), or neither. */
  function wordOf(source: string): Word {
    if (isIn(source, somebody)) return 'true';
    return isIn(`not (${source})`, somebody) ? 'false' : 'unknown';
  }

  test.each([
    { left: 'true', right: 'true', and: 'true', or: 'true' },
    { left: 'true', right: 'unknown', and: 'unknown', or: 'true' },
    { left: 'true', right: 'false', and: 'false', or: 'true' },
    { left: 'unknown', right: 'true', and: 'unknown', or: 'true' },
    { left: 'unknown', right: 'unknown', and: 'unknown', or: 'unknown' },
    { left: 'unknown', right: 'false', and: 'false', or: 'unknown' },
    { left: 'false', right: 'true', and: 'false', or: 'true' },
    { left: 'false', right: 'unknown', and: 'false', or: 'unknown' },
    { left: 'false', right: 'false', and: 'false', or: 'false' },
  ] as const)('$left, $right: and $and, or $or', ({ left, right, and, or }) => {
    const [one, two] = [statements[left], statements[right]];
    expect({ and: wordOf(`${one} and ${two}`), or: wordOf(`${one} or ${two}`) }).toEqual({
      and,
      or,
    });
  });
});

const texts = fc.oneof(
  fc.constantFrom('dev', 'qa', 'eu-west', 'not', 'true', '5', '', ' ', '"', '\\'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const numbers = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
);
const valuesFor = { text: texts, number: numbers, boolean: fc.boolean() } as const;

const terms: fc.Arbitrary<Term> = fc.constantFrom(...attributes).chain(({ name, type }) => {
  const value: fc.Arbitrary<AttributeValue> = valuesFor[type];
  const attribute = fc.constant(name);
  const order = fc.constantFrom('==', '!=', '<', '<=', '>', '>=');
  const operator = type === 'number' ? order : fc.constantFrom('==', '!=');
  const values = fc.uniqueArray(value, { minLength: 1, maxLength: 4 });
  const membership = fc.constantFrom('in', 'not in');
  return fc.oneof(
    fc.record({ kind: fc.constant('has'), attribute }),
    fc.record({ kind: fc.constant('compare'), attribute, operator, value }),
    fc.record({ kind: fc.constant('member'), attribute, operator: membership, values }),
  );
});

/** Joins as the parser does: no branch lies directly in one of its kind. */
function branch(kind: 'and' | 'or', operands: readonly Expression[]): Expression {
  const flat = operands.flatMap((one) => (one.kind === kind ? one.operands : [one]));
  return { kind, operands: flat };
}

const { expression: expressions } = fc.letrec<{ expression: Expression }>((tie) => {
  const operands = fc.array(tie('expression'), { minLength: 2, maxLength: 3 });
  return {
    expression: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      terms,
      tie('expression').map((operand): Expression => ({ kind: 'not', operand })),
      operands.map((all) => branch('and', all)),
      operands.map((all) => branch('or', all)),
    ),
  };
});
const small = expressions.filter(
  (one) => depthOf(one) <= DEPTH_MAX && printExpression(one).length <= AUDIENCE_CHARS_MAX / 2,
);
const people: fc.Arbitrary<Person> = fc.record(
  { group: texts, age: numbers, beta: fc.boolean() },
  { requiredKeys: [] },
);

/** The meaning of the language, written down plainly: true, false, or null for unknown. */
function meaning(expression: Expression, person: Person): boolean | null {
  switch (expression.kind) {
    case 'not': {
      const operand = meaning(expression.operand, person);
      return operand === null ? null : !operand;
    }
    case 'and':
    case 'or': {
      const decisive = expression.kind === 'or';
      const all = expression.operands.map((one) => meaning(one, person));
      if (all.includes(decisive)) return decisive;
      return all.includes(null) ? null : !decisive;
    }
    case 'has':
      return person[expression.attribute] !== undefined;
    case 'member': {
      const value = person[expression.attribute];
      if (value === undefined) return null;
      return expression.values.some((one) => one === value) === (expression.operator === 'in');
    }
    case 'compare':
      return comparison(expression, person[expression.attribute]);
  }
}

function comparison(
  { operator, value }: Term & { kind: 'compare' },
  found: AttributeValue | undefined,
): boolean | null {
  if (found === undefined) return null;
  switch (operator) {
    case '==':
      return found === value;
    case '!=':
      return found !== value;
    case '<':
      return found < value;
    case '<=':
      return found <= value;
    case '>':
      return found > value;
    case '>=':
      return found >= value;
  }
}

describe('laws', () => {
  test('what is printed parses to the same, and prints the same', () => {
    fc.assert(
      fc.property(small, (expression) => {
        const canonical = printExpression(expression);
        const parsed = parseAudience(canonical);
        expect(parsed).toMatchObject({ ok: true, value: { expression, canonical } });
      }),
    );
  });

  test('what is compiled means what is written', () => {
    fc.assert(
      fc.property(small, people, (expression, person) => {
        const source = printExpression(expression);
        expect(isIn(source, person)).toBe(meaning(expression, person) === true);
        expect(isIn(`not (${source})`, person)).toBe(meaning(expression, person) === false);
      }),
      { numRuns: 500 },
    );
  });

  test('De Morgan: not (a and b) is not a or not b, also of what is unknown', () => {
    fc.assert(
      fc.property(terms, terms, people, (one, two, person) => {
        const [a, b] = [printExpression(one), printExpression(two)];
        const left = [`not (${a} and ${b})`, `not (${a} or ${b})`];
        const right = [`not ${a} or not ${b}`, `not ${a} and not ${b}`];
        for (const [i, source] of left.entries()) {
          const other = right[i] ?? '';
          expect(isIn(source, person)).toBe(isIn(other, person));
          expect(isIn(`not (${source})`, person)).toBe(isIn(`not (${other})`, person));
        }
      }),
    );
  });

  test('knowing more never takes anybody out, nor lets in whom the negation had', () => {
    // `has` alone tells what is missing from what is there.
    const withoutHas = small.filter((one) => !printExpression(one).includes('has('));
    fc.assert(
      fc.property(withoutHas, people, people, (expression, known, more) => {
        const source = printExpression(expression);
        const whole = { ...more, ...known };
        const [now, later] = [known, whole].map((person) => [
          isIn(source, person),
          isIn(`not (${source})`, person),
        ]);
        const decided = now?.includes(true) === true;
        expect(decided ? later : now).toEqual(now);
      }),
    );
  });

  test('whatever is sent, there is an answer', () => {
    const junk = fc.array(fc.anything({ withBigInt: true, withNullPrototype: true }));
    fc.assert(
      fc.property(small, junk, (expression, values) => {
        const audience = compileAudience(printExpression(expression), attributes);
        expect([true, false]).toContain(audience.includes(values as AttributeValue[]));
      }),
    );
  });

  test('whatever is written, it is an audience or a problem within the text', () => {
    const words = 'group age == < in not [ ] ( ) , and or has "dev" 18 - " true \\ x'.split(' ');
    const pieces = fc.constantFrom(...words);
    const soup = fc.array(pieces, { maxLength: 30 }).map((all) => all.join(' '));
    const anything = fc.oneof(soup, fc.string({ unit: 'binary', maxLength: 200 }));
    fc.assert(
      fc.property(anything, (source) => {
        for (const { at, sentence, mend } of audienceProblems(source, attributes)) {
          expect(at >= 0 && at <= source.length).toBe(true);
          expect(sentence.length > 0 && mend.length > 0).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

test('only what is asked for is to be read from a request', () => {
  const audience = compileAudience('beta == true or has(group)', attributes);
  expect(audience.attributes.map(({ name }) => name)).toEqual(['group', 'beta']);
  expect(ATTRIBUTE_TYPES).toHaveLength(new Set(attributes.map(({ type }) => type)).size);
});

test.each(['tier == power', 'age == old', 'age ='])('%s breaks the invariant', (source) => {
  expect(() => compileAudience(source, attributes)).toThrow(InvariantViolation);
});
