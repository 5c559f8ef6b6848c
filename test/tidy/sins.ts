/** A small project that breaks one rule: what each file says, by path. */
export type Sin = {
  readonly rule: string;
  readonly sin: string;
  readonly files: Readonly<Record<string, string>>;
};

const at = (path: string, text: string): Readonly<Record<string, string>> => ({ [path]: text });
const inCore = (text: string): Readonly<Record<string, string>> => at('src/core/lib/a.ts', text);
/** Says what this file itself must not say. */
const split = (a: string, b: string): string => a + b;
const longFunction = `export function f(): void {\n${'  g();\n'.repeat(60)}}\n`;
const deep = 'if (a) { if (b) { if (c) { if (d) { e(); } } } }';
const clockPort = 'export interface Clock { now(): number; sleep(ms: number): void; }\n';
const clockContract = "import { test } from 'vitest';\nexport function clockContract(): void {}\n";
const systemClock =
  "import type { Clock } from '../ports/clock.ts';\nexport class S implements Clock {}";

const imports: readonly Sin[] = [
  {
    rule: 'parts import what the table allows',
    sin: 'the core imports a library',
    files: inCore("import { z } from 'zod';"),
  },
  {
    rule: 'parts import what the table allows',
    sin: 'the core imports Node',
    files: inCore("import { readFileSync } from 'node:fs';"),
  },
  {
    rule: 'parts import what the table allows',
    sin: 'the core imports a part, even a type',
    files: inCore("import type { Fault } from '../../protocol/errors.ts';"),
  },
  {
    rule: 'parts import what the table allows',
    sin: 'the gateway imports control',
    files: at('src/gateway/a.ts', "import {\n  tick,\n} from '../control/loop.ts';"),
  },
  {
    rule: 'parts import what the table allows',
    sin: 'a test of the gateway imports control',
    files: at('src/gateway/a.test.ts', "import { tick } from '../control/loop.ts';"),
  },
  {
    rule: 'parts import what the table allows',
    sin: 'control re-exports an adapter',
    files: at('src/control/a.ts', "export { memory } from '../adapters/store/memory.ts';"),
  },
  {
    rule: 'parts import what the table allows',
    sin: 'the gateway loads control late',
    files: at('src/gateway/a.ts', "const loop = await import('../control/loop.ts');"),
  },
  {
    rule: 'parts import what the table allows',
    sin: 'a kind of adapter imports another',
    files: at('src/adapters/store/a.ts', "import { b } from '../blob/b.ts';"),
  },
  {
    rule: 'parts import what the table allows',
    sin: 'an adapter imports its sibling',
    files: at('src/adapters/traffic/nginx/a.ts', "import { b } from '../envoy/b.ts';"),
  },
  {
    rule: 'parts import what the table allows',
    sin: 'ports import a value of the protocol',
    files: at('src/ports/a.ts', "import { faults } from '../protocol/errors.ts';"),
  },
  {
    rule: 'parts import what the table allows',
    sin: 'the gateway loads the model runtime',
    files: at('src/gateway/a.ts', "import { Tensor } from 'onnxruntime-node';"),
  },
  {
    rule: 'parts import what the table allows',
    sin: 'control makes a log, instead of taking one',
    files: at('src/control/a.ts', "import { pino, type Logger } from 'pino';"),
  },
  {
    rule: 'parts import what the table allows',
    sin: 'the product imports a test fixture',
    files: at('src/gateway/a.ts', "import { seed } from '../../test/seed.ts';"),
  },
  {
    rule: 'parts import what the table allows',
    sin: 'a part nobody decided on',
    files: at('src/extras/a.ts', "import { b } from './b.ts';"),
  },
  {
    rule: 'imports climb three folders at most',
    sin: 'four folders up',
    files: at('src/control/a/b/c/d.ts', "import { e } from '../../../../core/e.ts';"),
  },
  {
    rule: 'each plane names its HTTP library in one file',
    sin: 'two files do',
    files: {
      'src/gateway/http.ts': "import { fastify } from 'fastify';",
      'src/gateway/admit.ts': "import type { FastifyRequest } from 'fastify';",
    },
  },
  {
    rule: 'every import names a file that exists',
    sin: 'an entry that is started does not',
    files: at('src/main.ts', "spawn(new URL('./runner/main.ts', import.meta.url));"),
  },
  {
    rule: 'no source file is dead',
    sin: 'only its own test imports it',
    files: {
      'src/main.ts': "import { a } from './cli/a.ts';",
      'src/cli/a.ts': 'export const a = 1;',
      'src/cli/b.ts': 'export const b = 1;',
      'src/cli/b.test.ts': "import { b } from './b.ts';",
    },
  },
];

