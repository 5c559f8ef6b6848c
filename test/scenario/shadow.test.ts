import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FOLLOWED_BY } from '../../src/protocol/admin/strategy/strategy.ts';
import { runnersOf, ENDPOINT, Product } from './product.ts';
import { until } from './until.ts';
import {
  thenAllDecideAlike,
  thenEnded,
  thenPhase,
  whenClientsSend,
  type Rollout,
} from './words.ts';

const RATE = 200;

let product: Product;
beforeEach(async () => {
  product = await new Product({ UNDERSTUDY_PREDICT_WORKERS: '1' }).start();
  await product.givenEndpoint(['v1', 'v2', 'v3']);
});
afterEach(async () => {
  try {
    await thenAllDecideAlike(product);
  } finally {
    await product.stop();
  }
});

/** A shadow of all units in buckets of a second, with what little traffic can show of agreement. */
function whenShadowStarts(
  candidate: number,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Rollout> {
  return product.client.rollout.start({
    body: {
      endpoint: ENDPOINT,
      candidate: `${ENDPOINT}@${candidate}`,
      strategy: { kind: 'shadow', least: '2s', perSecond: 1_000, ...more },
      bucket: '1s',
      triggers: [
        { metric: 'error_rate', tolerance: '10%' },
        { metric: 'null_rate', tolerance: '4%', limit: '8%' },
        { metric: 'disagreement', tolerance: '10%', limit: '30%', minUnits: 200 },
      ],
      reason: 'scenario',
    },
  });
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${product.predict}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

function pairsKept(): readonly Record<string, unknown>[] {
  const folder = join(product.data, 'gateways', 'g1', 'pairs');
  return readdirSync(folder)
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

// S3: copies that agree, copies that do not, and a shadow that dies.
describe('given users of version 1', () => {
  test('a shadow of a good version reaches agreement, unseen, and cuts over', async () => {
    const load = whenClientsSend(product, { rate: RATE });
    const { id } = await whenShadowStarts(2, { cutOver: 'manual' });
    const waiting = await thenWaits(id);
    expect(waiting.doing).toContain('waiting for somebody to say `promote`');
    expect(new Set(load.served.map(({ arm }) => arm))).toEqual(new Set(['baseline']));
    expect(await metric('understudy_copies_compared_rows_total')).toBeGreaterThan(200);
    await product.client.rollout.command({
      params: { rollout: id },
      body: { command: 'promote', reason: 'they agree' },
    });
    expect((await thenEnded(product, id)).phase).toBe('promoted');
    await load.stop();
    expect(load.failures).toEqual([]);
    const pairs = pairsKept();
    expect(pairs.length).toBeGreaterThan(200);
    expect(pairs[0]).toMatchObject({
      endpoint: ENDPOINT,
      rollout: id,
      user: { arm: 'baseline', version: 1 },
      copy: { arm: 'candidate', version: 2 },
    });
  });

  test('a shadow that may cut over by itself does, and a canary can follow it', async () => {
    const load = whenClientsSend(product, { rate: RATE });
    const next = { kind: 'canary', stages: ['50%', '100%'], least: '1s' };
    const { id } = await whenShadowStarts(2, { [FOLLOWED_BY]: [next] });
    await thenPhase(product, id, { phase: 'advancing', stage: 1 });
    const ended = await thenEnded(product, id);
    await load.stop();
    expect(ended.phase).toBe('promoted');
    expect(load.failures).toEqual([]);
  });

  test('a shadow that answers NaN is taken back, and no user saw it', async () => {
    const load = whenClientsSend(product, { rate: RATE, withMissing: true });
    const ended = await thenEnded(product, (await whenShadowStarts(3)).id);
    await load.stop();
    expect(ended).toMatchObject({ phase: 'reverted', cause: { by: 'check', who: 'null_rate' } });
    expect(new Set(load.served.map(({ arm }) => arm))).toEqual(new Set(['baseline']));
    expect(load.failures).toEqual([]);
  });

  test('a shadow whose runner is killed again and again costs users nothing', async () => {
    const gateway = (await product.processes())['g1'] ?? 0;
    const before = new Set(runnersOf(gateway));
    const load = whenClientsSend(product, { rate: RATE });
    const { id } = await whenShadowStarts(2);
    await thenPhase(product, id, { phase: 'advancing' });
    const ended = thenEnded(product, id);
    const over = ended.then(() => true);
    let kills = 0;
    while (!(await Promise.race([over, pause(300, false)]))) {
      for (const pid of runnersOf(gateway).filter((one) => !before.has(one))) {
        process.kill(pid, 'SIGKILL');
        kills += 1;
      }
    }
    await load.stop();
    expect(kills).toBeGreaterThan(0);
    expect((await ended).phase).toBe('reverted');
    expect(load.failures).toEqual([]);
    expect(new Set(load.served.map(({ arm }) => arm))).toEqual(new Set(['baseline']));
  });
});

/** The evidence suffices, and nobody has said anything yet. */
async function thenWaits(id: string): Promise<Rollout> {
  const read = () => product.client.rollout.read({ params: { rollout: id } });
  return until(
    async () => {
      const rollout = await read();
      return rollout.doing.includes('waiting for somebody') ? rollout : null;
    },
    { what: `${id} waits for somebody`, withinMs: 60_000 },
  );
}
