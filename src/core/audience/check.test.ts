import { expect, test } from 'vitest';
import type { AttributeDeclaration } from './attribute.ts';
import { audienceProblems } from './check.ts';

const header = (name: string, type: AttributeDeclaration['type']): AttributeDeclaration => ({
  name,
  type,
  source: { kind: 'header', header: `x-${name}` },
});

const attributes = [header('group', 'text'), header('age', 'number'), header('beta', 'boolean')];

const unknown = 'AUDIENCE_ATTRIBUTE_UNKNOWN';
const differs = 'AUDIENCE_TYPE_DIFFERS';

test.each([
  { source: 'group in [dev, qa] and age >= 18 and not has(beta)', problems: [] },
  { source: 'beta != false or age in [1, 2]', problems: [] },
  { source: 'tier == power or has(group)', problems: [[unknown, 1]] },
  {
    source: 'tier == power or has(region)',
    problems: [
      [unknown, 1],
      [unknown, 22],
    ],
  },
  { source: 'Group == dev', problems: [[unknown, 1]] },
  { source: 'group == 5', problems: [[differs, 10]] },
  { source: 'group == true', problems: [[differs, 10]] },
  {
    source: 'age in [18, young, "21"]',
    problems: [
      [differs, 13],
      [differs, 20],
    ],
  },
  { source: 'beta == yes', problems: [[differs, 9]] },
  { source: 'beta == 1', problems: [[differs, 9]] },
  { source: 'group > dev', problems: [[differs, 1]] },
  { source: 'beta <= true', problems: [[differs, 1]] },
  { source: 'group in [', problems: [['AUDIENCE_UNREADABLE', 11]] },
])('$source', ({ source, problems }) => {
  const found = audienceProblems(source, attributes);
  expect(found.map(({ code, at }) => [code, at + 1])).toEqual(problems);
});

test.each([
  {
    source: 'tier == power',
    sentence: 'there is no attribute tier: the endpoint declares group, age and beta',
    mend: 'declare it: `--attribute tier=header:x-tier:text`',
  },
  {
    source: 'group == 5',
    sentence: 'group is a text, 5 a number',
    mend: 'write "5", or declare the attribute as a number',
  },
  {
    source: 'age == "18"',
    sentence: 'age is a number, "18" a text',
    mend: 'write a number without quotes, such as `18`',
  },
  {
    source: 'beta == yes',
    sentence: 'beta is a boolean, "yes" a text',
    mend: 'write `true` or `false` without quotes',
  },
  {
    source: 'group > dev',
    sentence: 'group is a text; only numbers are compared with >',
    mend: 'compare it with `==` or `in`',
  },
])('$source: $sentence', ({ source, sentence, mend }) => {
  expect(audienceProblems(source, attributes)).toMatchObject([{ sentence, mend }]);
});

test('an endpoint without attributes says so', () => {
  const [problem] = audienceProblems('has(group)', []);
  expect(problem?.sentence).toBe('there is no attribute group: the endpoint declares none');
});
