// `npm run build`: compiles the product into `dist`, a mirror of the root that Node runs as it is.
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const out = join(root, 'dist');

rmSync(out, { recursive: true, force: true });
execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
for (const path of globSync('**/*.js', { cwd: out })) renameEntries(join(out, path));
for (const path of globSync('{src,sdk}/**/*.{json,sql,html,txt}', { cwd: root })) {
  if (!path.includes('node_modules')) cpSync(join(root, path), join(out, path));
}
// Code that reads its own version looks for the file above `src`, here as there.
cpSync(join(root, 'package.json'), join(out, 'package.json'));

/** The compiler renames imports, but not the addresses of entries that are started as processes. */
function renameEntries(path: string): void {
  const text = readFileSync(path, 'utf8');
  const renamed = text.replaceAll(
    /(new URL\(\s*'\.[^']*)\.ts('\s*,\s*import\.meta\.url)/g,
    '$1.js$2',
  );
  if (renamed !== text) writeFileSync(path, renamed);
}
