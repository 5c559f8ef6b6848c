#!/usr/bin/env node
// Plain old JavaScript, so that an old Node fails with a sentence and not with a stack.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findNode, noNodeSentence, runsHere } from './find-node.mjs';
import { passThrough } from './pass-through.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);

// A clone has the sources and runs them; the published package has only what was built from them.
const source = join(root, 'src', 'main.ts');
const built = join(root, 'dist', 'src', 'main.js');
const entry = existsSync(source) ? source : built;

if (!existsSync(entry)) {
  process.stderr.write(`understudy: ${built} is missing; run \`npm run build\` first.\n`);
  process.exitCode = 1;
} else if (runsHere()) {
  process.argv = [process.argv[0], entry, ...args];
  // Halves the time until a command answers; where nothing can be written, nothing is.
  module.enableCompileCache();
  await import(pathToFileURL(entry).href);
} else {
  const node = findNode(root);
  if (node === undefined) {
    process.stderr.write(`${noNodeSentence}\n`);
    process.exitCode = 1;
  } else {
    passThrough(node, [fileURLToPath(import.meta.url), ...args]);
  }
}
