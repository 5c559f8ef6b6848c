import { describe, expect, test } from 'vitest';
import { endpointSample, refSample, rolloutSample } from '../../../test/samples.ts';
import { invariant } from '../lib/invariant.ts';
import { bps, instant } from '../lib/units.ts';
import type { Endpoint } from '../routing/endpoint.ts';
import { decide, overtaking } from './decide.ts';
import type { Case } from './decide.ts';
import { obey } from './obey.ts';
import type { Phase, Rollout } from './rollout.ts';

const now = instant(1_800_000_000_000);
const layerSalt = 'cd'.repeat(16);
const slice = { fromBps: bps(0), toBps: bps(3_000) };

const sliced = (phase: Phase, over: Partial<Rollout> = {}): Rollout =>
  rolloutSample('risk', phase, { slice, layerSalt, stage: 3, ...over });

const serving = (version: number, previous: number | null): Endpoint =>
  endpointSample('risk', {
    version: refSample(version),
    previous: previous === null ? null : refSample(previous),
  });

/** What somebody's command makes of the endpoint. */
function told(kind: 'promote' | 'rollback', rollout: Rollout, endpoint: Endpoint): Endpoint | null {
  const obeyed = obey({ rollout, endpoint, command: { kind, actor: 'ada', reason: 'so' }, now });
  invariant(obeyed.ok, 'the command applies');
  return obeyed.value.endpoint;
}

describe('a test whose baseline is not in production any more', () => {
  test.for<{ readonly of: Partial<Rollout>; readonly serves: number; readonly by: number | null }>([
    { of: { slice, layerSalt }, serves: 1, by: null },
    { of: { slice, layerSalt }, serves: 3, by: 3 },
    { of: {}, serves: 3, by: null },
  ])('is overtaken by $by', ({ of, serves, by }) => {
    const rollout = rolloutSample('risk', 'advancing', of);
    const expected = by === null ? undefined : refSample(by);
    expect(overtaking(rollout, serving(serves, null))).toEqual(expected);
  });

  test('asks where it would have promoted', () => {
    const rollout = sliced('advancing', {
      spec: {
        ...rolloutSample('risk', 'advancing').spec,
        strategy: { kind: 'gradual', watchMs: 0 },
      },
      stage: 0,
      stageSince: instant(now - 1),
    });
    const ready = { ready: [refSample(2).digest], generation: 9, failed: [], fuses: [] };
    const gateway = { gateway: 'g1', seenAt: now, through: now, ...ready };
    const table = { schema: 1, generation: 1, routes: [], models: [] } as const;
    const fleet = { gateways: [gateway], reports: [gateway], table, published: 1 };
    const seen: Case = { rollout, verdicts: [], outcomes: [], thresholdsMs: null, fleet, now };
    expect(decide(seen)).toMatchObject({ type: 'promote' });
    expect(decide({ ...seen, overtakenBy: refSample(3) })).toMatchObject({
      type: 'ask',
      cause: {
        by: 'strategy',
        arm: 'candidate',
        sentence: expect.stringContaining('compared with tumour@1, and risk serves tumour@3'),
      },
    });
  });
});

describe('going back leaves what others have promoted', () => {
  const own = sliced('promoting', { candidate: refSample(4) });

  test.for<{
    readonly when: string;
    readonly rollout: Rollout;
    readonly endpoint: Endpoint;
    readonly serves: number | null;
    readonly before?: number;
  }>([
    {
      when: 'it had replaced the baseline',
      rollout: own,
      endpoint: serving(4, 1),
      serves: 1,
    },
    {
      when: 'it had replaced what another promoted',
      rollout: own,
      endpoint: serving(4, 3),
      serves: 3,
    },
    {
      when: 'it was replaced since: nobody goes back to it',
      rollout: own,
      endpoint: serving(5, 4),
      serves: 5,
      before: 1,
    },
    { when: 'it was replaced twice', rollout: own, endpoint: serving(6, 5), serves: null },
    {
      when: 'another promoted the very version it tries',
      rollout: sliced('advancing', { candidate: refSample(4) }),
      endpoint: serving(4, 1),
      serves: null,
    },
  ])('when $when: $serves', ({ rollout, endpoint, serves, before = null }) => {
    const after = told('rollback', rollout, endpoint);
    expect(after?.version ?? null).toEqual(serves === null ? null : refSample(serves));
    expect(after?.previous ?? null).toEqual(before === null ? null : refSample(before));
  });

  test('who promotes beside others goes back to what was there, not to his own baseline', () => {
    const after = told('promote', sliced('holding'), serving(3, 1));
    expect(after).toMatchObject({ version: refSample(2), previous: refSample(3) });
  });
});
