import { pause } from '../../sdk/transport.ts';
import type { Client } from '../../sdk/client.ts';

const POLL_MS = 50;

/** How far one living gateway is with a version. */
export type Serving = {
  readonly gateway: string;
  readonly ok: boolean;
  /** Why it will not come to serve it; null while nothing is wrong. */
  readonly failure: string | null;
};

type Wanted = { readonly digest: string; readonly timeoutMs: number };

/**
 * Waits until every living gateway has the table of now and the version loaded, or one cannot, and
 * says how far each is: an endpoint is made in a moment, but answers once its model is loaded.
 */
export async function untilServed(
  client: Client,
  { digest, timeoutMs }: Wanted,
): Promise<readonly Serving[]> {
  const untilMs = performance.now() + timeoutMs;
  let wanted: number | null = null;
  for (;;) {
    const { generation, gateways } = await client.status.read();
    wanted ??= generation;
    const least = wanted;
    const found = gateways
      .filter(({ alive }) => alive)
      .map(({ gateway, ready, failed, generation: serves }): Serving => {
        const failure = failed.find((one) => one.digest === digest)?.detail ?? null;
        return { gateway, ok: serves >= least && ready.includes(digest), failure };
      });
    const isDecided = found.every(({ ok, failure }) => ok || failure !== null);
    if (isDecided || performance.now() >= untilMs) return found;
    await pause(POLL_MS);
  }
}
