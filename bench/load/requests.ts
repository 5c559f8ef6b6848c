import { readRows } from '../../examples/demo/rows.ts';
import { prng, uniform } from '../../src/core/lib/prng.ts';

/** How a request says what it asks for: features, or the Open Inference Protocol. */
export type Dialect = 'simple' | 'oip';

const REQUESTS = 2_048;
const USERS = 5_000;
const SEED = 7;

/** Ready-made requests with real rows of many users, to be sent round and round. */
export function requestsTo(url: URL, dialect: Dialect): readonly Buffer[] {
  const rows = readRows();
  const random = prng(SEED);
  const below = (limit: number): number => Math.floor(uniform(random) * limit);
  return Array.from({ length: REQUESTS }, (_, i) => {
    const features = rows[below(rows.length)]?.features ?? [];
    const body = bodyOf(dialect, features, i);
    const head = [
      `POST ${url.pathname} HTTP/1.1`,
      `host: ${url.host}`,
      'content-type: application/json',
      `x-unit-id: user-${below(USERS)}`,
      `content-length: ${Buffer.byteLength(body)}`,
    ];
    return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
  });
}

function bodyOf(dialect: Dialect, features: readonly number[], number: number): string {
  switch (dialect) {
    case 'simple':
      return JSON.stringify({ features });
    case 'oip': {
      const input = { name: 'features', shape: [1, features.length], datatype: 'FP32' };
      return JSON.stringify({ id: `${number}`, inputs: [{ ...input, data: features }] });
    }
  }
}
