import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { aliasMoveSchema, aliasNameSchema } from './alias.ts';
import { goldenSchema } from './golden.ts';
import { modelNameSchema } from './model.ts';
import { labelSchema, lineageFileSchema, lineageOf, pushSchema } from './version.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const example = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../examples/models', name), 'utf8'));

// G2: what a version was made from comes with it.
test.for(['v1', 'v2', 'v3'])('the files of the demo model %s are well-formed', (name) => {
  const golden = goldenSchema.parse(example(`${name}.golden.json`));
  expect(Object.keys(golden.outputs)).toEqual(['label', 'probabilities']);
  const lineage = lineageOf(lineageFileSchema.parse(example(`${name}.lineage.json`)));
  expect(Object.keys(lineage)).toEqual([
    'data',
    'code',
    'dependencies',
    'command',
    'seed',
    'createdBy',
  ]);
  expect(lineage.seed).toBe(28);
});

describe('a push', () => {
  test('needs no more than a digest', () => {
    const push = { digest, metrics: {}, tags: {}, lineage: null, golden: null };
    expect(pushSchema.parse({ digest })).toEqual(push);
  });

  test.for([
    { what: 'unknown key', body: { digest, lable: 'x' } },
    { what: 'unknown key in lineage', body: { digest, lineage: { data: [], code: [], dat: [] } } },
    { what: 'unknown key in golden', body: { digest, golden: { inputs: {}, output: {} } } },
    { what: 'metric that is no number', body: { digest, metrics: { auc: '0.9' } } },
    { what: 'metric without bounds', body: { digest, metrics: { auc: Infinity } } },
    { what: 'tag key off', body: { digest, tags: { __proto__x: 'y' } } },
    { what: 'digest of other length', body: { digest: `${digest}0` } },
    { what: 'label of digits', body: { digest, label: '12' } },
    { what: 'golden nested too deep', body: { digest, golden: { inputs: { x: nest(17) } } } },
    { what: 'golden with null', body: { digest, golden: { inputs: { x: [null] } } } },
  ])('is refused: $what', ({ body }) => {
    expect(pushSchema.safeParse(body).success).toBe(false);
  });

  test('a tag named __proto__ pollutes nothing', () => {
    const body: unknown = JSON.parse(`{"digest":"${digest}","tags":{"__proto__":{"x":1}}}`);
    const parsed = pushSchema.safeParse(body);
    expect(parsed.success && Object.getPrototypeOf(parsed.data.tags)).not.toHaveProperty('x');
  });
});

function nest(depth: number): unknown {
  return depth === 0 ? 1 : [nest(depth - 1)];
}

describe('names', () => {
  test.for([
    { schema: modelNameSchema, kind: 'model', good: ['tumor-risk', 'm.2', '4x'], bad: [''] },
    {
      schema: modelNameSchema,
      kind: 'model',
      good: [],
      bad: ['A', 'a/b', 'a@1', '-a', '__proto__', 'a b', 'a'.repeat(64), 'a\n'],
    },
    {
      schema: labelSchema,
      kind: 'label',
      good: ['v1.2.0', '2026-11-21T10-04-05Z', '1.0+x'],
      bad: ['7', 'latest', 'a@b', '', '.x'],
    },
    {
      schema: aliasNameSchema,
      kind: 'alias',
      good: ['production', 'blue-2'],
      bad: ['latest', '3', 'Prod', ''],
    },
  ])('of a $kind', ({ schema, good, bad }) => {
    expect(good.filter((name) => !schema.safeParse(name).success)).toEqual([]);
    expect(bad.filter((name) => schema.safeParse(name).success)).toEqual([]);
  });

  test('an alias move must say what it expects', () => {
    expect(aliasMoveSchema.safeParse({ version: 2 }).success).toBe(false);
    expect(aliasMoveSchema.safeParse({ version: 2, expect: null }).success).toBe(true);
  });
});
