import { importsOf, isCode, isTest, resolveFrom } from './source.ts';
import type { Rule, SourceFile } from './source.ts';

const methodsMax = 4;
const portPath = /^src\/ports\/([a-z0-9-]+)\.ts$/;

/** A port: a file in `src/ports` with an exported interface of the file's name. */
type Port = { readonly name: string; readonly path: string; readonly methods: number };

function portsIn(files: readonly SourceFile[]): readonly Port[] {
  return files.flatMap(({ path, code }) => {
    const stem = portPath.exec(path)?.[1];
    if (stem === undefined) return [];
    const name = stem.replaceAll(/(^|-)(\w)/g, (_all, _dash, letter: string) =>
      letter.toUpperCase(),
    );
    const start = new RegExp(`\\bexport\\s+interface\\s+${name}\\b[^{]*\\{`).exec(code);
    if (start === null) return [];
    return [{ name, path, methods: membersOf(code, start.index + start[0].length) }];
  });
}

/** Members of an interface: the semicolons at the depth of its body. */
function membersOf(code: string, from: number): number {
  let depth = 0;
  let members = 0;
  for (let at = from; depth >= 0 && at < code.length; at += 1) {
    const char = code[at] ?? '';
    if ('{(['.includes(char)) depth += 1;
    if ('})]'.includes(char)) depth -= 1;
    if (char === ';' && depth === 0) members += 1;
  }
  return members;
}

const contractOf = (port: Port): string => port.path.replace(/\.ts$/, '.contract.ts');

/** A seam is small, and what every implementation must do is written down as tests beside it. */
export const portContracts: Rule = (files) => {
  const paths = new Set(files.map(({ path }) => path));
  return portsIn(files).flatMap((port) => [
    ...(port.methods > methodsMax
      ? [`${port.path}: ${port.methods} methods, at most ${methodsMax}`]
      : []),
    ...(paths.has(contractOf(port)) ? [] : [`${port.path}: no ${contractOf(port)} beside it`]),
  ]);
};

/** Whatever implements a port is put through the port's contract by a test. */
export const implementationsKeepContracts: Rule = (files) => {
  const tests = files
    .filter((file) => isCode(file) && isTest(file))
    .map((file) => new Set(importsOf(file).map(({ from }) => resolveFrom(file.path, from))));
  return portsIn(files).flatMap((port) =>
    files
      .filter((file) => implementsPort(file, port))
      .filter(({ path }) => !tests.some((seen) => seen.has(path) && seen.has(contractOf(port))))
      .map(({ path }) => `${path}: no test puts it through ${contractOf(port)}`),
  );
};

/** True for a class, a factory function or a constant whose declared type is the port. */
function implementsPort(file: SourceFile, { name, path }: Port): boolean {
  if (!/^src\/(?!ports\/|main\.ts)/.test(file.path) || isTest(file)) return false;
  const isNamed = importsOf(file).some(({ from }) => resolveFrom(file.path, from) === path);
  const declared = new RegExp(
    [
      `\\bclass\\s+\\w+[^{]*\\bimplements\\b[^{]*\\b${name}\\b`,
      `\\bexport\\s+(?:async\\s+)?function\\s+\\w+[^{;]*\\)\\s*:\\s*(?:Promise<\\s*)?${name}\\b`,
      `\\bexport\\s+const\\s+\\w+\\s*:\\s*${name}\\b`,
      `\\bexport\\s+const\\s+\\w+\\s*=[^;{]*\\)\\s*:\\s*(?:Promise<\\s*)?${name}\\b`,
      `\\bexport\\s+const\\s+\\w+\\s*=[^;]*\\}\\s*satisfies\\s+${name}\\b`,
    ].join('|'),
  );
  return isNamed && declared.test(file.code);
}

/** Each kind of adapter has a test that calls a contract. */
export const adaptersAreTested: Rule = (files) => {
  const kindOf = ({ path }: SourceFile): string => /^src\/adapters\/[\w-]+/.exec(path)?.[0] ?? '';
  const code = files.filter((file) => isCode(file) && kindOf(file) !== '');
  const kinds = new Set(code.filter((file) => !isTest(file)).map(kindOf));
  const kept = new Set(
    code
      .filter((file) => isTest(file) && importsOf(file).some(({ from }) => isContract(from)))
      .map(kindOf),
  );
  return [...kinds].filter((kind) => !kept.has(kind)).map((kind) => `${kind}: no contract is run`);
};

const isContract = (from: string): boolean => /\/ports\/.*\.contract\.ts$/.test(from);
