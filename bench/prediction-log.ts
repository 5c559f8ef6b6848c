import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readVersion } from '../examples/demo/rows.ts';
import { readInstance } from '../src/runtime/instance-lock.ts';
import { Product } from '../test/scenario/product.ts';
import type { Effort } from './gateway.ts';
import { ENDPOINT, pushVersion } from './peers/understudy.ts';
import { cpuPerRequest, race, ratios, spreadOf, type Target } from './rounds.ts';
import { figure, ratioText, tableText } from './table.ts';

const CONNECTIONS = 32;
const READY_MS = 60_000;
const POLL_MS = 50;
/** In basis points of the units. */
const SAMPLES = [0, 1_000, 10_000] as const;

/**
 * What keeping predictions costs: endpoints of one gateway process that answer with the same
 * version and keep nobody's, a tenth's, or everybody's, with inputs, outputs and pseudonyms.
 */
export async function benchPredictionLog(
  print: (text: string) => void,
  { rounds, measureMs }: Effort,
): Promise<void> {
  const product = await new Product({ UNDERSTUDY_PREDICT_WORKERS: '1' }).start();
  try {
    const { bytes, golden } = readVersion('v1');
    await pushVersion(product, bytes, golden);
    for (const sample of SAMPLES) await givenEndpoint(product, sample);
    const instance = await readInstance(join(product.data, 'supervisor.sock'));
    const pid = instance?.children.find(({ name }) => name === 'g1')?.pid ?? 0;
    const targets = SAMPLES.map((sample): Target => {
      const url = `${product.predict}/v1/endpoints/${nameOf(sample)}/predict`;
      const peer = { url, watch: { cpu: () => [pid] }, stop: async () => undefined };
      return { name: `${sample / 100} % kept`, dialect: 'simple', peer };
    });
    const seen = [
      ...(await race(targets, { connections: CONNECTIONS, rate: null, measureMs }, rounds)),
    ];
    const cpu = cpuPerRequest('cpu');
    const rate = ({ requests }: { readonly requests: number }) => (requests * 1_000) / measureMs;
    const [[, none] = [null, []]] = seen;
    const rows = seen.map(([{ name }, all]) => [
      name,
      figure(spreadOf(all.map(rate)).median),
      ratioText(ratios(all.map(rate), none.map(rate))),
      figure(spreadOf(all.map(cpu)).median),
      ratioText(ratios(all.map(cpu), none.map(cpu))),
      figure(spreadOf(all.map(({ p99Ms }) => p99Ms)).median),
      String(all.reduce((sum, { failed }) => sum + failed, 0)),
    ]);
    const columns = ['', 'requests/s', 'of none', 'CPU µs/request', 'of none', 'p99 ms', 'failed'];
    print(tableText(`prediction log: ${CONNECTIONS} connections`, columns, rows));
    print(await countsOf(product));
  } finally {
    await product.stop();
  }
}

const nameOf = (sample: number): string => `kept-${sample}`;

async function givenEndpoint({ client, predict }: Product, sample: number): Promise<void> {
  const name = nameOf(sample);
  await client.endpoint.create({ body: { name, version: `${ENDPOINT}@1`, log: { sample } } });
  const giveUpMs = performance.now() + READY_MS;
  while (!(await fetch(`${predict}/v2/models/${name}/ready`)).ok) {
    if (performance.now() > giveUpMs) throw new Error(`${name} does not get ready`);
    await pause(POLL_MS);
  }
}

/** How many were written, and how many found no room on the way. */
async function countsOf({ predict }: Product): Promise<string> {
  const text = await (await fetch(`${predict}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith('understudy_predictions_'));
  return lines.join('\n');
}
