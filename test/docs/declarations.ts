import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pageBlocks } from './page.ts';

/** Pages written by hand: what is said in them must be so. */
export const pagesIn = (root: string): readonly string[] => [
  'README.md',
  'CONTRIBUTING.md',
  ...['docs', 'docs/guides', 'docs/concepts', 'docs/adr'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];

/** A declaration of a rollout that a page shows. */
export type Shown = { readonly where: string; readonly text: string };

/** Every rollout.yaml that a page shows, and the tutorial's. */
export function declarationsIn(root: string): readonly Shown[] {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const shown = pagesIn(root).flatMap((page) =>
    pageBlocks(read(page))
      .filter(({ language, text }) => language === 'yaml' && /^(?:#.*\n)*endpoint:/.test(text))
      .map(({ line, text }) => ({ where: `${page}:${line}`, text })),
  );
  return [{ where: 'docs/start/rollout.yaml', text: read('docs/start/rollout.yaml') }, ...shown];
}
