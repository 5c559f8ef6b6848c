import { expect, test } from 'vitest';
import { operations } from '../src/protocol/admin/operations.ts';
import { routes } from './routes.ts';

test('the routes are those of the API', () => {
  const wanted = Object.entries(operations).map(([id, { method, path }]) => [
    id,
    `${method} ${path}`,
  ]);
  expect(routes).toEqual(Object.fromEntries(wanted));
});
