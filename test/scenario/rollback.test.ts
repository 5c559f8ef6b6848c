import { describe, expect, test } from 'vitest';
import { localRollback } from './local-socket.ts';
import { ENDPOINT } from './product.ts';
import { givenUsers } from './scene.ts';
import { until } from './until.ts';
import { thenEnded, thenPhase, whenCanaryStarts } from './words.ts';

/** The promise: a rolled back candidate has no share on any gateway after this. */
const WITHIN_MS = 250;

const given = givenUsers(['v1', 'v2'], 200);

/** Waits for later answers and counts those the candidate still gave. */
async function lateCandidateAnswers(sinceMs: number): Promise<number> {
  const after = sinceMs + WITHIN_MS;
  await until(() => given.load.served.filter(({ atMs }) => atMs > after).length > 100, {
    what: 'a hundred answers after the rollback',
  });
  // An answer belongs to the moment its request was assigned; it was sent some milliseconds before.
  return given.load.served.filter(({ atMs, arm }) => atMs > after && arm === 'candidate').length;
}

// R1: from every state, at once, with control and without.
describe('a rollback by command takes all traffic back at once, and no request fails', () => {
  const rows = [
    { phase: 'preparing', stage: undefined },
    { phase: 'advancing', stage: 0 },
    { phase: 'advancing', stage: 1 },
    { phase: 'holding', stage: undefined },
    { phase: 'promoting', stage: undefined },
  ] as const;
  test.for(rows)('from $phase (stage $stage)', async ({ phase, stage }) => {
    const { id } = await whenCanaryStarts(given.product, 2, ['30%', '70%']);
    await reach(id, phase, stage);
    const { version } = await given.product.client.endpoint.rollback({
      params: { endpoint: ENDPOINT },
      body: { reason: 'the person on call says so' },
    });
    const orderedMs = performance.now();
    expect(version.version).toBe(1);
    expect(await lateCandidateAnswers(orderedMs)).toBe(0);
    const ended = await thenEnded(given.product, id);
    // Every gateway may have confirmed the promotion first; the version before is back then, too.
    const ends = phase === 'promoting' ? ['reverted', 'promoted'] : ['reverted'];
    expect(ends).toContain(ended.phase);
    expect(await answeredBy()).toBe('1');
    expect(given.load.failures).toEqual([]);
  });

  async function reach(id: string, phase: string, stage: number | undefined): Promise<void> {
    const { client } = given.product;
    if (phase === 'preparing') return;
    await thenPhase(given.product, id, {
      phase: 'advancing',
      ...(stage === undefined ? {} : { stage }),
    });
    const params = { rollout: id };
    if (phase === 'holding') {
      await client.rollout.command({ params, body: { command: 'pause', reason: 'lunch' } });
    }
    if (phase === 'promoting') {
      await client.rollout.command({ params, body: { command: 'promote', reason: 'hurry' } });
    }
  }
});

// R2: what is in production moves back.
test('after a promotion the version before is one command away', async () => {
  const { id } = await whenCanaryStarts(given.product, 2);
  await thenEnded(given.product, id);
  const { version } = await given.product.client.endpoint.rollback({
    params: { endpoint: ENDPOINT },
    body: { reason: 'complaints' },
  });
  expect(version.version).toBe(1);
  await until(async () => (await answeredBy()) === '1', { what: 'version 1 answers again' });
  expect(given.load.failures).toEqual([]);
});

async function answeredBy(): Promise<string | null> {
  const features = Array.from({ length: 30 }, () => 1);
  const response = await fetch(given.product.predictUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ features }),
  });
  await response.arrayBuffer();
  return response.headers.get('x-model-version');
}

test('while control is dead, the gateway’s own socket takes the traffic back', async () => {
  const { id } = await whenCanaryStarts(given.product, 2, ['30%', '70%']);
  await thenPhase(given.product, id, { phase: 'advancing', stage: 0 });
  const { control = 0 } = await given.product.processes();
  process.kill(control, 'SIGSTOP');
  const order = { endpoint: ENDPOINT, who: 'ana', reason: 'control does not answer' };
  expect(await localRollback(given.product.data, order)).toBe(200);
  const orderedMs = performance.now();
  expect(await lateCandidateAnswers(orderedMs)).toBe(0);
  process.kill(control, 'SIGCONT');
  const ended = await thenEnded(given.product, id);
  expect(ended).toMatchObject({ phase: 'reverted', cause: { by: 'person', who: 'ana' } });
  expect(given.load.failures).toEqual([]);
});
