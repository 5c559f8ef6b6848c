import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  adaptersAreTested,
  implementationsKeepContracts,
  portContracts,
} from './tidy/contracts.ts';
import { importDepth, importTable, oneHttpFile } from './tidy/imports.ts';
import { functionLimits } from './tidy/limits.ts';
import { noBrokenImport, noDeadFile } from './tidy/reach.ts';
import { innocent, sins } from './tidy/sins.ts';
import { readProject, sourceFile } from './tidy/source.ts';
import type { Rule, SourceFile } from './tidy/source.ts';
import {
  columns,
  erasable,
  fileLength,
  honestTests,
  kebabNames,
  noAny,
  noBarrel,
  noDefaultExport,
  noDrawers,
  noMachinePaths,
  noPromises,
  noSwitchingOff,
  pureCore,
} from './tidy/text.ts';

const rules = {
  'parts import what the table allows': importTable,
  'imports climb three folders at most': importDepth,
  'each plane names its HTTP library in one file': oneHttpFile,
  'every import names a file that exists': noBrokenImport,
  'no source file is dead': noDeadFile,
  'the core is pure': pureCore,
  'ports are small and have a contract': portContracts,
  'implementations keep the contract of their port': implementationsKeepContracts,
  'every kind of adapter runs a contract': adaptersAreTested,
  'lines have 100 columns': columns,
  'files have 400 lines': fileLength,
  'functions are short, shallow and take three parameters': functionLimits,
  'syntax is erasable': erasable,
  'nothing is any': noAny,
  'no default exports': noDefaultExport,
  'no barrel files': noBarrel,
  'no check is switched off': noSwitchingOff,
  'nothing is promised': noPromises,
  'no path of one machine': noMachinePaths,
  'names say what is inside': noDrawers,
  'files are named in kebab-case': kebabNames,
  'tests run all and mock nothing': honestTests,
} as const;

describe('the project', () => {
  const files = readProject(join(import.meta.dirname, '..'));
  test.for(Object.entries(rules))('%s', ([, rule]) => {
    expect(rule(files)).toEqual([]);
  });
});

// A rule that never bites is worse than none: each one is fed what it must refuse.
describe('each rule bites', () => {
  const ruleNamed = new Map<string, Rule>(Object.entries(rules));

  test.for(sins)('$rule: $sin', ({ rule, files }) => {
    const check = ruleNamed.get(rule);
    expect(check?.(project(files))).toEqual([expect.any(String)]);
  });

  test('every rule is fed a sin', () => {
    expect(new Set(sins.map(({ rule }) => rule))).toEqual(new Set(Object.keys(rules)));
  });

  test.for(Object.entries(rules))('%s: spares the innocent', ([, rule]) => {
    expect(rule(project(innocent))).toEqual([]);
  });
});

function project(files: Readonly<Record<string, string>>): readonly SourceFile[] {
  return Object.entries(files).map(([path, text]) => sourceFile(path, text));
}
