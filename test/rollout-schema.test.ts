import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fastify } from 'fastify';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { specProblems } from '../src/core/rollout/spec-problems.ts';
import { rolloutSpecSchema } from '../src/protocol/admin/rollout-spec.ts';
import { FOLLOWED_BY } from '../src/protocol/admin/strategy/strategy.ts';
import { declarationsIn } from './docs/declarations.ts';

// docs/reference/rollout.schema.json is for editors: what it lets pass and what it underlines is
// what the product takes and refuses.

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const examples = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ where: `examples/${name}`, text: read(`examples/${name}`) }));

/** Whether the schema takes a declaration, by the validator that comes with Fastify. */
const judge = fastify({
  ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
});
const body = JSON.parse(read('docs/reference/rollout.schema.json')) as object;
judge.post('/', { schema: { body } }, () => 'sound');

async function complaint(declared: unknown): Promise<string> {
  const payload = JSON.stringify(declared);
  const headers = { 'content-type': 'application/json' };
  const { statusCode, json } = await judge.inject({ method: 'POST', url: '/', payload, headers });
  return statusCode === 200 ? '' : json<{ readonly message: string }>().message;
}

describe('the schema takes what the product takes', () => {
  test.for([...examples, ...declarationsIn(root)])('$where', async ({ text }) => {
    const declared: unknown = parse(text);
    expect(await complaint(declared)).toBe('');
    expect(specProblems(rolloutSpecSchema.parse(declared).spec)).toEqual([]);
  });
});

const least = { endpoint: 'churn', candidate: 'churn@7', triggers: 'default' };
const { triggers: _triggers, ...withoutTriggers } = least;
const follows = (next: unknown, kind = 'shadow'): object => ({ kind, [FOLLOWED_BY]: next });

describe('what the schema refuses, the product refuses', () => {
  test.for<{ readonly what: string; readonly declared: object }>([
    { what: 'a misspelt key', declared: { ...least, bukcet: '1s' } },
    { what: 'no candidate', declared: { endpoint: 'churn', triggers: 'default' } },
    { what: 'candidate and candidates', declared: { ...least, candidates: ['churn@8'] } },
    { what: 'a duration without a unit', declared: { ...least, bucket: '10' } },
    { what: 'a rate without its unit', declared: { ...least, risk: { wrongRevert: 0.01 } } },
    { what: 'an unknown strategy', declared: { ...least, strategy: 'purple' } },
    { what: 'an unknown kind', declared: { ...least, strategy: { kind: 'purple' } } },
    {
      what: 'a key of another strategy',
      declared: { ...least, strategy: { kind: 'gradual', keepWarm: '5m' } },
    },
    {
      what: 'a preset and stages',
      declared: { ...least, strategy: { preset: 'default', stages: ['5%'] } },
    },
    { what: 'a share above all', declared: { ...least, strategy: { stages: [200] } } },
    { what: 'a follower that is none', declared: { ...least, strategy: follows('purple') } },
    {
      what: 'a follower with a follower',
      declared: { ...least, strategy: follows(follows('gradual', 'canary')) },
    },
  ])('$what', async ({ declared }) => {
    expect(await complaint(declared)).not.toBe('');
    expect(rolloutSpecSchema.safeParse(declared).success).toBe(false);
  });

  test('a rollout without triggers, which only the start refuses', async () => {
    expect(await complaint(withoutTriggers)).toContain('triggers');
    expect(rolloutSpecSchema.parse(withoutTriggers).spec.checks).toEqual([]);
  });
});

test('editors are told everything in the one file', () => {
  const text = read('docs/reference/rollout.schema.json');
  const links = [...text.matchAll(/"\$ref": "([^"]+)"/g)].map(([, link = '']) => link);
  expect(new Set(links)).toEqual(new Set(['#/definitions/strategy', '#/definitions/follower']));
  expect(text).not.toContain('"$id"');
});

describe('every key of the schema is explained', () => {
  type Shape = {
    readonly description?: string;
    readonly properties?: Readonly<Record<string, Shape>>;
  };
  const keys = (at: string, shape: unknown): readonly (readonly [string, Shape])[] => {
    if (typeof shape !== 'object' || shape === null) return [];
    const { properties = {} } = shape as Shape;
    const own = Object.entries(properties).map(([name, one]) => [`${at}.${name}`, one] as const);
    return [...own, ...Object.entries(shape).flatMap(([name, one]) => keys(`${at}.${name}`, one))];
  };
  test('by a sentence', () => {
    const silent = keys('', body).filter(([, { description = '' }]) => description === '');
    expect(silent.map(([at]) => at).filter((at) => !at.endsWith('.kind'))).toEqual([]);
  });
});
