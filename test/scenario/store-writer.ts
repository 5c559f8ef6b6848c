import { writeSync } from 'node:fs';
import { SqliteStore } from '../../src/adapters/store/sqlite.ts';
import { link } from '../../src/core/governance/chain.ts';
import { emptyChange } from '../../src/ports/store.ts';
import { auditDraftSample, effectSample, endpointSample, windowSample } from '../samples.ts';

/**
 * Commits without end to the file named by its first argument, and says the number of each change
 * that was confirmed. Meant to be killed.
 */
const file = process.argv[2] ?? '';
const store = new SqliteStore(file);
let [head = null] = await store.scan({ log: 'audit', newestFirst: true, limit: 1 });
for (;;) {
  const seq: number = (head?.seq ?? 0) + 1;
  const entry = link(head, auditDraftSample(seq));
  const [before] = await store.list({ kind: 'endpoint', key: 'risk', limit: 1 });
  const answer = await store.commit({
    ...emptyChange,
    puts: [
      {
        kind: 'endpoint',
        key: 'risk',
        expect: before?.revision ?? null,
        value: endpointSample('risk', { revision: seq }),
      },
    ],
    audit: [entry],
    effects: Array.from({ length: 10 }, (_, i) => effectSample(`${seq}/${i}`)),
    windows: [
      { gateway: 'g', instance: 'i', window: windowSample({ revision: seq, requests: seq }) },
    ],
  });
  if (answer.type !== 'committed') throw new Error(`change ${seq}: ${JSON.stringify(answer)}`);
  head = entry;
  writeSync(1, `${seq}\n`);
}
