import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settings, variableOf, type SettingPath } from '../protocol/config.ts';
import { closest, resolveConfig, type ConfigSources } from './config.ts';

const nothing: ConfigSources = { flags: {}, environment: {}, file: null };

function fileWith(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'understudy-config-')), 'understudy.yaml');
  writeFileSync(path, text);
  return path;
}

const winnerOf = (sources: ConfigSources, path: SettingPath): readonly unknown[] => {
  const line = resolveConfig(sources).explained.find((one) => one.path === path);
  return [line?.value, line?.origin];
};

describe('precedence', () => {
  const file = fileWith('predict:\n  port: 3\n');
  test.for([
    { flag: '1', variable: '2', from: file, wins: [1, 'flag'] },
    { flag: undefined, variable: '2', from: file, wins: [2, 'environment'] },
    { flag: undefined, variable: undefined, from: file, wins: [3, 'file'] },
    { flag: undefined, variable: undefined, from: null, wins: [8080, 'default'] },
  ] as const)('flag $flag, variable $variable, file $from: $wins', (row) => {
    const sources = {
      flags: row.flag === undefined ? {} : { 'predict.port': row.flag },
      environment: { UNDERSTUDY_PREDICT_PORT: row.variable },
      file: row.from,
    };
    expect(winnerOf(sources, 'predict.port')).toEqual(row.wins);
  });
});

test('sizes are given with units and kept in bytes', () => {
  const sources = { ...nothing, flags: { 'registry.bytesMax': '2MiB' } };
  expect(resolveConfig(sources).config['registry.bytesMax']).toBe(2_097_152);
});

test('every default satisfies its own shape and every variable name is its own', () => {
  expect(resolveConfig(nothing).explained).toHaveLength(Object.keys(settings).length);
  const names = (Object.keys(settings) as SettingPath[]).map(variableOf);
  expect(new Set(names).size).toBe(names.length);
});

describe('a mistake is refused with a hint', () => {
  test.for([
    { what: 'a misspelt key', file: 'predict:\n  prot: 1\n', says: /predict\.prot.*predict\.port/ },
    { what: 'a value out of range', file: 'predict:\n  port: 99999\n', says: /predict\.port/ },
    { what: 'not YAML', file: 'predict: [\n', says: /not YAML/ },
    { what: 'not a map', file: '3\n', says: /map of keys/ },
  ])('$what', ({ file, says }) => {
    expect(() => resolveConfig({ ...nothing, file: fileWith(file) })).toThrow(says);
  });

  test('a misspelt variable', () => {
    const environment = { UNDERSTUDY_PREDICT_PROT: '1' };
    expect(() => resolveConfig({ ...nothing, environment })).toThrow(/UNDERSTUDY_PREDICT_PORT/);
  });

  test('a file that was named but is not there', () => {
    expect(() => resolveConfig({ ...nothing, file: '/nowhere/understudy.yaml' })).toThrow(/read/);
  });
});

test.for([
  { word: 'promte', known: ['promote', 'pause'], nearest: 'promote' },
  { word: 'xyzzy', known: ['promote', 'pause'], nearest: null },
])('closest to $word: $nearest', ({ word, known, nearest }) => {
  expect(closest(word, known)).toBe(nearest);
});
