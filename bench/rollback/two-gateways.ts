import { setTimeout as pause } from 'node:timers/promises';
import { Product } from '../../test/scenario/product.ts';
import { ENDPOINT } from '../peers/understudy.ts';

const END_MS = 20_000;
const POLL_MS = 25;

/** Another endpoint keeps the candidate loaded, so that each canary has traffic at once. */
export async function startTwoGateways(): Promise<Product> {
  const product = await new Product({ UNDERSTUDY_PREDICT_WORKERS: '2' }).start();
  try {
    await product.givenEndpoint(['v1', 'v2']);
    const keeper = { name: 'keeper', version: `${ENDPOINT}@2` };
    await product.client.endpoint.create({ body: keeper });
    return product;
  } catch (thrown) {
    await product.stop();
    throw thrown;
  }
}

/** Waits until something is so. */
export async function waitUntil(
  holds: () => Promise<boolean> | boolean,
  what: string,
): Promise<void> {
  const giveUpMs = performance.now() + END_MS;
  while (!(await holds())) {
    if (performance.now() > giveUpMs) throw new Error(`it was not so in time: ${what}`);
    await pause(POLL_MS);
  }
}
