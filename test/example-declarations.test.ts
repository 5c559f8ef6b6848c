import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { specProblems } from '../src/core/rollout/spec-problems.ts';
import { stagesOfStrategy } from '../src/core/strategy/strategies.ts';
import { rolloutSpecSchema } from '../src/protocol/admin/rollout-spec.ts';

const folder = join(import.meta.dirname, '../examples/strategies');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

test.each(files)('the example %s is what its name says, and sound', (file) => {
  const declared: unknown = parse(readFileSync(join(folder, file), 'utf8'));
  const { spec, candidates } = rolloutSpecSchema.parse(declared);
  expect(file).toMatch(new RegExp(`^${spec.strategy.kind}(-[a-z]+)?\\.yaml$`));
  expect(specProblems(spec)).toEqual([]);
  const [first] = stagesOfStrategy(spec.strategy);
  expect(first?.split?.length ?? 1).toBe(candidates.length);
});
