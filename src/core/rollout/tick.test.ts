import { expect, test } from 'vitest';
import { endpointSample, rolloutSample, versionSample } from '../../../test/samples.ts';
import { after, instant } from '../lib/units.ts';
import { emptyTable, project } from '../routing/project.ts';
import type { GatewayState } from './fleet.ts';
import type { Rollout } from './rollout.ts';
import { tick } from './tick.ts';

const began = instant(1_800_000_000_000);
const models = [{ name: 'tumour', versions: [versionSample(2), versionSample(1)] }];

test('a rollout is confirmed although others change the table all the time', () => {
  const endpoints = [endpointSample('busy'), endpointSample('risk')];
  const mine = rolloutSample('risk', 'reverting');
  let busy: Rollout = rolloutSample('busy', 'advancing');
  let table = project({ endpoints, rollouts: [mine, busy], models, previous: emptyTable });
  let ended: number | null = null;
  for (let i = 1; i <= 5 && ended === null; i += 1) {
    const now = after(began, i * 1_000);
    const served = table.generation;
    busy = { ...busy, revision: busy.revision + 1 };
    table = project({ endpoints, rollouts: [mine, busy], models, previous: table });
    // The gateway is always one table behind.
    const gateway: GatewayState = {
      gateway: 'g1',
      seenAt: now,
      generation: served,
      ready: [mine.baseline.digest, mine.candidate.digest],
      failed: [],
      fuses: [],
      through: now,
    };
    const rollouts = [mine, busy];
    const world = { now, endpoints, rollouts, models, gateways: [gateway], table };
    const { transitions } = tick({ ...world, evidence: new Map(), outcomes: new Map() });
    if (transitions.some(({ after: { id, phase } }) => id === mine.id && phase === 'reverted')) {
      ended = i;
    }
  }
  expect(ended).toBe(1);
});
