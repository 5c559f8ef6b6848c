import { setTimeout as pause } from 'node:timers/promises';
import { startProduct, type Product } from './product.ts';
import { readRows, readVersion, type Row } from './rows.ts';
import { bar, Story } from './story.ts';
import { Traffic, type Telling } from './traffic.ts';

/** The model and the endpoint of all examples. */
export const ENDPOINT = 'tumor-risk';

/** Requests a second. */
export const RATE = 600;

const POLL_MS = 250;

/** The product under traffic, and who tells of it. */
export type Scene = {
  readonly product: Product;
  readonly traffic: Traffic;
  readonly story: Story;
  readonly rows: readonly Row[];
  /** No rollout may last longer. */
  readonly limitMs: number;
};

/** A rollout as the admin API shows it. */
export type Rollout = Awaited<ReturnType<Product['client']['rollout']['read']>>;

/** What is told of a rollout that has ended. */
export type Told = {
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

type Options = {
  readonly title: string;
  readonly quiet: boolean;
  readonly keep: boolean;
  readonly seed: number;
  readonly limitMs: number;
  readonly tells: Telling;
};

/** Starts the product and prepares clients; nothing is sent yet. */
export async function openScene(options: Options): Promise<Scene> {
  const { title, quiet, keep, seed, limitMs, tells } = options;
  const story = new Story({ quiet });
  story.chapter(title);
  const product = await startProduct({ keep });
  story.say(`understudy serve answers on ${product.predict}, its admin API on ${product.admin}`);
  const rows = readRows();
  const { predict } = product;
  const traffic = new Traffic({ predict, endpoint: ENDPOINT, rows, seed, rate: RATE, tells });
  return { product, traffic, story, rows, limitMs };
}

/** Pushes the three trained versions and lets clients use the first. */
export async function giveVersions(scene: Scene, settings: object = {}): Promise<void> {
  const { product, story, traffic, rows } = scene;
  story.chapter('Three trained versions of one model');
  for (const name of ['v1', 'v2', 'v3'] as const) await push(scene, name);
  await product.client.endpoint.create({
    body: { name: ENDPOINT, version: `${ENDPOINT}@1`, ...settings },
  });
  story.say(`endpoint ${ENDPOINT} answers with ${ENDPOINT}@1`);
  await firstAnswer(scene);
  traffic.start();
  story.say(
    `clients send ${RATE} requests a second: ${rows.length} real held-out rows, 5000 users`,
  );
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
async function firstAnswer({ product, limitMs }: Scene): Promise<void> {
  const url = `${product.predict}/v2/models/${ENDPOINT}/ready`;
  const giveUp = performance.now() + limitMs;
  while (!(await fetch(url)).ok) {
    if (performance.now() > giveUp) throw new Error(`${ENDPOINT} does not become ready`);
    await pause(POLL_MS);
  }
}

type Declaration = Parameters<Product['client']['rollout']['start']>[0]['body'];

/** Starts a rollout, tells how it goes, and waits until it has ended. */
export async function rollOut(scene: Scene, declaration: Declaration): Promise<Told> {
  const { product, traffic } = scene;
  const startMs = performance.now();
  const before = traffic.count;
  const started = await product.client.rollout.start({ body: declaration });
  const ended = await follow(scene, started);
  const after = traffic.count;
  const hasSwapped = ended.baseline.version === started.candidate.version;
  return {
    endpoint: ENDPOINT,
    baseline: `${ENDPOINT}@${started.baseline.version}`,
    candidate: `${ENDPOINT}@${started.candidate.version}`,
    strategy: ended.strategy,
    outcome: hasSwapped ? 'swapped' : ended.phase,
    reason: ended.cause?.sentence ?? ended.doing,
    seconds: Number(((performance.now() - startMs) / 1_000).toFixed(1)),
    candidateRequests: after.candidate - before.candidate,
    failedClientRequests: after.failed - before.failed,
  };
}

async function follow(scene: Scene, { id, candidate }: Rollout): Promise<Rollout> {
  const { product, story, limitMs } = scene;
  const giveUp = performance.now() + limitMs;
  let told = '';
  for (;;) {
    const rollout = await product.client.rollout.read({ params: { rollout: id } });
    const line = progressOf(rollout);
    if (line !== told) story.say(line);
    told = line;
    if (['promoted', 'reverted', 'cancelled'].includes(rollout.phase)) return rollout;
    // A challenger that is champion now would go on being challenged for ever.
    if (rollout.phase === 'advancing' && rollout.baseline.version === candidate.version) {
      story.say(`version ${candidate.version} is the champion now; that is enough to see`);
      const body = { command: 'cancel', reason: 'seen' } as const;
      await product.client.rollout.command({ params: { rollout: id }, body });
    }
    if (performance.now() > giveUp) throw new Error(`rollout ${id} is still ${rollout.phase}`);
    await pause(POLL_MS);
  }
}

function progressOf(rollout: Rollout): string {
  const { phase, shareBps, verdicts, cause, hold } = rollout;
  const share = `${phase.padEnd(10)} candidate ${String(shareBps / 100).padStart(3)} %`;
  if (phase !== 'advancing' && phase !== 'holding') {
    return cause === null ? share : `${share}  ${cause.sentence}`;
  }
  if (hold !== null) return `${share}  ${hold.who}: ${hold.sentence}`;
  const checks = verdicts.map(({ check, outcome, evidence }) => {
    const part = evidence.safety / evidence.safetyNeeded;
    const sign = outcome === 'pass' ? '✓' : outcome === 'fail' ? '✗' : bar(part, 5);
    return `${check} ${sign}`;
  });
  return `${share}  ${checks.join('  ')}`;
}

/** Prints what happened; true when the good one was promoted, the bad one reverted, none failed. */
export function summarise(
  { traffic, story }: Scene,
  rollouts: readonly Told[],
  options: { readonly json: boolean },
): boolean {
  const { requests, failed, correct } = traffic.count;
  if (options.json) {
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
  const isIn = good === 'promoted' || good === 'swapped';
  return isIn && bad === 'reverted' && failed === 0;
}

/** Leaves it running until somebody presses ctrl-C. */
export async function keepRunning({ product, story }: Scene): Promise<void> {
  const { data, predict, admin } = product;
  story.chapter('It goes on running; press ctrl-C to end it');
  story.say(`predictions ${predict}, admin API ${admin}`);
  story.say(`another terminal: npx understudy status --data ${data}`);
  await new Promise((resolve) => process.once('SIGINT', resolve));
}
