import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { canonicalJson } from '../core/lib/canonical.ts';
import { link } from '../core/governance/chain.ts';
import { sealed, type Receipt } from '../core/replay/receipt.ts';
import { run } from '../../test/cli/run.ts';
import { Town } from '../../test/receipts/town.ts';
import { writeReceipt } from './receipt-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-receipt-'));
const file = join(folder, 'receipt.json');
let receipt: Receipt;

beforeAll(async () => {
  const town = await Town.open({ errors: 0.3 });
  await town.pass(12);
  const id = await town.start();
  await town.passUntil(id, ['reverted']);
  receipt = await town.receipt(id);
  writeReceipt(receipt, file);
  await town.desk.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const verify = (text: string) => run(['verify', '-'], { stdin: Readable.from([text]) });

test('what was decided comes out again', async () => {
  const ran = await run(['verify', file]);
  expect(ran.stdout).toContain('SAME  All');
  expect(ran.stdout).toContain('rollout.revert');
  expect(ran.stdout).toContain(receipt.sha256);
  expect(ran.exit).toBe(0);
  const said = (await run(['verify', file, '--json'])).json();
  expect(said).toMatchObject({ outcome: 'same', rollout: receipt.rollout, sha256: receipt.sha256 });
});

test('a receipt is one line of canonical JSON', () => {
  expect(readFileSync(file, 'utf8')).toBe(`${canonicalJson(receipt)}\n`);
});

test('what was changed, what differs and what is unreadable are told apart', async () => {
  const text = readFileSync(file, 'utf8');
  const changed = await verify(text.replace('"requests":', '"requests":1'));
  expect(changed).toMatchObject({ exit: 15 });
  expect(changed.stdout).toContain('TAMPERED  The receipt was changed after it was written.');
  const forged = await verify(canonicalJson(forgedReason(receipt)));
  expect(forged).toMatchObject({ exit: 14 });
  expect(forged.stdout).toMatch(
    /DIFFERS {2}Entry \d+ \(rollout\.revert\) has reason "it felt wrong"/,
  );
  expect(await verify('not JSON')).toMatchObject({ exit: 2 });
  const { stderr, exit } = await verify('{"kind":"something else"}');
  expect(exit).toBe(2);
  expect(stderr).toContain('RECEIPT_UNREADABLE');
  expect(await run(['verify', join(folder, 'missing')])).toMatchObject({ exit: 2 });
});

/** Somebody rewrites a reason and makes every hash fit. */
function forgedReason({ sha256: _sha256, ...open }: Receipt): Receipt {
  const [start, ...steps] = open.entries;
  const forged = steps.map((step) => {
    if (step.action !== 'rollout.revert') return step;
    const { seq, previous } = step;
    const again = link({ seq: seq - 1, hash: previous }, { ...step, reason: 'it felt wrong' });
    return { ...step, ...again, detail: step.detail };
  });
  // The entry after it names its hash.
  const linked = forged.map((step, index) => {
    const before = forged[index - 1];
    if (before === undefined || before.seq + 1 !== step.seq) return step;
    return { ...step, ...link(before, step), detail: step.detail };
  });
  return sealed({ ...open, entries: [start, ...linked] });
}

test('a receipt that is written nowhere says so', () => {
  const nowhere = join(folder, 'missing', 'receipt.json');
  expect(() => writeReceipt(receipt, nowhere)).toThrow(/cannot be written/);
});
