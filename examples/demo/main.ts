import { parseArgs } from 'node:util';
import { startProduct, type Product } from './product.ts';
import { readRows, readVersion } from './rows.ts';
import { bar, Story } from './story.ts';
import { Traffic } from './traffic.ts';

const ENDPOINT = 'tumor-risk';
const RATE = 600;
const LIMIT_MS = 85_000;
const POLL_MS = 250;
const CALM_MS = 2_000;

type Told = {
  readonly endpoint: string;
  readonly baseline: string;
  readonly candidate: string;
  readonly strategy: string;
  readonly outcome: string;
  readonly reason: string;
  readonly seconds: number;
  readonly candidateRequests: number;
  readonly failedClientRequests: number;
};

type Scene = { readonly product: Product; readonly traffic: Traffic; readonly story: Story };
type Rollout = Awaited<ReturnType<Product['client']['rollout']['read']>>;

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
  },
});

async function main(): Promise<void> {
  const story = new Story({ quiet: flags.json });
  story.chapter('Understudy: a model version goes to production, and another is taken out');
  const product = await startProduct({ keep: flags.keep });
  story.say(`understudy serve answers on ${product.predict}, its admin API on ${product.admin}`);
  const rows = readRows();
  const predict = product.predict;
  const options = { predict, endpoint: ENDPOINT, rows, seed: Number(flags.seed), rate: RATE };
  const traffic = new Traffic(options);
  const scene: Scene = { product, traffic, story };
  try {
    await play(scene, rows.length);
  } finally {
    await traffic.stop();
    if (flags.keep) await keepRunning(product, story);
    await product.stop();
  }
}

async function play(scene: Scene, rows: number): Promise<void> {
  const { traffic, story } = scene;
  story.chapter('Three trained versions of one model');
  for (const name of ['v1', 'v2', 'v3'] as const) await push(scene, name);
  await scene.product.client.endpoint.create({
    body: { name: ENDPOINT, version: `${ENDPOINT}@1` },
  });
  story.say(`endpoint ${ENDPOINT} answers with ${ENDPOINT}@1`);
  await firstAnswer(scene);
  traffic.start();
  story.say(`clients send ${RATE} requests a second: ${rows} real held-out rows, 5000 users`);
  await pause(CALM_MS);
  story.chapter('A canary of version 2, a better model');
  const good = await canary(scene, 2);
  story.chapter('A canary of version 3: best offline metrics, but it takes the logarithm of a -1');
  const bad = await canary(scene, 3);
  await traffic.stop();
  summarise(scene, [good, bad]);
}

async function push({ product, story }: Scene, name: 'v1' | 'v2' | 'v3'): Promise<void> {
  const { client } = product;
  const { bytes, lineage, golden } = readVersion(name);
  const { digest } = await client.blob.put({ body: bytes });
  const metrics = { ...lineage.metrics };
  const { version } = await client.version.push({
    params: { model: ENDPOINT },
    body: { digest, label: name, metrics, lineage, golden } as never,
  });
  const figures = Object.entries(metrics).map(([key, value]) => `${key} ${value.toFixed(3)}`);
  story.say(`${version.name} admitted (${version.bytes} bytes; offline: ${figures.join(', ')})`);
}

/** The gateway loads the model before it answers; who comes before then is told to wait. */
async function firstAnswer({ product }: Scene): Promise<void> {
  const url = `${product.predict}/v2/models/${ENDPOINT}/ready`;
  const giveUp = performance.now() + LIMIT_MS;
  while (!(await fetch(url)).ok) {
    if (performance.now() > giveUp) throw new Error(`${ENDPOINT} does not become ready`);
    await pause(POLL_MS);
  }
}

async function canary(scene: Scene, version: number): Promise<Told> {
  const { product, traffic } = scene;
  const startMs = performance.now();
  const before = traffic.count;
  const started = await product.client.rollout.start({
    body: {
      endpoint: ENDPOINT,
      candidate: `${ENDPOINT}@${version}`,
      strategy: 'default',
      // More is tolerated here than by default, so that seconds of traffic can show it, also on a
      // machine that is busy with other things.
      triggers: [
        'default',
        { metric: 'error_rate', tolerance: '1%' },
        { metric: 'null_rate', limit: '2%', tolerance: '1%' },
        { metric: 'latency', tolerance: '3%' },
      ],
      bucket: '1s',
      reason: 'demonstration',
    },
  });
  const ended = await follow(scene, started.id);
  const after = traffic.count;
  return {
    endpoint: ENDPOINT,
    baseline: `${ENDPOINT}@${ended.baseline.version}`,
    candidate: `${ENDPOINT}@${ended.candidate.version}`,
    strategy: ended.strategy,
    outcome: ended.phase,
    reason: ended.cause?.sentence ?? ended.doing,
    seconds: Number(((performance.now() - startMs) / 1_000).toFixed(1)),
    candidateRequests: after.candidate - before.candidate,
    failedClientRequests: after.failed - before.failed,
  };
}

async function follow({ product, story }: Scene, id: string): Promise<Rollout> {
  const giveUp = performance.now() + LIMIT_MS;
  let told = '';
  for (;;) {
    const rollout = await product.client.rollout.read({ params: { rollout: id } });
    const line = progressOf(rollout);
    if (line !== told) story.say(line);
    told = line;
    if (['promoted', 'reverted', 'cancelled'].includes(rollout.phase)) return rollout;
    if (performance.now() > giveUp) throw new Error(`rollout ${id} is still ${rollout.phase}`);
    await pause(POLL_MS);
  }
}

function progressOf(rollout: Rollout): string {
  const { phase, shareBps, verdicts, cause } = rollout;
  const share = `${phase.padEnd(10)} candidate ${String(shareBps / 100).padStart(3)} %`;
  if (phase !== 'advancing' && phase !== 'holding') {
    return cause === null ? share : `${share}  ${cause.sentence}`;
  }
  const checks = verdicts.map(({ check, outcome, evidence }) => {
    const part = evidence.safety / evidence.safetyNeeded;
    const sign = outcome === 'pass' ? '✓' : outcome === 'fail' ? '✗' : bar(part, 5);
    return `${check} ${sign}`;
  });
  return `${share}  ${checks.join('  ')}`;
}

function summarise({ traffic, story }: Scene, rollouts: readonly Told[]): void {
  const { requests, failed, correct } = traffic.count;
  if (flags.json) {
    const told = { rollouts, requests, failedClientRequests: failed };
    process.stdout.write(`${JSON.stringify(told)}\n`);
  }
  story.chapter('What happened');
  for (const { candidate, outcome, seconds, candidateRequests, reason } of rollouts) {
    story.say(
      `${candidate} was ${outcome} after ${seconds} s and ${candidateRequests} requests: ${reason}`,
    );
  }
  const accuracy = ((100 * correct) / Math.max(1, requests)).toFixed(1);
  story.say(`${requests} requests, ${failed} failed, ${accuracy} % of the answers were right`);
  const [good, bad] = rollouts.map(({ outcome }) => outcome);
  if (good !== 'promoted' || bad !== 'reverted' || failed > 0) process.exitCode = 1;
}

async function keepRunning({ data, predict, admin }: Product, story: Story): Promise<void> {
  story.chapter('It goes on running; press ctrl-C to end it');
  story.say(`predictions ${predict}, admin API ${admin}`);
  story.say(`another terminal: npx understudy status --data ${data}`);
  await new Promise((resolve) => process.once('SIGINT', resolve));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

await main();
