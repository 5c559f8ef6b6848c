import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Where control and gateways use the machine's own time, and why that may be. */
const known = [
  // Keeps the connection of a reader of events open.
  'src/control/api/events.ts',
  // Ends a long poll before a proxy does; the simulated link has its own patience.
  'src/control/api/feed-server.ts',
  // Waits for no time at all, and does so in simulated worlds, too.
  'src/control/breather.ts',
  // Sockets.
  'src/gateway/http.ts',
];

test('what is simulated waits for the simulated clock only', () => {
  const real = /\b(?:setTimeout|setInterval|setImmediate|AbortSignal\.timeout|Date\.now)\b/;
  const found = ['src/control', 'src/gateway', 'src/core'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`)
      .filter((path) => real.test(readFileSync(join(root, path), 'utf8'))),
  );
  expect(known).toEqual(expect.arrayContaining(found));
});
