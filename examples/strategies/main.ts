import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { ENDPOINT, giveVersions, openScene, rollOut, summarise } from '../demo/scene.ts';
import { examples } from './examples.ts';

const LIMIT_MS = 90_000;
/** What the baseline does before a rollout is what a candidate that serves alone is held to. */
const CALM_MS = 6_000;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
  },
});

async function main(name: string): Promise<void> {
  const example = examples.find((one) => one.name === name);
  if (example === undefined) {
    const known = examples.map((one) => one.name).join(', ');
    process.stderr.write(`which example? known: ${known}\n`);
    process.exitCode = 64;
    return;
  }
  const scene = await openScene({
    title: `${name}: ${example.story}`,
    quiet: flags.json,
    keep: false,
    seed: Number(flags.seed),
    limitMs: LIMIT_MS,
    tells: example.tells,
  });
  try {
    await giveVersions(scene, example.endpoint);
    await pause(CALM_MS);
    const told = [];
    for (const [version, title] of [
      [2, 'Version 2, a better model'],
      [3, 'Version 3: best offline metrics, but it takes the logarithm of a -1'],
    ] as const) {
      scene.story.chapter(title);
      const file = new URL(`${name}.yaml`, import.meta.url);
      const declared = parse(readFileSync(file, 'utf8')) as object;
      told.push(
        await rollOut(scene, {
          ...declared,
          endpoint: ENDPOINT,
          candidate: `${ENDPOINT}@${version}`,
        }),
      );
    }
    await scene.traffic.stop();
    if (!summarise(scene, told, flags)) process.exitCode = 1;
  } finally {
    await scene.traffic.stop();
    await scene.product.stop();
  }
}

await main(positionals[0] ?? '');
