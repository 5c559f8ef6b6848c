import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SqliteStore } from '../../src/adapters/store/sqlite.ts';
import { verifyChain } from '../../src/core/governance/chain.ts';
import { prng, uniformInt } from '../../src/core/lib/prng.ts';

const ROUNDS = 15;
const ALL = 1_000_000;

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'understudy-crash-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Lets a writer confirm `count` changes and kills it in the next; the last one confirmed. */
async function writeUntilKilled(file: string, count: number): Promise<number> {
  const writer = join(import.meta.dirname, 'store-writer.ts');
  const child = spawn(process.execPath, [writer, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let confirmed = 0;
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    confirmed = Number(line);
    lines += 1;
    if (lines === count) child.kill('SIGKILL');
  }
  const [, signal] = await closed;
  expect(signal).toBe('SIGKILL');
  return confirmed;
}

test('a writer killed at any point loses nothing confirmed and leaves no half change', async () => {
  const file = join(directory, 'understudy.db');
  const rng = prng('store crash');
  let last = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const confirmed = await writeUntilKilled(file, 1 + uniformInt(rng, 40));
    expect(confirmed).toBeGreaterThan(last);

    const store = new SqliteStore(file);
    const audit = await store.scan({ log: 'audit', limit: ALL });
    const count = audit.length;
    // The change in hand when the kill came may be there: whole.
    expect(count).toBeGreaterThanOrEqual(confirmed);
    expect(count).toBeLessThanOrEqual(confirmed + 1);
    expect(verifyChain(audit)).toEqual({ ok: true, count });
    const [endpoint] = await store.list({ kind: 'endpoint', limit: 9 });
    expect(endpoint?.revision).toBe(count);
    expect(endpoint?.value.revision).toBe(count);
    expect(await store.scan({ log: 'outbox', limit: ALL })).toHaveLength(count * 10);
    expect(await store.scan({ log: 'window', limit: ALL })).toHaveLength(count);
    await store.close();
    last = count;
  }
});
