import { list } from '../lib/wording.ts';
import type { AttributeDeclaration, AttributeType, AttributeValue } from './attribute.ts';
import type { Term } from './expression.ts';
import { parseAudience } from './parse.ts';
import type { PlacedTerm } from './parse.ts';
import type { AudienceProblem } from './problem.ts';

/** Everything that is wrong with an audience for these attributes; empty when it is sound. */
export function audienceProblems(
  source: string,
  attributes: readonly AttributeDeclaration[],
): readonly AudienceProblem[] {
  const parsed = parseAudience(source);
  if (!parsed.ok) return [parsed.error];
  return parsed.value.terms.flatMap((placed) => termProblems(placed, attributes));
}

function termProblems(
  { term, at, valuesAt }: PlacedTerm,
  attributes: readonly AttributeDeclaration[],
): readonly AudienceProblem[] {
  const declared = attributes.find(({ name }) => name === term.attribute);
  if (declared === undefined) return [unknownAttribute(term.attribute, at, attributes)];
  const { name, type } = declared;
  if (term.kind === 'compare' && type !== 'number' && isOrder(term.operator)) {
    const sentence = `${name} is a ${type}; only numbers are compared with ${term.operator}`;
    return [{ code: 'AUDIENCE_TYPE_DIFFERS', at, sentence, mend: 'compare it with `==` or `in`' }];
  }
  return valuesOf(term).flatMap((value, i) =>
    typeOf(value) === type ? [] : [otherType(declared, value, valuesAt[i] ?? at)],
  );
}

const isOrder = (operator: string): boolean => operator !== '==' && operator !== '!=';

function unknownAttribute(
  name: string,
  at: number,
  attributes: readonly AttributeDeclaration[],
): AudienceProblem {
  const known = attributes.map((one) => one.name);
  const declared = `the endpoint declares ${known.length === 0 ? 'none' : list(known)}`;
  return {
    code: 'AUDIENCE_ATTRIBUTE_UNKNOWN',
    at,
    sentence: `there is no attribute ${name}: ${declared}`,
    mend: `declare it: \`--attribute ${name}=header:x-${name.toLowerCase()}:text\``,
  };
}

function otherType(
  { name, type }: AttributeDeclaration,
  value: AttributeValue,
  at: number,
): AudienceProblem {
  const sentence = `${name} is a ${type}, ${JSON.stringify(value)} a ${typeOf(value)}`;
  return { code: 'AUDIENCE_TYPE_DIFFERS', at, sentence, mend: MENDS[type](value) };
}

const MENDS: Readonly<Record<AttributeType, (value: AttributeValue) => string>> = {
  text: (value) => `write "${value}", or declare the attribute as a ${typeOf(value)}`,
  number: () => 'write a number without quotes, such as `18`',
  boolean: () => 'write `true` or `false` without quotes',
};

function typeOf(value: AttributeValue): AttributeType {
  if (typeof value === 'string') return 'text';
  return typeof value === 'number' ? 'number' : 'boolean';
}

function valuesOf(term: Term): readonly AttributeValue[] {
  switch (term.kind) {
    case 'compare':
      return [term.value];
    case 'member':
      return term.values;
    case 'has':
      return [];
  }
}
