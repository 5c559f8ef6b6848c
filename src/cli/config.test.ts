import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../test/cli/run.ts';
import { settings } from '../protocol/config.ts';
import type { Config } from '../protocol/config.ts';

type Shown = { readonly settings: readonly { path: string; value: unknown; where: string }[] };

const explained = async (argv: readonly string[], environment = {}) => {
  const ran = await run(['config', 'explain', '--json', ...argv], { environment });
  return (ran.json() as Shown).settings;
};

describe('config explain', () => {
  test('has every setting', async () => {
    expect((await explained([])).map(({ path }) => path)).toEqual(Object.keys(settings));
  });

  const file = join(mkdtempSync(join(tmpdir(), 'understudy-cli-')), 'understudy.yaml');
  writeFileSync(file, 'predict:\n  port: 3\nadmin:\n  port: 4\n');

  test.for([
    { argv: ['--predict.port', '1'], variables: {}, path: 'predict.port', value: 1 },
    { argv: ['--port', '1'], variables: {}, path: 'predict.port', value: 1 },
    { argv: ['--admin-port', '1'], variables: {}, path: 'admin.port', value: 1 },
    { argv: ['--data', 'here'], variables: {}, path: 'data', value: 'here' },
    { argv: [], variables: { UNDERSTUDY_ADMIN_PORT: '2' }, path: 'admin.port', value: 2 },
    { argv: ['--config', file], variables: {}, path: 'admin.port', value: 4 },
    {
      argv: ['--port', '1', '--config', file],
      variables: { UNDERSTUDY_PREDICT_PORT: '2' },
      path: 'predict.port',
      value: 1,
    },
  ])('$argv $variables: $path is $value', async ({ argv, variables, path, value }) => {
    const line = (await explained(argv, variables)).find((one) => one.path === path);
    expect(line?.value).toBe(value);
  });

  test('says where a value that is no default came from', async () => {
    const { stdout } = await run(['config', 'explain'], {
      environment: { UNDERSTUDY_LOG_LEVEL: 'warn' },
    });
    expect(stdout).toMatch(/log\.level +warn +environment UNDERSTUDY_LOG_LEVEL/);
  });

  test('a misspelt variable ends with 2 and a hint', async () => {
    const { exit, stderr } = await run(['config', 'explain'], {
      environment: { UNDERSTUDY_ADMIN_PROT: '1' },
    });
    expect([exit, stderr]).toEqual([2, expect.stringContaining('UNDERSTUDY_ADMIN_PORT')]);
  });
});

describe('serve, control and gateway', () => {
  test.for([
    { command: 'serve', argv: ['--port', '9', '--data', 'd'] },
    { command: 'gateway', argv: ['--port', '9', '--data', 'd', '--name', 'g7'] },
    { command: 'control', argv: ['--admin-port', '9', '--data', 'd'] },
  ])('$command runs with its settings', async ({ command, argv }) => {
    const calls: unknown[] = [];
    const note =
      (name: string) =>
      async (config: Config, given: unknown): Promise<void> => {
        calls.push([
          name,
          config.data,
          config['predict.port'],
          config['admin.port'],
          typeof given === 'string' ? given : null,
        ]);
      };
    const parts = { serve: note('serve'), control: note('control'), gateway: note('gateway') };
    expect((await run([command, ...argv], parts)).exit).toBe(0);
    expect(calls).toEqual([
      [
        command,
        'd',
        command === 'control' ? 8080 : 9,
        command === 'control' ? 9 : 8081,
        command === 'gateway' ? 'g7' : null,
      ],
    ]);
  });

  test('a fault at the start ends with its exit code', async () => {
    const { exit, stderr } = await run(['serve', '--port', 'many']);
    expect([exit, stderr]).toEqual([2, expect.stringContaining('predict.port')]);
  });
});
