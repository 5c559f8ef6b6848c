import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMemoryLog } from '../../test/gateway/rig.ts';
import { plainRoute, tableWith } from '../../test/gateway/tables.ts';
import type { TableFiles } from './deps.ts';
import { createDiskFiles } from './disk-files.ts';
import { LastGoodFile } from './last-good.ts';

const contentOf = (generation: number) => ({
  table: tableWith(generation, [plainRoute()]),
  fuses: [],
});

let folder: string;
let files: TableFiles;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'last-good-'));
  files = createDiskFiles(folder);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const open = (): LastGoodFile => new LastGoodFile(files, createMemoryLog());

async function saved(...generations: readonly number[]): Promise<void> {
  const file = open();
  for (const generation of generations) await file.save(contentOf(generation));
}

test('nothing is there at first', async () => {
  expect(await open().load()).toBeNull();
});

test('what was saved is there in another process, for its owner alone', async () => {
  await saved(1, 2);
  expect(await open().load()).toEqual(contentOf(2));
  expect((await stat(join(folder, 'table.json'))).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).toSorted()).toEqual(['table.json', 'table.previous.json']);
});

describe('a file that is not whole is passed over for the one before it', () => {
  test.for([
    { name: 'empty', spoil: () => '' },
    { name: 'cut', spoil: (text: string) => text.slice(0, -10) },
    { name: 'changed', spoil: (text: string) => text.replace('"generation":2', '"generation":9') },
    {
      name: 'of another format',
      spoil: (text: string) => text.replace('"format":1', '"format":2'),
    },
    { name: 'no JSON', spoil: () => 'hello' },
    { name: 'of another shape', spoil: () => '{"format":1}' },
  ])('$name', async ({ spoil }) => {
    await saved(1, 2);
    const text = new TextDecoder().decode((await files.read('table.json')) ?? undefined);
    await writeFile(join(folder, 'table.json'), spoil(text));
    expect(await open().load()).toEqual(contentOf(1));
  });

  test('and when neither is, there is none', async () => {
    await saved(1, 2);
    for (const name of ['table.json', 'table.previous.json']) {
      await writeFile(join(folder, name), 'x');
    }
    expect(await open().load()).toBeNull();
  });
});

test('of many at once the newest is saved, and a failing disk is nobody’s fault', async () => {
  const file = open();
  await Promise.all([1, 2, 3, 4].map((generation) => file.save(contentOf(generation))));
  expect(await open().load()).toEqual(contentOf(4));
  const log = createMemoryLog();
  const broken: TableFiles = {
    read: () => Promise.resolve(null),
    write: () => Promise.reject(new Error('no room')),
  };
  await new LastGoodFile(broken, log).save(contentOf(1));
  expect(log.lines).toEqual(['the routing table could not be stored']);
});
