import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { canonicalJson } from '../core/lib/canonical.ts';
import type { Receipt } from '../core/replay/receipt.ts';
import { run } from '../../test/cli/run.ts';
import { forged, withoutFeedback } from '../../test/receipts/forged.ts';
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
  const other = await verify(canonicalJson(withOtherReason(receipt)));
  expect(other).toMatchObject({ exit: 14 });
  expect(other.stdout).toMatch(
    /DIFFERS {2}Entry \d+ \(rollout\.revert\) has reason "it felt wrong"/,
  );
  expect(await verify('not JSON')).toMatchObject({ exit: 2 });
  const { stderr, exit } = await verify('{"kind":"something else"}');
  expect(exit).toBe(2);
  expect(stderr).toContain('RECEIPT_UNREADABLE');
  expect(await run(['verify', join(folder, 'missing')])).toMatchObject({ exit: 2 });
});

/** Somebody rewrites why it was taken back. */
const withOtherReason = (from: Receipt): Receipt =>
  forged(from, (step) =>
    step.action === 'rollout.revert' ? { ...step, reason: 'it felt wrong' } : step,
  );

test('what was not decided again is not said to be the same', async () => {
  const { stdout, exit } = await verify(canonicalJson(forged(receipt, withoutFeedback)));
  expect(exit).toBe(18);
  const [, ...steps] = receipt.entries;
  const judged = steps.filter(({ detail }) => detail.judged !== null).map(({ seq }) => seq);
  expect(stdout).toContain(`PARTIAL  ${receipt.entries.length - judged.length} of`);
  expect(stdout).toContain(`Not decided again: ${judged.slice(0, -1).join(', ')} and`);
  expect(stdout).not.toContain('SAME');
});

test('what the checks said is decided again, whatever came back', async () => {
  const claimed = forged(receipt, (step) => {
    const { detail } = withoutFeedback(step);
    const verdicts = detail.verdicts.map((one) => ({ ...one, outcome: 'pass' as const }));
    return { ...step, detail: { ...detail, verdicts } };
  });
  expect(await verify(canonicalJson(claimed))).toMatchObject({ exit: 14 });
});

test('a receipt that is written nowhere says so', () => {
  const nowhere = join(folder, 'missing', 'receipt.json');
  expect(() => writeReceipt(receipt, nowhere)).toThrow(/cannot be written/);
});
