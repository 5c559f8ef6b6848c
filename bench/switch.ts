import { setTimeout as pause } from 'node:timers/promises';
import type { Product } from '../test/scenario/product.ts';
import { ENDPOINT } from './peers/understudy.ts';
import { quantileOf } from './quantile.ts';
import { Clients } from './rollback/clients.ts';
import { startTwoGateways, waitUntil } from './rollback/two-gateways.ts';
import { figure, tableText } from './table.ts';

const RATE = 500;
/** How long answers are looked at after a command; the promise is 250 ms. */
const LOOK_MS = 400;

/** One switch and the way back, in milliseconds from the command to the last old answer. */
type Switched = { readonly toGreen: number; readonly toBlue: number };

/**
 * Blue-green switches of all traffic while clients send, and back again: from the command to the
 * last answer of the version that was left (S1).
 */
export async function benchSwitch(print: (text: string) => void, count: number): Promise<void> {
  const product = await startTwoGateways();
  const clients = new Clients(product.predictUrl, RATE);
  try {
    const all: Switched[] = [];
    for (let i = 0; i < count; i += 1) all.push(await switchOnce(product, clients));
    print(switchedTable(all));
    const { sent, failed } = clients;
    print(`  ${sent} requests were sent at ${RATE} a second, ${failed} failed`);
  } finally {
    clients.stop();
    await product.stop();
  }
}

async function switchOnce(product: Product, clients: Clients): Promise<Switched> {
  const { id } = await product.client.rollout.start({
    body: {
      endpoint: ENDPOINT,
      candidate: `${ENDPOINT}@2`,
      strategy: { kind: 'blue-green', cutOver: 'manual', keepWarm: '1h' },
      triggers: 'default',
      bucket: '1s',
      reason: 'benchmark',
    },
  });
  const isIn = (phase: string) => async (): Promise<boolean> =>
    (await product.client.rollout.read({ params: { rollout: id } })).phase === phase;
  await waitUntil(isIn('advancing'), `green of ${id} is proved`);
  const command = (word: 'advance' | 'rollback'): Promise<unknown> =>
    product.client.rollout.command({
      params: { rollout: id },
      body: { command: word, reason: 'benchmark' },
    });
  const toGreen = await lastAfter(clients, 'baseline', () => command('advance'));
  const toBlue = await lastAfter(clients, 'candidate', () => command('rollback'));
  await waitUntil(isIn('reverted'), `rollout ${id} is reverted`);
  return { toGreen, toBlue };
}

/** From an order to the last answer of an arm; 0 when there was none any more. */
async function lastAfter(
  clients: Clients,
  arm: 'baseline' | 'candidate',
  order: () => Promise<unknown>,
): Promise<number> {
  clients.forget();
  const orderedMs = performance.now();
  await order();
  await pause(Math.max(0, orderedMs + LOOK_MS - performance.now()));
  const { candidateAnswers, baselineAnswers } = clients;
  const last = (arm === 'candidate' ? candidateAnswers : baselineAnswers).at(-1);
  return last === undefined ? 0 : last - orderedMs;
}

function switchedTable(all: readonly Switched[]): string {
  const row = (name: string, values: readonly number[]): readonly string[] => {
    const sorted = Float64Array.from(values).sort();
    return [name, ...[0.5, 0.9, 0.99, 1].map((part) => figure(quantileOf(sorted, part)))];
  };
  const rows = [
    row(
      'advance → last answer of blue, ms',
      all.map(({ toGreen }) => toGreen),
    ),
    row(
      'rollback → last answer of green, ms',
      all.map(({ toBlue }) => toBlue),
    ),
  ];
  const title = `${all.length} blue-green switches and their way back, two gateways`;
  return tableText(title, ['from the command', 'p50', 'p90', 'p99', 'max'], rows);
}
