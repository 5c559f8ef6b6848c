import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { sealed, sealOf, type Receipt } from '../../core/replay/receipt.ts';
import { verifyReceipt } from '../../core/replay/verify.ts';
import { parseReceipt } from '../../protocol/admin/receipt.ts';
import { Town } from '../../../test/receipts/town.ts';

const towns: Town[] = [];
afterEach(async () => {
  for (const town of towns.splice(0)) await town.desk.close();
});

const open = async (...given: Parameters<typeof Town.open>): Promise<Town> => {
  const town = await Town.open(...given);
  towns.push(town);
  return town;
};

const actionsOf = ({ entries }: Receipt): readonly string[] => entries.map(({ action }) => action);

describe('a receipt comes out as it was decided', () => {
  test('of a rollout that was promoted', async () => {
    const town = await open();
    await town.pass(15);
    const id = await town.start();
    await town.passUntil(id, ['promoted']);
    const receipt = await town.receipt(id);
    expect(verifyReceipt(receipt)).toMatchObject({ outcome: 'same' });
    expect(actionsOf(receipt)).toEqual([
      'rollout.start',
      'rollout.freeze',
      'rollout.advance',
      'rollout.advance',
      'rollout.promote',
      'rollout.settle',
    ]);
  });

  test('of one that was taken back for its errors', async () => {
    const town = await open({ errors: 0.3 });
    const id = await town.start();
    await town.passUntil(id, ['reverted']);
    const receipt = await town.receipt(id);
    expect(verifyReceipt(receipt)).toMatchObject({ outcome: 'same' });
    expect(actionsOf(receipt)).toContain('rollout.revert');
  });

  test('with windows that came after some of its decisions', async () => {
    const town = await open();
    const id = await town.start();
    await town.pass(2);
    town.keep('g2');
    await town.passUntil(id, ['advancing']);
    await town.pass(8);
    await town.command(id, 'advance');
    await town.pass(2);
    await town.release('g2');
    await town.passUntil(id, ['promoted']);
    const receipt = await town.receipt(id);
    expect(verifyReceipt(receipt)).toMatchObject({ outcome: 'same' });
    // One bucket was known to different decisions in two parts.
    const known = Map.groupBy(receipt.windows, ({ window }) => `${window.start} ${window.arm}`);
    expect([...known.values()].some((parts) => parts.length > 1)).toBe(true);
  });

  test('across a restart of control, and with the word of people in between', async () => {
    const town = await open();
    await town.pass(12);
    const id = await town.start();
    await town.passUntil(id, ['advancing']);
    await town.command(id, 'pause');
    await town.pass(2);
    await town.restart();
    await town.pass(7);
    await town.command(id, 'resume');
    await town.pass(3);
    await town.command(id, 'rollback');
    await town.command(id, 'rollback');
    await town.passUntil(id, ['reverted']);
    const receipt = await town.receipt(id);
    expect(verifyReceipt(receipt)).toMatchObject({ outcome: 'same' });
    expect(actionsOf(receipt).filter((action) => action === 'rollout.rollback')).toHaveLength(2);
  });

  test('while it goes on, with what came since', async () => {
    const town = await open();
    await town.pass(12);
    const id = await town.start({ strategy: { stages: ['10%', '50%'], least: '60s' } });
    await town.passUntil(id, ['advancing']);
    await town.pass(5);
    const receipt = await town.receipt(id);
    expect(verifyReceipt(receipt)).toMatchObject({ outcome: 'same' });
    expect(receipt.later.length).toBeGreaterThan(0);
  });
});

test('a rollout older than its windows has no receipt', async () => {
  const town = await open();
  const id = await town.start();
  await town.pass(3);
  town.desk.clock.jump(8 * 86_400_000);
  const said = await town.desk.ask('viewer', 'rollout.receipt', { params: { rollout: id } });
  expect(said.json()).toMatchObject({ code: 'RECEIPT_WINDOWS_FORGOTTEN' });
});

test('the salt is in no receipt', async () => {
  const town = await open();
  const id = await town.start();
  await town.pass(2);
  const salt = town.desk.context.journal.state().records.rollout.get(id)?.value.salt ?? '';
  expect(salt).toMatch(/^[0-9a-f]{32}$/);
  expect(JSON.stringify(await town.receipt(id))).not.toContain(salt);
});

describe('whatever is changed in a receipt is found', async () => {
  const town = await Town.open({ errors: 0.05 });
  await town.pass(12);
  const id = await town.start();
  await town.passUntil(id, ['promoted', 'reverted']);
  const receipt = await town.receipt(id);
  await town.desk.close();
  const leaves = leavesOf(receipt);

  const changes = fc.record({
    leaf: fc.constantFrom(...leaves),
    by: fc.constantFrom(...(['more', 'less', 'null', 'gone'] as const)),
  });

  test('also when its own hash is made to fit', () => {
    expect(verifyReceipt(receipt).outcome).toBe('same');
    fc.assert(
      fc.property(changes, ({ leaf, by }) => {
        const changed = changedAt(receipt, leaf, by);
        const found = changed === null ? [] : [foundIn(changed), foundIn(refitted(changed))];
        // Who wrote it and when, and what came later, only its own hash covers.
        const own = leaf.length === 1 || leaf[0] === 'later';
        expect(found.slice(0, own ? 1 : 2)).not.toContain('same');
      }),
      { numRuns: 30 },
    );
  });

  test.for(['windows', 'entries'] as const)('what is taken out of its %s', (member) => {
    for (const index of [0, 1, receipt[member].length - 2]) {
      const rest = receipt[member].filter((_one, at) => at !== index);
      const { sha256: _sha256, ...open } = { ...receipt, [member]: rest } as Receipt;
      expect(foundIn(sealed(open))).not.toBe('same');
    }
  });
});

type Path = readonly (string | number)[];

/** What is concluded of something that claims to be a receipt. */
function foundIn(claimed: object): string {
  try {
    return verifyReceipt(parseReceipt(claimed)).outcome;
  } catch {
    return 'unreadable';
  }
}

/** Every place with a plain value, but the hash that covers all the rest. */
function leavesOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const isList = Array.isArray(value);
  return Object.entries(value)
    .filter(([name]) => path.length > 0 || name !== 'sha256')
    .flatMap(([name, member]) => leavesOf(member, [...path, isList ? Number(name) : name]));
}

type By = 'more' | 'less' | 'null' | 'gone';

/** The receipt with one leaf changed; null when the change is none. */
function changedAt(receipt: Receipt, leaf: Path, by: By): Record<string, unknown> | null {
  const copy = structuredClone(receipt) as unknown as Record<string, unknown>;
  let holder: Record<string | number, unknown> = copy;
  for (const step of leaf.slice(0, -1)) holder = holder[step] as Record<string | number, unknown>;
  const last = leaf.at(-1) ?? '';
  const before = holder[last];
  if (by === 'gone') {
    if (Array.isArray(holder)) return null;
    delete holder[last];
    return copy;
  }
  const after = by === 'null' ? null : otherThan(before, by);
  if (Object.is(after, before)) return null;
  holder[last] = after;
  return copy;
}

const refitted = (changed: object): object => ({ ...changed, sha256: sealOf(changed) });

function otherThan(before: unknown, by: 'more' | 'less'): unknown {
  if (typeof before === 'number') return by === 'more' ? before + 1 : before - 1;
  if (typeof before === 'boolean') return !before;
  if (typeof before !== 'string') return by === 'more' ? 1 : 'something';
  return by === 'more' ? `${before}0` : before.slice(0, -1);
}
