// `node bin/setup.mjs`: makes a fresh clone ready to run, and does nothing when it is ready.
// `node bin/setup.mjs <script> [arguments]`: and then runs the script under the right Node.
// Plain JavaScript for any Node since 18. It speaks on stderr only: stdout belongs to what it runs.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode, noNodeSentence } from './find-node.mjs';
import { passThrough } from './pass-through.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const wanted = join(root, 'package-lock.json');
// npm writes this copy of the lockfile last, so it stands for a finished installation.
const present = join(root, 'node_modules', '.package-lock.json');

function say(text) {
  process.stderr.write(`understudy: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/** npm leaves out optional packages made for other systems. */
function isForUs({ os, cpu }) {
  const fits = (list, mine) => list === undefined || list.includes(mine);
  return fits(os, process.platform) && fits(cpu, process.arch);
}

function isInstalled() {
  if (!existsSync(present)) return false;
  if (statSync(present).mtimeMs >= statSync(wanted).mtimeMs) return true;
  // Git gives files the time of the checkout: compare what the two lockfiles say.
  const [has, wants] = [packagesOf(present), packagesOf(wanted)];
  const chosen = wants[''].optionalDependencies ?? {};
  return Object.entries(wants).every(([path, entry]) => {
    const name = path.replace(/^node_modules\//, '');
    if (name === path || entry.link === true) return true;
    if (has[path] !== undefined) return has[path].version === entry.version;
    return entry.optional === true && !(name in chosen && isForUs(entry));
  });
}

function install() {
  say('installing dependencies with `npm ci`; this happens once and takes about half a minute ...');
  const flags = ['ci', '--ignore-scripts', '--loglevel=error', '--no-audit', '--no-fund'];
  const npm = process.env.npm_execpath;
  const [file, args] = npm === undefined ? ['npm', flags] : [process.execPath, [npm, ...flags]];
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    const why = error === undefined ? `npm ended with code ${status}` : error.message;
    fail(
      `the dependencies could not be installed (${why}). See whether the package registry can be ` +
        'reached (`npm ping --loglevel=notice`), then try again.',
    );
  }
}

const [script, ...args] = process.argv.slice(2);
if (!isInstalled()) install();
const node = findNode(root);
if (node === undefined) fail(noNodeSentence);
if (script !== undefined) {
  if (!existsSync(join(root, script))) fail(`there is no ${script} in this clone.`);
  passThrough(node, [join(root, script), ...args]);
}
