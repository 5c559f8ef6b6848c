import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readVersion } from '../../examples/demo/rows.ts';
import { readInstance } from '../../src/runtime/instance-lock.ts';
import { Product } from '../../test/scenario/product.ts';
import { treeOf } from '../cpu.ts';
import type { Dialect } from '../load/requests.ts';

/** The product as a user runs it, with a canary under way. */
export type Understudy = {
  readonly product: Product;
  readonly urlOf: Readonly<Record<Dialect, string>>;
  /** The gateway process alone; it with its model runners; every process. */
  readonly watch: {
    readonly gateway: () => readonly number[];
    readonly serving: () => readonly number[];
    readonly all: () => readonly number[];
  };
  readonly stop: () => Promise<void>;
};

/** The name of the model and of the endpoint in all benchmarks. */
export const ENDPOINT = 'tumor-risk';

const START_MS = 60_000;
const POLL_MS = 100;

/**
 * Starts it with everything on: one gateway, tokens, audit, metrics, evidence, and a canary whose
 * candidate answers a tenth of the requests, with its checks and the fuse. Candidate and baseline
 * are the same graph, so that all requests are the same work.
 */
export async function startUnderstudy(): Promise<Understudy> {
  const product = await new Product({ UNDERSTUDY_PREDICT_WORKERS: '1' }).start();
  try {
    const { bytes, golden } = readVersion('v1');
    await pushVersion(product, bytes, golden);
    await pushVersion(product, retold(bytes));
    const { client } = product;
    await client.endpoint.create({ body: { name: ENDPOINT, version: `${ENDPOINT}@1` } });
    await startCanary(product, { candidate: 2, share: '10%' });
    return await running(product);
  } catch (thrown) {
    await product.stop();
    throw thrown;
  }
}

async function running(product: Product): Promise<Understudy> {
  const { predict } = product;
  const { pid, children } = await instanceOf(product);
  const gateway = children.find(({ name }) => name === 'g1')?.pid ?? 0;
  return {
    product,
    urlOf: {
      simple: `${predict}/v1/endpoints/${ENDPOINT}/predict`,
      oip: `${predict}/v2/models/${ENDPOINT}/infer`,
    },
    watch: {
      gateway: () => [gateway],
      serving: () => treeOf(gateway),
      all: () => treeOf(pid),
    },
    stop: () => product.stop(),
  };
}

/** Registers a version of the model; gives its number. */
export async function pushVersion(
  { client }: Product,
  bytes: Uint8Array,
  golden?: object,
): Promise<number> {
  const { digest } = await client.blob.put({ body: bytes });
  const { version } = await client.version.push({
    params: { model: ENDPOINT },
    body: { digest, ...(golden === undefined ? {} : { golden }) } as never,
  });
  return version.version;
}

/** Field 14 of an ONNX file, of type 2: an entry of free metadata, a key and a value. */
const METADATA = (14 << 3) | 2;
const [KEY, VALUE] = [(1 << 3) | 2, (2 << 3) | 2];

/** The same graph as another file: an entry of metadata behind it gives it another digest. */
function retold(bytes: Uint8Array): Uint8Array {
  const word = [...new TextEncoder().encode('again')];
  const entry = [KEY, word.length, ...word, VALUE, word.length, ...word];
  return Uint8Array.from([...bytes, METADATA, entry.length, ...entry]);
}

/** What a canary of a benchmark is. */
export type Canary = {
  readonly candidate: number;
  /** As a person writes it: `10%`. */
  readonly share: string;
};

/** Starts a canary that stays at its first stage, and waits until it has traffic; gives its id. */
export async function startCanary({ client }: Product, canary: Canary): Promise<string> {
  const { candidate, share } = canary;
  const { id } = await client.rollout.start({
    body: {
      endpoint: ENDPOINT,
      candidate: `${ENDPOINT}@${candidate}`,
      strategy: { stages: [share], least: '1h' },
      triggers: 'default',
      bucket: '1s',
      reason: 'benchmark',
    },
  });
  const giveUpMs = performance.now() + START_MS;
  for (;;) {
    const { phase, doing } = await client.rollout.read({ params: { rollout: id } });
    if (phase === 'advancing') return id;
    if (phase !== 'preparing' || performance.now() > giveUpMs) {
      throw new Error(`rollout ${id} is ${phase}: ${doing}`);
    }
    await pause(POLL_MS);
  }
}

async function instanceOf({ data }: Product) {
  const instance = await readInstance(join(data, 'supervisor.sock'));
  if (instance === null) throw new Error('understudy serve has ended');
  return instance;
}
