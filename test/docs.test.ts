import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { buildProgram, everyCommand } from '../src/cli/program.ts';
import { settings } from '../src/protocol/config.ts';
import { faults } from '../src/protocol/errors.ts';
import { rolloutSpecSchema } from '../src/protocol/admin/rollout-spec.ts';
import { PROGRAM_VERSION } from '../src/protocol/program-version.ts';
import { specProblems } from '../src/core/rollout/spec-problems.ts';
import { pictureOf } from '../tools/picture/draw.ts';
import { declarationsIn, pagesIn } from './docs/declarations.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const pages = pagesIn(root);

test('the program knows its own version', () => {
  const { version } = JSON.parse(read('package.json')) as { readonly version: string };
  expect(PROGRAM_VERSION).toBe(version);
});

test('the picture shows the run that is kept beside it', () => {
  expect(read('docs/demo.svg')).toBe(pictureOf(read('docs/demo.txt')));
});

describe('every rollout.yaml in a page is sound', () => {
  const declared = declarationsIn(root);
  test.for(declared)('$where', ({ text }) => {
    const { spec } = rolloutSpecSchema.parse(parseYaml(text));
    expect(specProblems(spec)).toEqual([]);
  });

  test('what the guide calls the defaults are the defaults', () => {
    const [least, all] = declared.filter(({ where }) => where.includes('rollout-yaml.md'));
    const spec = (text = ''): unknown => rolloutSpecSchema.parse(parseYaml(text));
    expect(spec(all?.text)).toEqual(spec(least?.text));
  });
});

describe('what pages name exists', () => {
  const program = buildProgram({ does: () => async () => undefined });
  const commands = everyCommand(program).map((command) => {
    const words: string[] = [];
    for (let at = command; at.parent !== null; at = at.parent) words.unshift(at.name());
    return { words: words.join(' '), isGroup: command.commands.length > 0 };
  });

  function isCommand(words: string): boolean {
    const found = commands.filter((one) => `${words} `.startsWith(`${one.words} `));
    const longest = found.toSorted((a, b) => b.words.length - a.words.length)[0];
    return longest !== undefined && longest.words !== '' && !longest.isGroup;
  }

  test.for(pages)('commands in %s', (page) => {
    const named = [...read(page).matchAll(/(?:npx understudy|`understudy) ([a-z][a-z -]*)/g)];
    const wrong = named.map(([, words = '']) => words.trim()).filter((words) => !isCommand(words));
    expect(wrong.filter((words) => words !== 'help')).toEqual([]);
  });

  const codes = new Set(Object.keys(faults));
  test.for(pages)('fault codes in %s', (page) => {
    const named = [...read(page).matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code = '']) => code);
    expect(named.filter((code) => !codes.has(code) && !code.startsWith('UNDERSTUDY'))).toEqual([]);
  });

  test.for(pages)('settings in %s', (page) => {
    const groups = new Set(Object.keys(settings).map((path) => path.split('.')[0]));
    const named = [...read(page).matchAll(/`(?:--)?([a-z]+\.[a-zA-Z]+)`/g)].map(
      ([, path = '']) => path,
    );
    const ours = named.filter((path) => groups.has(path.split('.')[0]));
    const files = /\.(?:ts|db|sock|json|token|yaml|md)$/;
    expect(ours.filter((path) => !(path in settings) && !files.test(path))).toEqual([]);
  });

  test.for(pages)('metrics in %s', (page) => {
    const known = read('docs/reference/metrics.md');
    const named = [...read(page).matchAll(/`(understudy_[a-z_]+)`/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !known.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('docs/adr/0007 says why there is each package', () => {
  const [, runtime = '', development = ''] =
    /^\| package.*?\n((?:\|.*\n)+)\nDevelopment: (.*)\.$/m.exec(
      read('docs/adr/0007-choose-dependencies.md'),
    ) ?? [];
  const rows = [...runtime.matchAll(/^\| ([@/a-z0-9-]+(?:, [@/a-z0-9-]+)*)/gm)].flatMap(
    ([, names = '']) => names.split(', '),
  );
  type Packages = Readonly<Record<string, string>>;
  const manifest = JSON.parse(read('package.json')) as {
    readonly dependencies: Packages;
    readonly optionalDependencies: Packages;
    readonly devDependencies: Packages;
  };

  test('what the product imports', () => {
    const sources = ['src', 'sdk'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !/\.(?:test|contract)\.ts$/.test(name))
        .map((name) => read(join(folder, name))),
    );
    const imported = sources.flatMap((text) =>
      [...text.matchAll(/(?:from |import\()'(@?[a-z][a-z/-]*)'/g)].map(([, name = '']) => name),
    );
    expect([...new Set(imported)].filter((name) => !rows.includes(name))).toEqual([]);
  });

  test('what is installed with it', () => {
    const installed = { ...manifest.dependencies, ...manifest.optionalDependencies };
    expect(rows.filter((name) => !(name in installed))).toEqual([]);
  });

  test('what it is developed with', () => {
    const named = development.replaceAll(' with ', ', ').split(', ');
    expect(named.toSorted()).toEqual(Object.keys(manifest.devDependencies).toSorted());
  });
});
