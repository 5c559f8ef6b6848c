import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const elsewhere = /^(?:[a-z]+:|#)/;

/** Pages people read: those at the root, below docs, and beside the examples. */
const pages = ['.', 'docs', 'examples', 'sdk'].flatMap((folder) => markdownIn(folder));

function markdownIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: folder !== '.', encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

/** Targets of links and pictures; code is no text. */
function linksOf(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8')
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/`[^`\n]*`(?!\])/g, '');
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target);
}

/** The anchors GitHub makes of headings. */
function anchorsOf(path: string): readonly string[] {
  const headings = readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function isBroken(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? join(root, page) : join(root, dirname(page), file);
  const isOutside = relative(root, path).startsWith('..');
  if (isOutside || !existsSync(path)) return true;
  return anchor !== undefined && !anchorsOf(path).includes(anchor);
}

describe('every link of a page leads somewhere', () => {
  test.for(pages)('%s', (page) => {
    const links = linksOf(page).filter((link) => !elsewhere.test(link) || link.startsWith('#'));
    expect(links.filter((link) => isBroken(page, link))).toEqual([]);
  });
});

/** The pages a link leads to; a link to a folder shows all that is in it. */
function reachedBy(page: string, link: string): readonly string[] {
  if (elsewhere.test(link)) return [];
  const target = relative(root, join(root, dirname(page), link.split('#')[0] ?? ''));
  return pages.filter((one) => one === target || dirname(one) === target);
}

test('every page below docs can be reached from the README', () => {
  const seen = new Set(['README.md']);
  for (const page of seen) {
    const reached = linksOf(page).flatMap((link) => reachedBy(page, link));
    for (const one of reached) seen.add(one);
  }
  expect(pages.filter((page) => page.startsWith('docs/') && !seen.has(page))).toEqual([]);
});