const ports: readonly Sin[] = [
  {
    rule: 'ports are small and have a contract',
    sin: 'no contract',
    files: at('src/ports/clock.ts', clockPort),
  },
  {
    rule: 'ports are small and have a contract',
    sin: 'five methods',
    files: {
      'src/ports/clock.ts': `export interface Clock { ${'a(b: { c: 1; d: 2 }): 1; '.repeat(5)} }`,
      'src/ports/clock.contract.ts': clockContract,
    },
  },
  {
    rule: 'implementations keep the contract of their port',
    sin: 'its test does not call the contract',
    files: {
      'src/ports/clock.ts': clockPort,
      'src/ports/clock.contract.ts': clockContract,
      'src/runtime/system-clock.ts': systemClock,
      'src/runtime/system-clock.test.ts': "import { S } from './system-clock.ts';",
    },
  },
  {
    rule: 'implementations keep the contract of their port',
    sin: 'a factory nobody tests',
    files: {
      'src/ports/clock.ts': clockPort,
      'src/ports/clock.contract.ts': clockContract,
      'src/runtime/system-clock.ts':
        "import type { Clock } from '../ports/clock.ts';\n" +
        'export function systemClock(startMs: number): Clock {\n  return { now };\n}',
    },
  },
  {
    rule: 'every kind of adapter runs a contract',
    sin: 'a folder without tests',
    files: at('src/adapters/store/memory.ts', 'export class MemoryStore {}'),
  },
];

const code: readonly Sin[] = [
  { rule: 'the core is pure', sin: 'it waits', files: inCore('export async function f() {}') },
  {
    rule: 'the core is pure',
    sin: 'it looks at the clock',
    files: inCore('const a = Date.now();'),
  },
  { rule: 'the core is pure', sin: 'it makes a date', files: inCore('const a = new Date(0);') },
  { rule: 'the core is pure', sin: 'it rolls dice', files: inCore('const a = Math.random();') },
  {
    rule: 'the core is pure',
    sin: 'it reads its process',
    files: inCore('const a = process.env;'),
  },
  { rule: 'the core is pure', sin: 'it calls out', files: inCore('fetch(a);') },
  {
    rule: 'lines have 100 columns',
    sin: '101 of them',
    files: inCore(`// ${'a'.repeat(98)}`),
  },
  {
    rule: 'files have 400 lines',
    sin: '401 lines',
    files: inCore('a();\n'.repeat(401)),
  },
  {
    rule: 'files have 400 lines',
    sin: 'a test of 401 lines',
    files: at('src/core/lib/a.test.ts', 'a();\n'.repeat(401)),
  },
  {
    rule: 'functions are short, shallow and take three parameters',
    sin: 'a function of 62 lines',
    files: inCore(longFunction),
  },
  {
    rule: 'functions are short, shallow and take three parameters',
    sin: 'four parameters',
    files: inCore('export const f = (a: 1, b: 1, c: 1, d: 1) => a + b + c + d;'),
  },
  {
    rule: 'functions are short, shallow and take three parameters',
    sin: 'four levels',
    files: inCore(`export function f() { ${deep} }`),
  },
  { rule: 'syntax is erasable', sin: 'an enum', files: inCore('export enum Phase { A }') },
  { rule: 'syntax is erasable', sin: 'a namespace', files: inCore('namespace A {}') },
  { rule: 'syntax is erasable', sin: 'a decorator', files: inCore('@sealed\nclass A {}') },
  {
    rule: 'syntax is erasable',
    sin: 'a parameter property',
    files: inCore('class A { constructor(private readonly a: 1) {} }'),
  },
  { rule: 'nothing is any', sin: 'a parameter', files: inCore('const f = (a: any) => a;') },
  { rule: 'nothing is any', sin: 'a cast', files: inCore('const a = b as any;') },
  { rule: 'nothing is any', sin: 'an element', files: inCore('type A = Map<string, any>;') },
  { rule: 'no default exports', sin: 'a value', files: inCore('export default 1;') },
  { rule: 'no default exports', sin: 'a renamed one', files: inCore('export { a as default };') },
  {
    rule: 'no barrel files',
    sin: 'only re-exports',
    files: inCore("export { a } from './a.ts';\nexport type { B } from './b.ts';"),
  },
  { rule: 'no barrel files', sin: 'a star', files: inCore("export * from './b.ts';\nf();") },
];

