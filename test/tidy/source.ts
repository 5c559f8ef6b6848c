import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, posix } from 'node:path';
import { mask } from './mask.ts';

/** A file of the project: its path from the root, its text and its code without the prose. */
export type SourceFile = {
  readonly path: string;
  readonly text: string;
  /** The text with comments and the insides of literals blanked; empty when it is not code. */
  readonly code: string;
};

/** A rule reads all files and says what is wrong, one sentence a fault, beginning with the path. */
export type Rule = (files: readonly SourceFile[]) => readonly string[];

/** One import, re-export, dynamic import or `new URL(…, import.meta.url)`. */
export type Import = {
  readonly from: string;
  readonly kind: 'value' | 'type' | 'url';
};

const foldersSkipped = new Set('node_modules dist coverage .git .understudy .vitest'.split(' '));
const codeExtensions = new Set(['.ts', '.mts', '.mjs', '.js']);
const proseExtensions =
  '.tsx .json .md .yaml .yml .html .css .py .sh .txt .sql .toml .conf .cfg .svg .proto'.split(' ');
/** Data files beyond this are recordings, not prose. */
const textBytesMax = 2_000_000;

/** Makes a file from its path and text; tests of rules use it too. */
export function sourceFile(path: string, text: string): SourceFile {
  return { path, text, code: codeExtensions.has(extname(path)) ? mask(text) : '' };
}

/** Every text file below the root that npm or git did not make. */
export function readProject(root: string): readonly SourceFile[] {
  const found: SourceFile[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!foldersSkipped.has(entry.name)) visit(path);
      } else if (entry.isFile() && isText(root, path)) {
        found.push(sourceFile(path, readFileSync(join(root, path), 'utf8')));
      }
    }
  };
  visit('');
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function isText(root: string, path: string): boolean {
  const kind = extname(path);
  const isKnown = kind === '' || codeExtensions.has(kind) || proseExtensions.includes(kind);
  return isKnown && statSync(join(root, path)).size <= textBytesMax;
}

/** TypeScript or JavaScript that we write (JSX has its own tools). */
export function isCode({ code }: SourceFile): boolean {
  return code !== '';
}

/** Tests and what only tests use. */
export function isTest({ path }: SourceFile): boolean {
  return /\.(test|contract)\.ts$/.test(path) || /^(\w+\/)?test\//.test(path);
}

const importPattern = new RegExp(
  [
    String.raw`\b(import|export)\s+(type\s+)?(?:[\w$*\s{},]*?\bfrom\s*)?['"]`,
    String.raw`\b(?:import\s*\(|new\s+URL\s*\()\s*['"]`,
  ].join('|'),
  'g',
);

/** The imports of a file in order. Names are read from the text where the code shows a literal. */
export function importsOf({ code, text }: SourceFile): readonly Import[] {
  const imports: Import[] = [];
  for (const match of code.matchAll(importPattern)) {
    const start = match.index + match[0].length;
    const from = text.slice(start, text.indexOf(text[start - 1] ?? '', start));
    if (match[0].startsWith('new')) {
      if (/\.m?[jt]s$/.test(from)) imports.push({ from, kind: 'url' });
    } else if (match[1] !== 'export' || match[0].includes('from')) {
      imports.push({ from, kind: isTypeOnly(match) ? 'type' : 'value' });
    }
  }
  return imports;
}

function isTypeOnly(match: RegExpExecArray): boolean {
  if (match[2] !== undefined) return true;
  const names = /\{([^}]*)\}/.exec(match[0])?.[1];
  if (names === undefined || /import\s+\w/.test(match[0])) return false;
  const named = names.split(',').filter((name) => name.trim() !== '');
  return named.length > 0 && named.every((name) => name.trim().startsWith('type '));
}

/** The path from the root which a relative import names. */
export function resolveFrom(path: string, from: string): string {
  return posix.join(posix.dirname(path), from);
}

/** The line number of a place in a text, from 1. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
