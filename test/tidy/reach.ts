import { importsOf, isCode, isTest, resolveFrom } from './source.ts';
import type { Rule, SourceFile } from './source.ts';

/** Folders outside the product which use it: what they import is alive. */
const users = /^(test|bench|examples|tools|sdk|console)\//;

/**
 * Every source file is reached from what is started or published: `src/main.ts`, the entries which
 * the package files name, and what the simulator, benchmarks, examples and tools import. A unit
 * test beside a file does not keep it alive.
 */
export const noDeadFile: Rule = (files) => {
  if (!files.some(({ path }) => path === 'src/main.ts')) return [];
  const byPath = new Map(files.map((file) => [file.path, file]));
  const alive = new Set<string>();
  const queue = rootsOf(files);
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = byPath.get(path);
    if (file === undefined || alive.has(path)) continue;
    alive.add(path);
    queue.push(...importsOf(file).map(({ from }) => resolveFrom(path, from)));
  }
  return files
    .filter((file) => isCode(file) && file.path.startsWith('src/') && !isTest(file))
    .filter(({ path }) => !alive.has(path))
    .map(({ path }) => `${path}: nothing that runs reaches it`);
};

function rootsOf(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    if (file.path === 'src/main.ts' || (users.test(file.path) && isCode(file))) return [file.path];
    return file.path === 'package.json' ? publishedBy(file) : [];
  });
}

/** `exports` names what was built: `./dist/src/x.js` comes from `src/x.ts`. */
function publishedBy({ text }: SourceFile): readonly string[] {
  return [...text.matchAll(/"\.\/dist\/([^"]+)\.js"/g)].map(([, stem]) => `${stem}.ts`);
}

/** Every relative import and every entry started by its address is a file that exists. */
export const noBrokenImport: Rule = (files) => {
  const paths = new Set(files.map(({ path }) => path));
  return files
    .filter((file) => isCode(file))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ from }) => /^\.{1,2}\/.*\.m?[jt]s$/.test(from))
        .filter(({ from }) => !isMade(from) && !paths.has(resolveFrom(file.path, from)))
        .map(({ from }) => `${file.path}: there is no ${from}`),
    );
};

const isMade = (from: string): boolean => from.includes('/dist/');
