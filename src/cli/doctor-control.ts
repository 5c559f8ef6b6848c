import type { Checkup } from './doctor-finding.ts';
import { fine } from './doctor-finding.ts';
import { failureOf } from './failure.ts';
import { duration } from './wording.ts';

const ANSWER_MS = 5_000;

/** Whether the admin API answers, and takes our token. */
export const controlCheck: Checkup = async (session) => {
  const check = 'admin API';
  try {
    const { url } = await session.server();
    const client = await session.client({ retries: 0 });
    const { version, gateways } = await client.status.read({ timeoutMs: ANSWER_MS });
    const alive = gateways.filter((gateway) => gateway.alive).length;
    const detail = `${url} answers: version ${version}, ${alive} of ${gateways.length} gateways`;
    return [fine(check, `${detail} alive`)];
  } catch (error) {
    const { what, fix } = failureOf(error);
    // Not to run is no fault of an installation.
    return [{ check, outcome: 'note', detail: what, fix }];
  }
};

const SKEW_MAX_MS = 2_000;

/** Whether this machine's clock agrees with that of the control plane. */
export const clockCheck: Checkup = async (session) => {
  const check = 'clock';
  try {
    const client = await session.client({ retries: 0 });
    const askedMs = Date.now();
    const { now } = await client.status.read({ timeoutMs: ANSWER_MS });
    const heardMs = Date.now();
    const theirsMs = Date.parse(now);
    const skewMs = Math.max(askedMs - theirsMs, theirsMs - heardMs, 0);
    if (skewMs <= SKEW_MAX_MS) return [fine(check, 'agrees with the control plane')];
    const detail = `differs from the control plane’s by ${duration(skewMs)}`;
    return [{ check, outcome: 'note', detail, fix: 'Let both machines keep time by NTP.' }];
  } catch {
    return [fine(check, `${new Date().toISOString()}, compared with nothing`)];
  }
};
