import { importsOf, isCode, isTest, resolveFrom } from './source.ts';
import type { Import, Rule, SourceFile } from './source.ts';

/** What one part may import: parts and packages; `type:` before a name allows its types only. */
type Row = { readonly parts: readonly string[]; readonly packages: readonly string[] };

/** Arrows point from the world to the core. `main.ts` may import anything and has no row. */
export const table: Readonly<Record<string, Row>> = {
  core: { parts: ['core'], packages: [] },
  protocol: { parts: ['core', 'protocol'], packages: ['zod'] },
  ports: { parts: ['core', 'type:protocol', 'ports'], packages: [] },
  registry: {
    parts: ['core', 'protocol', 'ports', 'registry'],
    packages: ['node:', 'type:pino'],
  },
  gateway: {
    parts: ['core', 'protocol', 'ports', 'gateway'],
    packages: ['node:', 'fastify', 'type:pino'],
  },
  control: {
    parts: ['core', 'protocol', 'ports', 'registry', 'control'],
    packages: ['node:', 'fastify', 'type:pino'],
  },
  'adapters/store': adapter([]),
  'adapters/blob': adapter([]),
  'adapters/feed': adapter(['undici']),
  'adapters/backend': adapter(['undici']),
  'adapters/traffic': adapter(['undici', 'yaml']),
  'adapters/metrics': adapter(['undici']),
  'adapters/notify': adapter(['undici']),
  'adapters/sink': adapter(['@duckdb/node-api']),
  'adapters/stream': adapter([]),
  runner: {
    parts: ['core', 'protocol', 'runner'],
    packages: ['node:', 'onnxruntime-node'],
  },
  runtime: {
    parts: ['core', 'protocol', 'ports', 'runtime'],
    packages: ['node:', 'pino', 'yaml'],
  },
  cli: {
    parts: ['core', 'protocol', 'sdk', 'cli'],
    packages: ['node:', 'commander', 'yaml'],
  },
  sdk: { parts: ['core', 'protocol', 'sdk'], packages: [] },
};

/** Kinds of adapter differ only in the packages they bring; none imports another kind. */
function adapter(packages: readonly string[]): Row {
  return { parts: ['core', 'protocol', 'ports'], packages: ['node:', 'type:pino', ...packages] };
}

/** Tests stand outside the product: they may bring real adapters, and the tools of testing. */
const testParts = ['core', 'protocol', 'ports', 'adapters', 'runtime'];
const testPackages = ['vitest', 'fast-check', 'node:'];

const upwardsMax = 3;

/** The part of a path: `core`, `adapters/store`, `sdk`, `main.ts`; undefined outside them. */
export function partOf(path: string): string | undefined {
  const [top, first = '', second = ''] = path.split('/');
  if (top === 'sdk') return 'sdk';
  if (top !== 'src') return undefined;
  return first === 'adapters' ? `adapters/${second}` : first;
}

/** Each part imports what its row of the table allows, and nothing else. */
export const importTable: Rule = (files) =>
  files
    .filter((file) => isCode(file))
    .flatMap((file) => importsOf(file).flatMap((one) => faultOf(file, one) ?? []));

function faultOf(file: SourceFile, one: Import): string | undefined {
  const part = partOf(file.path);
  if (part === undefined || part === 'main.ts' || one.kind === 'url') return undefined;
  const row = table[part];
  if (row === undefined) return `${file.path}: the import table has no part \`${part}\``;
  if (!one.from.startsWith('.')) return packageFault(file, one, row);
  const target = resolveFrom(file.path, one.from);
  const targetPart = partOf(target);
  if (targetPart === undefined) return testDataFault(file, one);
  const isAllowed =
    targetPart === part
      ? !areSiblingAdapters(file.path, target)
      : row.parts.includes(targetPart) ||
        (one.kind === 'type' && row.parts.includes(`type:${targetPart}`)) ||
        (isTest(file) && testParts.includes(targetPart.split('/')[0] ?? ''));
  return isAllowed ? undefined : `${file.path}: ${part} must not import ${one.from} (${one.kind})`;
}

function packageFault(file: SourceFile, { from, kind }: Import, row: Row): string | undefined {
  const allowed = isTest(file) ? [...row.packages, ...testPackages] : row.packages;
  const isAllowed = allowed.some((entry) => {
    if (entry.startsWith('type:') && kind !== 'type') return false;
    const name = entry.replace(/^type:/, '');
    return name.endsWith(':') ? from.startsWith(name) : `${from}/`.startsWith(`${name}/`);
  });
  return isAllowed
    ? undefined
    : `${file.path}: ${partOf(file.path)} must not import ${from} (${kind})`;
}

function testDataFault(file: SourceFile, { from }: Import): string | undefined {
  if (isTest(file)) return undefined;
  return `${file.path}: the product must not import ${from}, which is outside it`;
}

/** Two folders of one kind are two adapters; a file directly in the kind's folder is for all. */
function areSiblingAdapters(path: string, target: string): boolean {
  if (!path.startsWith('src/adapters/')) return false;
  const [from, to] = [path.split('/'), target.split('/')];
  return from.length > 4 && to.length > 4 && from[3] !== to[3];
}

/** A relative import climbs three folders at most, else the file stands in a wrong place. */
export const importDepth: Rule = (files) =>
  files
    .filter((file) => isCode(file))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ from }) => (from.match(/\.\.\//g)?.length ?? 0) > upwardsMax)
        .map(({ from }) => `${file.path}: ${from} climbs more than ${upwardsMax} folders`),
    );

const httpLibraries = /^(fastify|undici|node:http|node:https|node:http2)(\/|$)/;

/** The HTTP library of a plane is named in one file, so that another can take its place. */
export const oneHttpFile: Rule = (files) =>
  ['gateway', 'control'].flatMap((part) => {
    const named = files.filter(
      (file) =>
        isCode(file) &&
        !isTest(file) &&
        partOf(file.path) === part &&
        importsOf(file).some(({ from }) => httpLibraries.test(from)),
    );
    if (named.length <= 1) return [];
    return [`${part} names its HTTP library in ${named.map(({ path }) => path).join(', ')}`];
  });
