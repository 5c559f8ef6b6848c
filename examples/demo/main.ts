import { parseArgs } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { declarationOf } from './declaration.ts';
import {
  ENDPOINT,
  giveVersions,
  keepRunning,
  openScene,
  rollOut,
  summarise,
  type Scene,
  type Told,
} from './scene.ts';

const LIMIT_MS = 85_000;
const CALM_MS = 2_000;

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
  },
});

async function main(): Promise<void> {
  const scene = await openScene({
    title: 'Understudy: a model version goes to production, and another is taken out',
    quiet: flags.json,
    keep: flags.keep,
    seed: Number(flags.seed),
    limitMs: LIMIT_MS,
    tells: 'nothing',
  });
  try {
    await play(scene);
  } finally {
    await scene.traffic.stop();
    if (flags.keep) await keepRunning(scene);
    await scene.product.stop();
  }
}

async function play(scene: Scene): Promise<void> {
  const { traffic, story } = scene;
  await giveVersions(scene);
  await pause(CALM_MS);
  story.chapter('A canary of version 2, a better model');
  const good = await canary(scene, 2);
  story.chapter('A canary of version 3: best offline metrics, but it takes the logarithm of a -1');
  const bad = await canary(scene, 3);
  await traffic.stop();
  if (!summarise(scene, [good, bad], flags)) process.exitCode = 1;
}

const canary = (scene: Scene, version: number): Promise<Told> =>
  rollOut(scene, declarationOf(ENDPOINT, version));

await main();
