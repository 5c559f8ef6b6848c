import { execFile } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Product } from '../test/scenario/product.ts';
import { Clients } from './rollback/clients.ts';
import { whenAllGatewaysApplied } from './rollback/gateways.ts';
import { startTwoGateways, waitUntil } from './rollback/two-gateways.ts';
import { ENDPOINT, startCanary } from './peers/understudy.ts';
import { quantileOf } from './quantile.ts';
import { figure, tableText } from './table.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));

const GATEWAYS = ['g1', 'g2'];
const RATE = 400;
/** Answers of the candidate before it is taken out. */
const ANSWERS_BEFORE = 20;
/** How long answers are looked at after a command; the promise is 250 ms. */
const LOOK_MS = 400;
const PROMISE_MS = 250;
const NS_PER_MS = 1e6;

/** How a rollback is ordered. */
type Order = (product: Product) => Promise<void>;

const orders = {
  'admin API': async ({ client }) => {
    await client.endpoint.rollback({
      params: { endpoint: ENDPOINT },
      body: { reason: 'benchmark' },
    });
  },
  'understudy rollback': async ({ data }) => {
    const words = ['rollback', ENDPOINT, '--reason', 'benchmark', '--data', data];
    await run(process.execPath, [program, ...words]);
  },
} as const satisfies Readonly<Record<string, Order>>;

/** What one rollback took, in milliseconds since it was ordered. */
type Taken = {
  readonly accepted: number;
  /** The last answer a candidate gave to a client; 0 when there was none any more. */
  readonly lastAnswer: number;
  readonly applied: number;
  /** How long this program itself was held up at most: a measure of how busy the machine is. */
  readonly heldUp: number;
};

/** How many rollbacks are ordered in which way. */
export type RollbackEffort = { readonly byApi: number; readonly byCommand: number };

/**
 * Canaries at half of the traffic, rolled back again and again while clients send: from the order
 * to the last answer of the candidate, and until every gateway has applied it.
 */
export async function benchRollback(
  print: (text: string) => void,
  { byApi, byCommand }: RollbackEffort,
): Promise<void> {
  const product = await startTwoGateways();
  const clients = new Clients(product.predictUrl, RATE);
  try {
    const perOrder = { 'admin API': byApi, 'understudy rollback': byCommand } as const;
    for (const name of ['admin API', 'understudy rollback'] as const) {
      const all: Taken[] = [];
      for (let i = 0; i < perOrder[name]; i += 1) {
        all.push(await rollBackOnce(product, clients, orders[name]));
      }
      if (all.length > 0) print(takenTable(`${all.length} rollbacks by ${name}`, all));
      if (name === 'admin API') print(lateText(all));
    }
    const { sent, failed } = clients;
    print(`  ${sent} requests were sent, ${failed} failed`);
  } finally {
    clients.stop();
    await product.stop();
  }
}

async function rollBackOnce(product: Product, clients: Clients, order: Order): Promise<Taken> {
  const id = await startCanary(product, { candidate: 2, share: '50%' });
  clients.forget();
  await waitUntil(() => clients.candidateAnswers.length >= ANSWERS_BEFORE, 'the candidate answers');
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const orderedMs = performance.now();
  const applied = whenAllGatewaysApplied(product.data, GATEWAYS, id);
  await order(product);
  const accepted = performance.now() - orderedMs;
  const appliedMs = await applied;
  await pause(Math.max(0, orderedMs + LOOK_MS - performance.now()));
  delay.disable();
  const after = clients.candidateAnswers
    .filter((at) => at >= orderedMs)
    .map((at) => at - orderedMs);
  await waitUntil(async () => {
    const { phase } = await product.client.rollout.read({ params: { rollout: id } });
    return phase === 'reverted';
  }, `rollout ${id} is reverted`);
  return {
    accepted,
    lastAnswer: after.at(-1) ?? 0,
    applied: appliedMs - orderedMs,
    heldUp: delay.max / NS_PER_MS,
  };
}

function takenTable(title: string, all: readonly Taken[]): string {
  const row = (name: string, values: readonly number[]): readonly string[] => {
    const sorted = Float64Array.from(values).sort();
    return [name, ...[0.5, 0.9, 0.99, 1].map((part) => figure(quantileOf(sorted, part)))];
  };
  const rows = [
    row(
      'command answered, ms',
      all.map(({ accepted }) => accepted),
    ),
    row(
      'last answer of the candidate, ms',
      all.map(({ lastAnswer }) => lastAnswer),
    ),
    row(
      'applied on every gateway, ms',
      all.map(({ applied }) => applied),
    ),
    row(
      'this program was held up, ms',
      all.map(({ heldUp }) => heldUp),
    ),
  ];
  return tableText(title, ['from the command', 'p50', 'p90', 'p99', 'max'], rows);
}

function lateText(all: readonly Taken[]): string {
  const late = all.filter(({ lastAnswer }) => lastAnswer > PROMISE_MS).length;
  return `  answered by the candidate later than ${PROMISE_MS} ms: ${late} of ${all.length}`;
}
