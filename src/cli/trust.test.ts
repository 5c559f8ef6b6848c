import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../test/cli/run.ts';
import { Town, brisk } from '../../test/receipts/town.ts';
import { tokenOf } from '../../test/simulator/admin-desk.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-explain-'));
let town: Town;
let server = '';

beforeAll(async () => {
  town = await Town.open({ errors: 0.002 });
  server = await town.desk.server.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await town.desk.close();
  rmSync(folder, { recursive: true });
});

const ask = (...argv: readonly string[]) =>
  run([...argv, '--server', server], { environment: { UNDERSTUDY_TOKEN: tokenOf('viewer') } });

test('a rollout is explained from its start to its end', async () => {
  await town.pass(12);
  const id = await town.start({ strategy: { stages: ['10%', '50%'], least: '4s' } });
  await town.passUntil(id, ['advancing']);
  await town.pass(3);
  const { stdout, exit } = await ask('rollout', 'explain', 'risk');
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^risk {2}tumour@1 → tumour@2 {2}ADVANCING {2}step 1\/2/);
  expect(stdout).toContain('What it wants now\n  Stage 1 of 2: 10 % of the traffic.');
  expect(stdout).toMatch(/What the checks said at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
  expect(stdout).toMatch(/error_rate {2}\w+ {2}\(candidate; reverts when it fails\)/);
  expect(stdout).toMatch(/candidate {2}[\d.,]+ of [\d,]+ units/);
  expect(stdout).toMatch(
    /harm {7}evidence [\d.,]+ of 200: (nothing points to it|.*it fails at 0\.50%)/,
  );
  expect(stdout).toContain('shared by 2 hard checks: 0.50% each');
  expect(stdout).toMatch(/Answers above [\d.]+ ms count as slow/);
  expect(stdout).toMatch(/confirmed generation \d+: g1, g2/);
  expect(stdout).toMatch(/rollout\.advance {2}advancing, step 1/);
  await town.command(id, 'rollback');
  await town.passUntil(id, ['reverted']);
  const ended = await ask('rollout', 'explain', id);
  expect(ended.stdout).toContain('REVERTED');
  expect(ended.stdout).not.toContain('What it wants now');
  expect(ended.stdout).toContain('somebody wants it');
  const said = (await ask('rollout', 'explain', id, '--json')).json();
  expect(said).toMatchObject({ rollout: { id, phase: 'reverted' }, wants: [] });
});

test('a receipt goes to a file, or to stdout as it is', async () => {
  const id = await town.start();
  await town.passUntil(id, ['promoted']);
  const file = join(folder, 'receipt.json');
  const written = await ask('rollout', 'receipt', id, '--out', file);
  expect(written.stdout).toMatch(/entries of the audit log and \d+ windows of r-/);
  expect(await run(['verify', file])).toMatchObject({ exit: 0 });
  const { json } = await ask('rollout', 'receipt', id);
  expect(json()).toMatchObject({ kind: 'understudy receipt', rollout: id });
  const nowhere = await ask('rollout', 'receipt', id, '--out', join(folder, 'missing', 'file'));
  expect(nowhere).toMatchObject({ exit: 2 });
});

test('a rollout is replayed, by its name or from its receipt', async () => {
  // The endpoint stands for its last rollout, which was promoted above.
  const id = 'risk';
  const own = await ask('replay', id);
  expect(own).toMatchObject({ exit: 0 });
  expect(own.stdout).toContain('The two never part: it decides what was decided.');
  expect(own.stdout).toMatch(/promote +2 +100% +promote +2 +100% +The last stage is done/);
  const receipt = join(folder, 'replayed.json');
  await ask('rollout', 'receipt', id, '--out', receipt);
  const spec = join(folder, 'slower.yaml');
  writeFileSync(spec, JSON.stringify({ ...brisk, strategy: { stages: ['10%'], least: '1h' } }));
  const other = await run(['replay', '--from', receipt, '--spec', spec]);
  expect(other.stdout).toMatch(/The ways part at .*: this declaration waits/);
  expect(other.stdout).toContain('What the record cannot tell');
  const said = (await run(['replay', '--from', receipt, '--spec', spec, '--json'])).json();
  expect(said).toMatchObject({
    rollout: expect.stringMatching(/^r-/),
    end: { phase: 'advancing' },
  });
  for (const words of [['replay'], ['replay', id, '--from', receipt]]) {
    expect(await run(words)).toMatchObject({ exit: 2, stderr: expect.stringContaining('USAGE') });
  }
  writeFileSync(spec, JSON.stringify({ ...brisk, risk: { wrongRevert: '0%' } }));
  const unsound = await run(['replay', '--from', receipt, '--spec', spec]);
  expect(unsound).toMatchObject({ exit: 2, stderr: expect.stringContaining('wrongRevert') });
});
