import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { GatewayStatus } from '../../src/gateway/status.ts';

const POLL_MS = 2;
const GIVE_UP_MS = 10_000;

/**
 * Waits until the candidate of a rollout gets nothing on any of the gateways, by their own word;
 * gives the moment of the last.
 */
export async function whenAllGatewaysApplied(
  data: string,
  gateways: readonly string[],
  rollout: string,
): Promise<number> {
  const moments = gateways.map((name) =>
    whenApplied(join(data, 'gateways', name, 'local.sock'), rollout),
  );
  return Math.max(...(await Promise.all(moments)));
}

async function whenApplied(socketPath: string, rollout: string): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const giveUpMs = performance.now() + GIVE_UP_MS;
  try {
    while (performance.now() < giveUpMs) {
      if (!hasTraffic(await statusAt(socketPath, agent), rollout)) return performance.now();
      await pause(POLL_MS);
    }
    throw new Error(`the candidate of ${rollout} still has traffic at ${socketPath}`);
  } finally {
    agent.destroy();
  }
}

function hasTraffic({ endpoints }: GatewayStatus, rollout: string): boolean {
  const arms = endpoints.find((one) => one.rollout === rollout)?.arms ?? [];
  return arms.some(({ arm, effectiveBps }) => arm === 'candidate' && effectiveBps > 0);
}

function statusAt(socketPath: string, agent: Agent): Promise<GatewayStatus> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path: '/status', agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(JSON.parse(String(Buffer.concat(chunks)))));
    }).on('error', reject);
  });
}
