// Plain JavaScript which any Node since 18 can read: it runs before we know which Node we have.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const NODE_MAJOR_MIN = 24;

export const noNodeSentence =
  `Understudy needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.version}, and there is no ` +
  `bundled one: run \`npm ci\` (on Linux it brings its own), or install Node ${NODE_MAJOR_MIN}.`;

/** True when the running Node can run the product itself. */
export function runsHere(version = process.versions.node) {
  return Number.parseInt(version, 10) >= NODE_MAJOR_MIN;
}

/** The path of a Node that is new enough: this one, else the one npm installed, else undefined. */
export function findNode(from) {
  if (runsHere()) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  // npm hoists: the package may lie beside us, in a workspace root, or beside the package itself.
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name, 'bin', 'node');
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) return undefined;
  }
}
