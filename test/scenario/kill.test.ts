import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Phase } from '../../src/core/rollout/rollout.ts';
import { ALLOWED } from '../../src/core/rollout/obey.ts';
import { CONNECTIONS_MAX } from './load.ts';
import { runnersOf, ENDPOINT, Product } from './product.ts';
import { until } from './until.ts';
import { thenEnded, thenPhase, whenCanaryStarts, whenClientsSend } from './words.ts';

type Moment = { readonly phase: Phase; readonly stage: number };

/** Where a canary of three stages can be, from the table of transitions, final phases left out. */
const moments = (Object.keys(ALLOWED) as Phase[]).flatMap((phase): readonly Moment[] => {
  if (ALLOWED[phase].length === 0) return [];
  const stages = phase === 'advancing' ? [0, 1, 2] : [0];
  return stages.map((stage) => ({ phase, stage }));
});

const victims = ['control', 'gateway', 'runner'] as const;
const RATE = 200;
/** So many requests must be answered after the kill. */
const LATER = 200;

/** How a request fails that was in flight in the killed process. In control there is never one. */
const inFlight = {
  control: /^$/,
  gateway: /^(ECONNRESET|EPIPE|socket hang up)$/,
  runner: /PREDICTION_CRASHED.*/,
} as const;

const product = new Product();
beforeAll(async () => {
  await product.start();
  await product.givenEndpoint(['v1', 'v2']);
});
afterAll(() => product.stop());

const cases = moments.flatMap((moment) => victims.map((victim) => ({ ...moment, victim })));

describe(`killed at every transition, under ${RATE} requests a second`, () => {
  test.for(cases)('$victim at $phase (stage $stage)', async ({ victim, phase, stage }) => {
    const load = whenClientsSend(product, { rate: RATE });
    const before = await product.client.endpoint.read({ params: { endpoint: ENDPOINT } });
    const candidate = before.version.version === 1 ? 2 : 1;
    const { id } = await whenCanaryStarts(product, candidate);
    await bring(id, phase, stage);
    await kill(victim);
    const servedBefore = load.served.length;
    if (phase === 'holding') {
      await product.client.rollout.command({
        params: { rollout: id },
        body: { command: 'resume', reason: 'go on' },
      });
    }
    const ended = await thenEnded(product, id);
    await until(() => load.served.length > servedBefore + LATER, { what: 'later answers' });
    await load.stop();
    expect(ended.phase).toBe(phase === 'reverting' ? 'reverted' : 'promoted');
    const others = load.failures.filter(({ why }) => !inFlight[victim].test(why));
    expect(others).toEqual([]);
    // A request fails only because it was in the killed process: never more than there are
    // connections.
    expect(load.failures.length).toBeLessThanOrEqual(CONNECTIONS_MAX);
    expect(await product.client.audit.verify()).toMatchObject({ ok: true });
  });
});

async function bring(id: string, phase: Phase, stage: number): Promise<void> {
  const command = (kind: 'pause' | 'promote' | 'rollback') =>
    product.client.rollout.command({
      params: { rollout: id },
      body: { command: kind, reason: 'scenario' },
    });
  if (phase === 'preparing') return;
  await thenPhase(product, id, { phase: 'advancing', stage });
  if (phase === 'holding') await command('pause');
  if (phase === 'promoting') await command('promote');
  if (phase === 'reverting') await command('rollback');
}

async function kill(victim: (typeof victims)[number]): Promise<void> {
  const { control = 0, g1 = 0 } = await product.processes();
  const [runner = 0] = runnersOf(g1).toReversed();
  process.kill({ control, gateway: g1, runner }[victim], 'SIGKILL');
}
