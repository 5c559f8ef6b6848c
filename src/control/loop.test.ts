import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GatewayReport } from '../protocol/feed/report.ts';
import { instant } from '../core/lib/units.ts';
import type { Rollout } from '../core/rollout/rollout.ts';
import { candidateShare } from '../core/rollout/share.ts';
import { verifyChain } from '../core/governance/chain.ts';
import { obey } from '../core/rollout/obey.ts';
import { startRollout } from '../core/rollout/start.ts';
import { canaryOf, defaultChecks, presetStages } from '../core/strategy/presets.ts';
import { endpointSample, reportSample } from '../../test/samples.ts';
import { refTo, register, twoModels } from '../../test/simulator/catalog.ts';
import { openControl, type LoneControl } from '../../test/simulator/lone-control.ts';
import { planEndpoint, planTransition } from './transition-plan.ts';
import { activeRolloutsOf, catalogOf, endpointsOf, rolloutsOf, tableOf } from './state.ts';
import { neverQuiet } from '../core/rollout/quiet-time.ts';

let lone: LoneControl;
beforeEach(async () => {
  lone = await openControl();
  await register(lone.context.journal, twoModels);
});
afterEach(() => lone.close());

const signal = new AbortController().signal;
let sequence = 0;

/** A report of a gateway that has done all it was asked. */
const report = (gateway: string, over: Partial<GatewayReport> = {}): GatewayReport =>
  reportSample({
    gateway,
    instance: `${gateway}-1`,
    sequence: (sequence += 1),
    generation: tableOf(lone.context.journal.state()).generation,
    ready: [refTo('tumour', 1).digest, refTo('tumour', 2).digest],
    through: lone.clock.now(),
    ...over,
  });

const hear = (gateway: string, over: Partial<GatewayReport> = {}): Promise<void> =>
  lone.control.feed.report(report(gateway, over), signal);

/** Lets time pass with a gateway that reports once a second. */
async function pass(seconds: number, gateways: readonly string[] = ['g1']): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    for (const gateway of gateways) await hear(gateway);
    await lone.timeline.advance(1_000);
  }
}

async function start(endpoint = 'risk', id = 'r-1'): Promise<string> {
  await lone.context.journal.run((state, now) => {
    const started = startRollout(
      {
        id,
        endpoint,
        candidate: { model: 'tumour', version: 2 },
        spec: {
          strategy: canaryOf(presetStages('default', 3_000)),
          checks: defaultChecks(null),
          followers: [],
          quiet: neverQuiet,
          alphaRevert: 0.01,
          alphaPromote: 0.05,
          bucketMs: 1_000,
          horizonMs: 3_600_000,
          fallback: 'baseline',
        },
        salt: '0'.repeat(32),
        createdBy: 'ada',
        now,
      },
      { endpoints: endpointsOf(state), rollouts: [], models: catalogOf(state) },
    );
    if (!started.ok) throw new Error(started.error.sentence);
    return { puts: [{ kind: 'rollout', key: id, value: started.value }], answer: undefined };
  });
  return id;
}

const rollout = (): Rollout => {
  const found = rolloutsOf(lone.context.journal.state())[0];
  if (found === undefined) throw new Error('there is no rollout');
  return found;
};

describe('a rollout', () => {
  test('waits for gateways, and says so', async () => {
    const id = await start();
    await lone.timeline.advance(3_000);
    expect(rollout().phase).toBe('preparing');
    expect(lone.context.loop.judgements.get(id)?.decision).toMatchObject({
      type: 'hold',
      reason: { code: 'unconfirmed', sentence: 'No gateway is connected.' },
    });
    await pass(7);
    expect(rollout()).toMatchObject({ phase: 'advancing', stage: 0 });
  });

  test('gets no traffic while a gateway is still loading', async () => {
    await start();
    for (let second = 0; second < 10; second += 1) {
      await hear('g1');
      await hear('g2', { ready: [refTo('tumour', 1).digest] });
      await lone.timeline.advance(1_000);
    }
    expect(candidateShare(rollout())).toBe(0);
    await pass(2, ['g1', 'g2']);
    expect(candidateShare(rollout())).toBe(500);
  });

  test('is taken back because of a fuse, at once and not at the next tick', async () => {
    await start();
    await pass(10);
    const fuse = {
      rollout: 'r-1',
      at: instant(lone.clock.now()),
      by: 'gateway' as const,
      who: null,
      sentence: 'it failed 20 requests in a row',
    };
    await lone.timeline.advance(100);
    await hear('g1', { fuses: [fuse] });
    await lone.timeline.advance(0);
    expect(rollout()).toMatchObject({ phase: 'reverting', cause: { by: 'fuse', who: 'g1' } });
    await pass(3);
    expect(rollout().phase).toBe('reverted');
    expect(activeRolloutsOf(lone.context.journal.state())).toEqual([]);
  });

  test('is taken back when its candidate cannot be loaded', async () => {
    await start();
    const { digest } = refTo('tumour', 2);
    await hear('g1', { ready: [], failed: [{ digest, detail: 'it is broken' }] });
    await lone.timeline.advance(1_000);
    expect(rollout()).toMatchObject({ phase: 'reverting', cause: { by: 'gateway', who: 'g1' } });
  });

  test('is not settled by a gateway that serves from an older table', async () => {
    await start();
    await pass(10);
    await hear('g1', { failed: [{ digest: refTo('tumour', 2).digest, detail: 'gone' }] });
    await lone.timeline.advance(1_000);
    for (let second = 0; second < 8; second += 1) {
      await hear('g1', { generation: tableOf(lone.context.journal.state()).generation - 1 });
      await lone.timeline.advance(1_000);
    }
    expect(rollout().phase).toBe('reverting');
    await pass(2);
    expect(rollout().phase).toBe('reverted');
  });

  test('leaves an audit entry and an effect for each of its transitions', async () => {
    await start();
    await pass(10);
    await hear('g1', { failed: [{ digest: refTo('tumour', 2).digest, detail: 'gone' }] });
    await lone.timeline.advance(1_000);
    await pass(3);
    const audit = await lone.store.scan({ log: 'audit', limit: 100, subject: 'rollout/r-1' });
    expect(audit.map(({ action, actor }) => ({ action, actor }))).toEqual([
      { action: 'rollout.advance', actor: 'understudy' },
      { action: 'rollout.revert', actor: 'understudy' },
      { action: 'rollout.settle', actor: 'understudy' },
    ]);
    const all = await lone.store.scan({ log: 'audit', limit: 100 });
    expect(verifyChain(all).ok).toBe(true);
    const kinds = lone.sent.map(({ event }) => event.kind);
    expect(kinds).toEqual(['rollout.advanced', 'rollout.reverting', 'rollout.reverted']);
    expect(new Set(lone.sent.map(({ id }) => id)).size).toBe(kinds.length);
  });
});

