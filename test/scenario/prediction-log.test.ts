import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRows } from '../../examples/demo/rows.ts';
import type { FoundPredictions } from '../../src/protocol/prediction-log.ts';
import { ENDPOINT, Product } from './product.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const UNIT = 'ada.lovelace@example.org';
const [row] = readRows();

let product: Product;
beforeEach(() => {
  product = new Product({ UNDERSTUDY_PREDICT_WORKERS: '1' });
});
afterEach(() => product.stop());

async function givenLog(): Promise<void> {
  await product.start();
  await product.givenEndpoint(['v1', 'v2']);
  await product.client.endpoint.change({
    params: { endpoint: ENDPOINT },
    body: {
      log: {
        sample: 10_000,
        redact: [
          { pointer: '/unit', as: 'digest' },
          { pointer: '/features/0', as: 'constant' },
        ],
      },
    },
  });
}

async function whenAsked(unit: string, version?: string): Promise<number> {
  const pin: Record<string, string> =
    version === undefined ? {} : { 'x-understudy-version': version };
  const answer = await fetch(product.predictUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-unit-id': unit, ...pin },
    body: JSON.stringify({ features: row?.features }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

async function found(...words: readonly string[]): Promise<FoundPredictions> {
  const flags = ['log', 'query', ...words, '--data', product.data, '--json'];
  const { stdout } = await run(process.execPath, [program, ...flags]);
  return JSON.parse(stdout) as FoundPredictions;
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${product.predict}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

test('what version 2 said for this user is found, and nobody reads who it was', async () => {
  await givenLog();
  // The gateway keeps predictions from the table on that says so.
  await until(
    async () => {
      await whenAsked('somebody');
      return (await metric('understudy_predictions_kept_total')) > 0 ? true : null;
    },
    { what: 'predictions are kept' },
  );
  expect([await whenAsked(UNIT), await whenAsked(UNIT, '2')]).toEqual([200, 200]);
  const said = await until(
    async () => {
      const { predictions } = await found(ENDPOINT, '--unit', UNIT);
      return predictions.length === 2 ? predictions : null;
    },
    { what: 'both are found' },
  );
  expect(said).toMatchObject([
    { version: 2, arm: 'pinned', outcome: 'ok' },
    { version: 1, arm: 'baseline', outcome: 'ok' },
  ]);
  const { predictions } = await found('--unit', UNIT, '--version', '2', '--since', '1h');
  expect(predictions).toEqual([said[0]]);
  const rows = said[0]?.inputs?.[0]?.data as readonly (readonly unknown[])[] | undefined;
  const values = rows?.[0];
  expect(values).toHaveLength(row?.features.length ?? 0);
  expect(values?.[0]).toBe('[redacted]');
  const folder = join(product.data, 'gateways', 'g1', 'predictions');
  const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(bytes.join('')).not.toContain(UNIT);
});

test('where nothing can be written, users are answered and drops are counted', async () => {
  const gateway = join(product.data, 'gateways', 'g1');
  mkdirSync(gateway, { recursive: true });
  writeFileSync(join(gateway, 'predictions'), 'no directory');
  await givenLog();
  const dropped = () => metric('understudy_predictions_dropped_total');
  let failures = 0;
  await until(
    async () => {
      const asked = Array.from({ length: 250 }, (_none, at) => whenAsked(`user-${at}`));
      failures += (await Promise.all(asked)).filter((status) => status !== 200).length;
      return (await dropped()) > 0 ? true : null;
    },
    { what: 'drops are counted' },
  );
  expect(failures).toBe(0);
  expect(await metric('understudy_predictions_kept_total')).toBe(0);
});
