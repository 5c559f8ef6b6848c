// `node bin/setup.mjs <script.ts | tool> [arguments]`: makes a fresh clone ready, then runs the script, or
// the tool of that name from node_modules, under the right Node. Plain JavaScript, any Node since 18.
// Everything it says goes to stderr: stdout belongs to what it runs.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode, noNodeSentence } from './find-node.mjs';
import { passThrough } from './pass-through.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');

function say(text) {
  process.stderr.write(`understudy: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

/** npm writes node_modules/.package-lock.json last, so its time tells when an install was finished. */
function isInstalled() {
  const mark = join(modules, '.package-lock.json');
  if (!existsSync(mark)) return false;
  return statSync(mark).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

function install() {
  say('installing the dependencies (npm ci), once for this clone; this takes about half a minute ...');
  const startedAt = Date.now();
  const npm = process.env.npm_execpath;
  const flags = ['ci', '--ignore-scripts', '--loglevel=error', '--no-audit', '--no-fund'];
  const file = npm === undefined ? 'npm' : process.execPath;
  const args = npm === undefined ? flags : [npm, ...flags];
  // The child's stdout is our stderr: `npm start -- --json` must print nothing but its answer.
  const done = spawnSync(file, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (done.status !== 0) {
    const why = done.error === undefined ? `npm ended with ${done.status}` : done.error.message;
    fail(
      `the dependencies could not be installed (${why}). Check that the package registry can be ` +
        'reached (`npm ping`), then run `npm ci` by hand to see every message.',
    );
  }
  say(`dependencies installed in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
}

/** The script itself, or the JavaScript behind a tool's name: tools must not fall back on an old Node. */
function entryOf(name) {
  if (/\.m?[jt]s$/.test(name)) return join(root, name);
  const folder = join(modules, name === 'tsc' ? 'typescript' : name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[name]);
}

const [name, ...args] = process.argv.slice(2);
if (name === undefined) fail('usage: node bin/setup.mjs <script.ts | tool> [arguments]');
if (!isInstalled()) install();

const node = findNode(root);
if (node === undefined) fail(noNodeSentence);
const path = [dirname(node), join(modules, '.bin'), process.env.PATH ?? ''].join(delimiter);
passThrough(node, [entryOf(name), ...args], { ...process.env, PATH: path });
