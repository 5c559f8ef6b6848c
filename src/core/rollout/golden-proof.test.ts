import { describe, expect, test } from 'vitest';
import { refSample, rolloutSample, versionSample } from '../../../test/samples.ts';
import { bps, instant } from '../lib/units.ts';
import { fleetFacts, fleetOfFacts } from '../replay/fleet-facts.ts';
import { emptyTable } from '../routing/project.ts';
import type { StrategySpec } from '../strategy/spec.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { GatewayState, GoldenProof } from './fleet.ts';
import { PROOF_FRESH_MS } from './golden-proof.ts';
import { fleetOf } from './readiness.ts';
import type { Rollout } from './rollout.ts';
import type { World } from './world.ts';

// S1: nothing gets its first user that has not just answered its golden rows on every gateway.

const blueGreen: StrategySpec = {
  kind: 'blue-green',
  prove: null,
  proveMs: 0,
  keepWarmMs: 60_000,
  cutOver: 'automatic',
};
const golden = `sha256:${'9'.repeat(64)}`;
const { digest } = refSample(2);
const plain = rolloutSample('risk', 'advancing');
const now = instant(plain.createdAt + 3_600_000);
const began = { phaseSince: plain.createdAt, stageSince: plain.createdAt };
const green: Rollout = {
  ...plain,
  ...began,
  spec: { ...plain.spec, strategy: blueGreen, followers: [], checks: [] },
};

const proof: GoldenProof = {
  digest,
  golden,
  agoMs: 1_000,
  tookMs: 2,
  values: 12,
  difference: null,
};

type Given = {
  /** Of g1 and g2. */
  readonly proofs: readonly [readonly GoldenProof[], readonly GoldenProof[]];
  readonly rollout?: Partial<Rollout>;
  /** Whether the version has golden rows; default: it has. */
  readonly hasGolden?: boolean;
};

function decided({ proofs, rollout: over = {}, hasGolden = true }: Given): Decision {
  const rollout = { ...green, ...over };
  const gateways = proofs.map((made, index): GatewayState => {
    return {
      gateway: `g${index + 1}`,
      seenAt: now,
      generation: 0,
      ready: [digest],
      failed: [],
      fuses: [],
      through: now,
      proofs: made,
    };
  });
  const { admission: _admission, ...version } = versionSample(2);
  const versions = [{ ...version, ...(hasGolden ? { golden } : {}) }];
  const table = { ...emptyTable, models: [{ name: 'tumour', versions }] };
  const fleet = fleetOf({ gateways, now, table } as unknown as World, table);
  const seen = { rollout, verdicts: [], outcomes: [], thresholdsMs: null, now };
  const decision = decide({ ...seen, fleet });
  // Whoever has the receipt decides alike.
  const facts = JSON.parse(JSON.stringify(fleetFacts(rollout, fleet))) as never;
  expect(decide({ ...seen, fleet: fleetOfFacts(rollout, facts) })).toEqual(decision);
  return decision;
}

const old = { ...proof, agoMs: PROOF_FRESH_MS };
const wrong = { ...proof, difference: '3 of 12 values of sum differ' };
const ofOthers = { ...proof, golden: `sha256:${'8'.repeat(64)}` };

test.for<Given & { readonly what: string; readonly decides: object }>([
  {
    what: 'is switched to when every gateway has just proved it',
    proofs: [[proof], [{ ...proof, agoMs: 3_000 }]],
    decides: {
      type: 'advance',
      stage: 1,
      reason: expect.stringContaining(
        'Golden rows (12 values) were answered as expected on g1 and g2.',
      ),
    },
  },
  {
    what: 'waits for a gateway that has not',
    proofs: [[proof], []],
    decides: {
      type: 'hold',
      reason: {
        code: 'loading',
        sentence: 'The golden rows have yet to be answered on g2 (1 of 2 proved it within 15 s).',
      },
    },
  },
  { what: 'waits when a proof is old', proofs: [[proof], [old]], decides: { type: 'hold' } },
  {
    what: 'waits when other rows were answered',
    proofs: [[proof], [ofOthers]],
    decides: { type: 'hold' },
  },
  {
    what: 'goes back when it answers otherwise on one of them',
    proofs: [[proof], [wrong]],
    decides: {
      type: 'revert',
      cause: {
        by: 'gateway',
        who: 'g2',
        sentence: 'tumour@2 is not proved on g2: 3 of 12 values of sum differ',
      },
    },
  },
  {
    what: 'has nothing to prove without golden rows',
    proofs: [[], []],
    hasGolden: false,
    decides: { type: 'advance', stage: 1 },
  },
  {
    what: 'is not begun with before it is proved',
    proofs: [[], [proof]],
    rollout: { phase: 'preparing' },
    decides: { type: 'hold', reason: { code: 'loading' } },
  },
  {
    what: 'is proved no more once users have it',
    proofs: [[], []],
    rollout: { stage: 1, stageSince: now },
    decides: { type: 'hold', reason: { code: 'soaking' } },
  },
])('green $what', ({ what: _what, decides, ...given }) => {
  expect(decided(given)).toMatchObject(decides);
});

describe('of several candidates', () => {
  const third = { arm: 'candidate-2', version: refSample(3) };

  test('only the one that answers otherwise is taken out', () => {
    const rollout = { phase: 'preparing', others: [third], weights: [bps(10_000)] } as const;
    const decision = decided({ proofs: [[proof], [wrong]], rollout });
    expect(decision).toMatchObject({ type: 'drop', arm: 'candidate', cause: { who: 'g2' } });
  });
});
