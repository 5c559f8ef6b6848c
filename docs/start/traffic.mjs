// Clients for the tutorial: sends the held-out rows of the example as many users would, until it is
// ended. Plain JavaScript for any Node since 20.
// node docs/start/traffic.mjs http://127.0.0.1:8080/v1/endpoints/tumor-risk/predict 300
import { readFileSync } from 'node:fs';

const [url, perSecond = '300'] = process.argv.slice(2);
const USERS = 5_000;
const SLICE_MS = 20;

if (url === undefined) {
  console.error('usage: node traffic.mjs URL [REQUESTS_PER_SECOND]');
  process.exit(2);
}

const file = new URL('../../examples/models/rows.json', import.meta.url);
const { rows } = JSON.parse(readFileSync(file, 'utf8'));
const any = (count) => Math.floor(Math.random() * count);
const count = { sent: 0, failed: 0 };

async function send() {
  count.sent += 1;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-unit-id': `user-${any(USERS)}` },
      body: JSON.stringify({ features: rows[any(rows.length)].features }),
    });
    const { prediction } = await response.json();
    if (!response.ok || typeof prediction !== 'number') count.failed += 1;
  } catch {
    count.failed += 1;
  }
}

function end() {
  console.error(`traffic: ${count.sent} requests, ${count.failed} failed`);
  process.exit(0);
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, end);
let last = performance.now();
let owed = 0;
setInterval(() => {
  const now = performance.now();
  owed += ((now - last) / 1_000) * Number(perSecond);
  last = now;
  for (; owed >= 1; owed -= 1) void send();
}, SLICE_MS);