const prose: readonly Sin[] = [
  {
    rule: 'no check is switched off',
    sin: 'the linter, for a line',
    files: inCore(split('// oxlint-', 'disable-next-line no-console')),
  },
  {
    rule: 'no check is switched off',
    sin: 'the compiler, for a line',
    files: inCore(split('// @ts-', 'ignore')),
  },
  { rule: 'nothing is promised', sin: 'in a comment', files: inCore(split('// TO', 'DO: later')) },
  {
    rule: 'nothing is promised',
    sin: 'in a page',
    files: at('docs/a.md', split('FIX', 'ME this')),
  },
  {
    rule: 'no path of one machine',
    sin: 'a folder of a person',
    files: at('docs/a.md', split('Run /Us', 'ers/ann/understudy.')),
  },
  {
    rule: 'no path of one machine',
    sin: 'a fixed temporary file',
    files: at('bench/a.ts', split("write('/t", "mp/out.json');")),
  },
  {
    rule: 'names say what is inside',
    sin: 'a folder of odds and ends',
    files: at('src/core/utils/a.ts', ''),
  },
  {
    rule: 'names say what is inside',
    sin: 'a manager',
    files: at('src/control/rollout-manager.ts', ''),
  },
  { rule: 'files are named in kebab-case', sin: 'camelCase', files: at('src/cli/aB.ts', '') },
  {
    rule: 'tests run all and mock nothing',
    sin: 'only one test runs',
    files: at('src/cli/a.test.ts', "test.only('a', () => {});"),
  },
  {
    rule: 'tests run all and mock nothing',
    sin: 'a mock',
    files: at('src/cli/a.test.ts', 'const a = vi.fn();'),
  },
];

/** At least one for each rule. */
export const sins: readonly Sin[] = [...imports, ...ports, ...code, ...prose];

/** What looks like a sin and is none: no rule may say anything of this project. */
export const innocent: Readonly<Record<string, string>> = {
  'src/core/lib/a.ts': [
    "import type { B } from './b.ts';",
    '// A Date, an enum A {, Math.random() and a process. in prose, any of them, export default 1.',
    'export const words = `await ${b({ c: `Date ${1}` })} as any`;',
    "export const slash = /['\"/]/.test('it') ? 1 / 2 : 'Promise';",
    'export const f = (any: B): B => any;',
    'export const rate = (a: number) => a / 2; // fetch( is only a word here',
    '',
  ].join('\n'),
  'src/core/lib/b.ts':
    'export type B = { readonly dated: number };\nexport const b = (a: B): B => a;',
  'src/core/lib/a.test.ts':
    "import { readFileSync } from 'node:fs';\nimport { test } from 'vitest';\n" +
    "import { f } from './a.ts';\ntest('f', async () => { f(readFileSync); });",
  'src/ports/clock.ts':
    "import type { B } from '../core/lib/b.ts';\n" +
    'export interface Clock { now(): B; sleep(ms: { a: 1; b: 2 }): void; c(): void; d(): void; }',
  'src/ports/clock.contract.ts': clockContract,
  'src/runtime/system-clock.ts': systemClock,
  'src/runtime/system-clock.test.ts':
    "import { clockContract } from '../ports/clock.contract.ts';\n" +
    "import { S } from './system-clock.ts';\nclockContract(() => new S());",
  'src/runner/main.ts': "import { Tensor } from 'onnxruntime-node';\nexport const tensor = Tensor;",
  'src/control/loop.ts':
    "import type { Logger } from 'pino';\nexport const quiet = (log: Logger): Logger => log;",
  'src/main.ts': [
    "import { f } from './core/lib/a.ts';",
    "import { S } from './runtime/system-clock.ts';",
    "import { quiet } from './control/loop.ts';",
    "quiet(f)(new S(), new URL('./runner/main.ts', import.meta.url));",
  ].join('\n'),
  'docs/common-questions.md': 'See https://example.org/work/home/a and the folder ./tmp/x.',
};
