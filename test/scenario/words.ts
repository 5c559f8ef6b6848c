import { expect } from 'vitest';
import { readRows } from '../../examples/demo/rows.ts';
import { replayReceipt } from '../../src/core/replay/replay.ts';
import { verifyReceipt } from '../../src/core/replay/verify.ts';
import { parseReceipt } from '../../src/protocol/admin/receipt.ts';
import type { CommandKind } from '../../src/core/rollout/command.ts';
import type { Phase } from '../../src/core/rollout/rollout.ts';
import { Load } from './load.ts';
import { ENDPOINT, type Product } from './product.ts';
import { until } from './until.ts';

/** A rollout as the admin API shows it. */
export type Rollout = Awaited<ReturnType<Product['client']['rollout']['read']>>;

const FINAL: readonly Phase[] = ['promoted', 'reverted', 'cancelled'];
const ROLLOUT_MS = 60_000;

/** Rows that no version answers with NaN; those with −1 for «missing» are for version 3's story. */
const cleanRows = (): readonly (readonly number[])[] =>
  readRows()
    .map(({ features }) => features)
    .filter((features) => features.every((value) => value >= 0));

/** Clients who send real rows at a steady rate. */
export function whenClientsSend(
  product: Product,
  options: {
    readonly rate: number;
    readonly seed?: number;
    readonly users?: number;
    readonly withMissing?: boolean;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Load {
  const { rate, seed = 1, users = 500, withMissing = false, headers = {} } = options;
  const rows = withMissing ? readRows().map(({ features }) => features) : cleanRows();
  return new Load({ url: product.predictUrl, rows, rate, seed, users, headers });
}

/** Whoever doubts a decision can decide it again: every rollout comes out as it was recorded. */
export async function thenAllDecideAlike({ client }: Product): Promise<void> {
  const rollouts = await client.rollout.list();
  expect(rollouts.length).toBeGreaterThan(0);
  for (const { id, phase } of rollouts) {
    const receipt = parseReceipt(await client.rollout.receipt({ params: { rollout: id } }));
    expect(verifyReceipt(receipt)).toMatchObject({ outcome: 'same' });
    const replayed = replayReceipt(receipt, receipt.entries[0].detail.spec);
    expect(replayed).toMatchObject({ ok: true, value: { parting: null, end: { phase } } });
  }
}

/**
 * A quick canary: large steps, one-second buckets, and a tolerance that little traffic can show.
 */
export async function whenCanaryStarts(
  product: Product,
  candidate: number,
  stages: readonly string[] = ['20%', '60%', '100%'],
): Promise<Rollout> {
  return product.client.rollout.start({
    body: {
      endpoint: ENDPOINT,
      candidate: `${ENDPOINT}@${candidate}`,
      strategy: { stages: [...stages], least: '1s' },
      bucket: '1s',
      triggers: [
        { metric: 'error_rate', tolerance: '10%' },
        { metric: 'null_rate', tolerance: '4%', limit: '8%' },
      ],
      reason: 'scenario',
    },
  });
}

/** Waits until the rollout is in the phase, and in the stage when one is named. */
export async function thenPhase(
  product: Product,
  id: string,
  wanted: { readonly phase: Phase; readonly stage?: number },
): Promise<Rollout> {
  const { phase, stage } = wanted;
  return until(
    async () => {
      const rollout = await product.client.rollout.read({ params: { rollout: id } });
      const isThere = rollout.phase === phase && (stage === undefined || rollout.stage === stage);
      if (!isThere && FINAL.includes(rollout.phase)) {
        throw new Error(`${id} is ${rollout.phase}, not ${phase}: ${rollout.doing}`);
      }
      return isThere ? rollout : null;
    },
    { what: `${id} is ${phase}`, withinMs: ROLLOUT_MS },
  );
}

/** Waits until the evidence suffices and only a person's word is missing. */
export async function thenWaits(product: Product, id: string): Promise<Rollout> {
  return until(
    async () => {
      const rollout = await product.client.rollout.read({ params: { rollout: id } });
      return rollout.doing.includes('waiting for somebody') ? rollout : null;
    },
    { what: `${id} waits for somebody`, withinMs: ROLLOUT_MS },
  );
}

/** A person asks something of the rollout. */
export async function whenAsked(
  product: Product,
  id: string,
  command: CommandKind,
): Promise<Rollout> {
  return product.client.rollout.command({
    params: { rollout: id },
    body: { command, reason: 'scenario' },
  });
}

/** Waits for so many answers, and says which arms gave them. */
export async function thenAnswers(load: Load, many: number): Promise<ReadonlySet<string>> {
  const before = load.served.length;
  await until(() => load.served.length >= before + many, { what: `${many} more answers` });
  return new Set(load.served.slice(before).map(({ arm }) => arm));
}

/** Waits until the rollout has ended. */
export async function thenEnded(product: Product, id: string): Promise<Rollout> {
  return until(
    async () => {
      const rollout = await product.client.rollout.read({ params: { rollout: id } });
      return FINAL.includes(rollout.phase) ? rollout : null;
    },
    { what: `${id} has ended`, withinMs: ROLLOUT_MS },
  );
}
