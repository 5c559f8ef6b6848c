import { describe, expect, test } from 'vitest';
import { inferBody } from '../../test/gateway/rig.ts';
import { failing, started } from '../../test/gateway/started.ts';
import { rolloutRoute, tableWith } from '../../test/gateway/tables.ts';
import type { FunctionModel } from '../adapters/backend/function.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import { BATCH_ROWS } from './importance-probe.ts';

/** A model that weighs the two numbers of every row. */
const weighing = (first: number, second: number): FunctionModel => ({
  predict: ({ inputs: [x] }): readonly Tensor[] => {
    const rows = x?.shape[0] ?? 0;
    const at = (index: number): number => Number(x?.data[index]);
    const data = Float32Array.from(
      { length: rows },
      (_, row) => first * at(2 * row) + second * at(2 * row + 1),
    );
    return [{ name: 'sum', datatype: 'FP32', shape: [rows, 1], data }];
  },
});

const asking = rolloutRoute(5_000, { importance: true });

/** What windows say after so many users asked. */
async function afterUsers(
  users: number,
  options: { readonly route?: typeof asking; readonly candidate?: FunctionModel } = {},
) {
  const { route = asking, candidate = weighing(1, 9) } = options;
  const rig = await started(tableWith(1, [route]), { 1: weighing(9, 1), 2: candidate });
  for (let user = 0; user < users; user += 1) {
    const body = inferBody([(user * 37) % 101, (user * 53) % 97]);
    await rig.ask('/v2/models/risk/infer', body, { 'x-unit-id': `u${user}` });
  }
  await rig.clock.pass(1_000);
  await rig.clock.pass(11_000);
  return rig.windows().flatMap(({ arm, importance }) => {
    return importance === undefined ? [] : [{ arm, ...importance }];
  });
}

const parts = ({ rows, shares }: { readonly rows: number; readonly shares: readonly number[] }) =>
  shares.map((share) => share / rows);

describe('what drives the answers', () => {
  test('is found for both arms, on the same rows', async () => {
    const found = await afterUsers(2 * BATCH_ROWS);
    expect(found.map(({ arm, rows, features }) => [arm, rows, features])).toEqual([
      ['baseline', BATCH_ROWS, ['x[0]', 'x[1]']],
      ['candidate', BATCH_ROWS, ['x[0]', 'x[1]']],
    ]);
    const [baseline = [], candidate = []] = found.map(parts);
    expect(baseline[0]).toBeGreaterThan(0.7);
    expect(candidate[1]).toBeGreaterThan(0.7);
  });

  test.each([
    { name: 'with too few rows', users: 2 * BATCH_ROWS - 1, options: {} },
    { name: 'where nobody asks', users: 2 * BATCH_ROWS, options: { route: rolloutRoute(5_000) } },
  ])('is not looked for $name', async ({ users, options }) => {
    expect(await afterUsers(users, options)).toEqual([]);
  });

  test('a version that fails says nothing of itself', async () => {
    const found = await afterUsers(6 * BATCH_ROWS, { candidate: failing });
    expect(found.map(({ arm }) => arm)).toEqual(['baseline']);
  });
});