describe('a control process that was restarted', () => {
  test('goes on only when everybody who lives must have spoken', async () => {
    await start();
    await pass(2, ['g1', 'g2']);
    const { store, timeline } = lone;
    await lone.control.stop();
    lone = await openControl({ store, timeline, seed: 'second' });
    const cut = { rollout: 'r-1', at: lone.clock.now(), by: 'gateway', who: null } as const;
    await hear('g1', { fuses: [{ ...cut, sentence: 'it failed' }] });
    await lone.timeline.advance(0);
    // Evidence against a candidate needs nobody's confirmation.
    expect(rollout().phase).toBe('reverting');
    await pass(4);
    expect(rollout().phase).toBe('reverting');
    expect(lone.context.loop.judgements.get('r-1')?.decision).toMatchObject({
      reason: { code: 'unconfirmed', sentence: expect.stringContaining('has not spoken') },
    });
    await pass(2);
    expect(rollout().phase).toBe('reverted');
  });
});

// R2: aliases follow what is in production, also on the way back.
describe('two endpoints of one model', () => {
  test('may go back at the same moment', async () => {
    const { journal } = lone.context;
    await journal.run((state, now) => {
      const other = endpointSample('triage', { version: refTo('tumour', 1) });
      return { puts: planEndpoint(other, 'ada', { state, now }), answer: undefined };
    });
    const ids = [await start('risk', 'r-1'), await start('triage', 'r-2')];
    await pass(2);
    for (const id of ids) {
      await journal.run((state, now) => {
        const moving = state.records.rollout.get(id)?.value;
        const endpoint = endpointsOf(state).find(({ name }) => name === moving?.endpoint);
        if (moving === undefined || endpoint === undefined) throw new Error('not there');
        const command = { kind: 'promote', actor: 'ada', reason: 'now' } as const;
        const obeyed = obey({ rollout: moving, endpoint, command, now });
        if (!obeyed.ok) throw new Error(obeyed.error.sentence);
        return { ...planTransition(obeyed.value, null, { state, now }), answer: undefined };
      });
    }
    const at = instant(lone.clock.now());
    const cut = { at, by: 'gateway' as const, who: null, sentence: 'it failed' };
    await hear('g1', { fuses: ids.map((rollout) => ({ rollout, ...cut })) });
    await lone.timeline.advance(0);
    expect(rolloutsOf(journal.state()).map(({ phase }) => phase)).toEqual([
      'reverting',
      'reverting',
    ]);
    const alias = journal.state().records.alias.get('tumour/production')?.value;
    expect(alias?.version).toBe(1);
    expect(alias?.history.map(({ version }) => version)).toEqual([2, 1]);
  });
});

describe('the fleet', () => {
  test('is whoever was heard of in the last five seconds', async () => {
    const alive = (): readonly string[] => lone.context.fleet.alive().map(({ gateway }) => gateway);
    await hear('g2');
    await hear('g1');
    await lone.timeline.advance(3_000);
    await hear('g1');
    expect(alive()).toEqual(['g1', 'g2']);
    await lone.timeline.advance(2_000);
    expect(alive()).toEqual(['g1']);
    const members = lone.context.fleet.members();
    expect(members.map(({ gateway, alive: is }) => ({ gateway, is }))).toEqual([
      { gateway: 'g1', is: true },
      { gateway: 'g2', is: false },
    ]);
  });

  test.for([3_600_000, -3_600_000])('is not moved by a clock that jumps by %s ms', async (ms) => {
    await hear('g1');
    await lone.timeline.advance(1_000);
    lone.clock.jump(ms);
    const alive = (): number => lone.context.fleet.alive().length;
    expect(alive()).toBe(1);
    await lone.timeline.advance(4_000);
    expect(alive()).toBe(0);
  });
});
