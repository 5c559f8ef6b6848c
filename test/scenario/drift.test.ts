import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRows } from '../../examples/demo/rows.ts';
import { run } from '../cli/run.ts';
import { Load } from './load.ts';
import { ENDPOINT, Product } from './product.ts';
import { until } from './until.ts';

const rows = readRows()
  .map(({ features }) => features)
  .filter((features) => features.every((value) => value >= 0));

let folder: string;
let product: Product;
let load: Load;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-drift-'));
  product = await new Product().start();
  await product.givenEndpoint(['v1'], await lineageMadeFrom(rows));
});
afterEach(async () => {
  await load.stop();
  await product.stop();
  rmSync(folder, { recursive: true });
});

/** As a user makes it: a CSV file, a lineage file, and the command. */
async function lineageMadeFrom(training: typeof rows): Promise<object> {
  const head = (training[0] ?? []).map((_, column) => `measure-${column}`);
  const csv = join(folder, 'training.csv');
  const lineage = join(folder, 'lineage.json');
  writeFileSync(csv, [head, ...training].map((cells) => cells.join(',')).join('\n'));
  writeFileSync(lineage, '{"data": [], "code": []}');
  await run(['model', 'reference', csv, '--input', 'features', '--lineage', lineage]);
  return JSON.parse(readFileSync(lineage, 'utf8')) as object;
}

/** What is known once 200 rows were counted. */
async function thenDrift() {
  return until(
    async () => {
      const [row] = await product.client.drift.read({ query: { endpoint: ENDPOINT } });
      return (row?.drifts[0]?.rows ?? 0) >= 200 ? row : null;
    },
    { what: 'rows are counted', withinMs: 40_000 },
  );
}

const whenAsked = (asked: readonly (readonly number[])[]): Load =>
  new Load({ url: product.predictUrl, rows: asked, rate: 100, seed: 1, users: 50_000 });

// M2: drift of the inputs against training data, by the reference in the lineage file.
describe('given a version that says what its training data looked like', () => {
  test('when like people ask, then nothing is said to have moved', async () => {
    load = whenAsked(rows);
    const row = await thenDrift();
    expect(row).toMatchObject({ endpoint: ENDPOINT, cause: 'none' });
    expect(row?.drifts).toHaveLength(30);
  });

  test('when a measurement comes in another unit, then it is named, the world blamed', async () => {
    load = whenAsked(rows.map(([first = 0, ...others]) => [first * 2.54, ...others]));
    const row = await thenDrift();
    expect(row?.cause).toBe('world');
    const moved = row?.drifts.filter(({ level }) => level === 'act');
    expect(moved?.map(({ what }) => what)).toEqual(['measure-0']);
  });
});
