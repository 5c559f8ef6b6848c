import { expect, test } from 'vitest';
import { openapiDocument } from './openapi.ts';
import { operations } from './operations.ts';
import type { OperationId } from './operations.ts';

type Schema = Readonly<Record<string, unknown>>;
type Described = {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
};
type Document = {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

const document = openapiDocument('1.2.3') as unknown as Document;
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, said]) => ({
    path,
    method: method.toUpperCase(),
    ...said,
  })),
);

test('every operation is described once, where it is', () => {
  const wanted = (Object.keys(operations) as OperationId[]).map((id) => {
    const { path, method } = operations[id];
    return { operationId: id, path, method };
  });
  const found = described.map(({ operationId, path, method }) => ({ operationId, path, method }));
  expect(found).toEqual(expect.arrayContaining(wanted));
  expect(found).toHaveLength(wanted.length);
});

test('every parameter of a path is described', () => {
  const missing = described.filter(({ path, parameters = [] }) => {
    const inPath = parameters.filter((parameter) => parameter.in === 'path');
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    return names.join() !== inPath.map(({ name }) => name).join();
  });
  expect(missing).toEqual([]);
});

test('every reference leads somewhere, and every named shape is used', () => {
  const text = JSON.stringify(document);
  const used = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, id]) => id));
  const known = Object.keys(document.components.schemas);
  expect(known.filter((name) => name.startsWith('_'))).toEqual([]);
  expect([...used].filter((name) => name !== undefined && !known.includes(name))).toEqual([]);
  // The stream of events is text to a schema; its data is described beside it.
  expect(known.filter((name) => !used.has(name))).toEqual(['Event']);
  expect(text).not.toContain('$defs');
});

test('a request is what a caller may leave out, an answer what he may rely on', () => {
  const { RolloutStart, Rollout } = document.components.schemas;
  expect(RolloutStart?.['required']).toEqual(['endpoint']);
  expect(RolloutStart?.['additionalProperties']).toBe(false);
  expect(Rollout?.['required']).toContain('verdicts');
  expect(Rollout).not.toHaveProperty('additionalProperties');
});

test('the same table gives the same bytes', () => {
  expect(JSON.stringify(openapiDocument('1.2.3'))).toBe(JSON.stringify(document));
});
