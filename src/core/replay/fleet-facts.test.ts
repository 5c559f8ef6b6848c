import fc from 'fast-check';
import { expect, test } from 'vitest';
import { refSample, rolloutSample } from '../../../test/samples.ts';
import { instant } from '../lib/units.ts';
import { emptyTable } from '../routing/project.ts';
import type { GatewayState } from '../rollout/fleet.ts';
import { confirmationOf, readinessOf, refusedByFleet } from '../rollout/readiness.ts';
import type { Fleet } from '../rollout/readiness.ts';
import { fleetFacts, fleetOfFacts } from './fleet-facts.ts';

const other = { arm: 'candidate-2', version: refSample(3) };
const rollout = { ...rolloutSample('risk', 'advancing'), others: [other] };
const { digest } = rollout.candidate;
const before = { arm: 'candidate-2', version: refSample(1) };
const at = instant(1_790_000_000_000);

const anyGateway = fc.record({
  generation: fc.integer({ min: -1, max: 6 }),
  isReady: fc.boolean(),
  isFailed: fc.boolean(),
  fused: fc.constantFrom('not', 'one', 'one of before', 'all'),
  isLiving: fc.boolean(),
});

const anyFleet = fc
  .record({
    gateways: fc.array(anyGateway, { maxLength: 6 }),
    since: fc.integer({ min: 0, max: 5 }),
    published: fc.integer({ min: 0, max: 6 }),
  })
  .map(({ gateways, since, published }): Fleet => {
    const states = gateways.map((one, index) => ({ ...one, state: stateOf(one, `g${index}`) }));
    return {
      gateways: states.filter(({ isLiving }) => isLiving).map(({ state }) => state),
      reports: states.map(({ state }) => state),
      table: { ...emptyTable, generation: since },
      published,
    };
  });

type Given = { readonly generation: number; readonly fused: string } & Readonly<
  Record<'isReady' | 'isFailed', boolean>
>;

const cut = { rollout: rollout.id, at, by: 'gateway', who: null } as const;

const stateOf = ({ generation, isReady, isFailed, fused }: Given, gateway: string) =>
  ({
    gateway,
    seenAt: at,
    through: at,
    generation,
    ready: isReady ? ['sha256:other', digest, other.version.digest] : ['sha256:other'],
    failed: isFailed ? [{ digest, detail: `${gateway} is full` }] : [],
    fuses: [
      ...(fused === 'one of before' ? [{ ...cut, contender: before, sentence: 'before' }] : []),
      ...(fused === 'one' ? [{ ...cut, contender: other, sentence: `${gateway} cut it off` }] : []),
      ...(fused === 'all' ? [{ ...cut, sentence: `${gateway} cut all off` }] : []),
    ],
  }) satisfies GatewayState;

test('whatever depends on a fleet comes out alike from its facts', () => {
  fc.assert(
    fc.property(anyFleet, (fleet) => {
      const facts = fleetFacts(rollout, fleet);
      const again = fleetOfFacts(rollout, JSON.parse(JSON.stringify(facts)));
      expect(readinessOf(rollout, again)).toEqual(readinessOf(rollout, fleet));
      expect(confirmationOf(rollout, again)).toEqual(confirmationOf(rollout, fleet));
      expect(refusedByFleet(rollout, again)).toEqual(refusedByFleet(rollout, fleet));
      expect(again.gateways).toHaveLength(fleet.gateways.length);
    }),
  );
});
