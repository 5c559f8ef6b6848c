import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../cli/run.ts';
import type { Load } from './load.ts';
import { ENDPOINT, Product } from './product.ts';
import { until } from './until.ts';
import { whenClientsSend } from './words.ts';

// M1: per version, in the words of `understudy health`, from real processes.

let product: Product;
let load: Load | null = null;
beforeAll(async () => {
  // One gateway, so that its metrics are those of all processes.
  const environment = { UNDERSTUDY_COST_CORE_PER_HOUR: '0.04', UNDERSTUDY_PREDICT_WORKERS: '1' };
  product = await new Product(environment).start();
  await product.givenEndpoint(['v1']);
});
afterAll(async () => {
  await load?.stop();
  await product.stop();
});

const health = (...flags: readonly string[]) =>
  run(['health', ENDPOINT, '--data', product.data, '--json', ...flags]);

const rowsOf = async (...flags: readonly string[]) =>
  (
    (await health(...flags)).json() as {
      readonly rows: readonly Readonly<Record<string, unknown>>[];
    }
  ).rows;

test('given no traffic, then nothing is known of health, and the exit code says so', async () => {
  expect((await health()).exit).toBe(17);
  expect(await rowsOf()).toMatchObject([{ version: 1, serves: 'users', health: 'no_data' }]);
});

test('given traffic, then figures, use and cost are told, and the version is healthy', async () => {
  load = whenClientsSend(product, { rate: 100 });
  const [row] = await until(
    async () => {
      const rows = await rowsOf();
      return Number(rows[0]?.['requests']) > 300 ? rows : null;
    },
    { what: 'three hundred requests are counted', withinMs: 60_000 },
  );
  expect(row).toMatchObject({ health: 'healthy', successRate: 1, nullRate: 0, why: [] });
  expect((await health()).exit).toBe(0);
  expect(row?.['cpuCores']).toBeGreaterThan(0);
  expect(row?.['costPerThousand']).toBeGreaterThan(0);
  // ONNX Runtime with a model of two kilobytes: more than an empty process, less than a machine.
  expect(row?.['residentBytes']).toBeGreaterThan(30 * 2 ** 20);
  expect(row?.['residentBytes']).toBeLessThan(2 ** 30);
});

test('given thresholds nobody can keep, by flag or endpoint, then it is unhealthy', async () => {
  expect((await health('--mean-max', '0.001ms')).exit).toBe(16);
  const body = { health: { meanMsMax: 0.001 } };
  await product.client.endpoint.change({ params: { endpoint: ENDPOINT }, body });
  const ran = await health();
  expect([ran.exit, ran.stdout]).toEqual([16, expect.stringContaining('The mean latency is')]);
});

test('then the gateway tells the same of its model processes, by version', async () => {
  const text = await (await fetch(`${product.predict}/metrics`)).text();
  for (const name of ['cpu_seconds_total', 'resident_bytes', 'predictions_total']) {
    const line = new RegExp(`^understudy_runner_${name}\\{.*version="1"\\} ([\\d.e+]+)$`, 'm');
    expect(Number(line.exec(text)?.[1])).toBeGreaterThan(0);
  }
});
