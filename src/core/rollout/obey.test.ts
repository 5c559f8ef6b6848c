import { describe, expect, test } from 'vitest';
import { instant } from '../lib/units.ts';
import { endpointSample, refSample, rolloutSample } from '../../../test/samples.ts';
import { COMMANDS } from './command.ts';
import type { CommandKind } from './command.ts';
import type { Cause } from './decision.ts';
import { goBack } from './go-back.ts';
import { ALLOWED, obey } from './obey.ts';
import { PHASES, isFinal } from './rollout.ts';
import type { Phase, Rollout } from './rollout.ts';
import { SAMPLE_RATIO } from '../strategy/arm-integrity.ts';

const now = instant(1_800_000_000_000);
const asked: Cause = { by: 'check', who: 'drift', sentence: 'It drifts.', verdict: null };

const give = (kind: CommandKind, rollout: Rollout) =>
  obey({
    rollout,
    endpoint: endpointSample('risk'),
    command: { kind, actor: 'ada', reason: 'because' },
    now,
  });

describe('every command in every phase', () => {
  const all = PHASES.flatMap((phase) => COMMANDS.map((kind) => ({ phase, kind })));
  const expected: Readonly<Record<Phase, Partial<Record<CommandKind, Phase>>>> = {
    queued: { rollback: 'cancelled', cancel: 'cancelled' },
    preparing: { rollback: 'reverting', cancel: 'cancelled' },
    advancing: {
      pause: 'holding',
      advance: 'advancing',
      promote: 'promoting',
      rollback: 'reverting',
      cancel: 'reverting',
    },
    holding: {
      resume: 'advancing',
      advance: 'advancing',
      promote: 'promoting',
      rollback: 'reverting',
      cancel: 'reverting',
    },
    promoting: { rollback: 'reverting', cancel: 'reverting' },
    reverting: { rollback: 'reverting', cancel: 'reverting' },
    promoted: {},
    reverted: {},
    cancelled: {},
  };

  const rows = all.map((row) => ({ ...row, to: expected[row.phase][row.kind] }));
  const of = (phase: Phase): Rollout =>
    rolloutSample('risk', phase, { hold: phase === 'holding' ? asked : null });

  test.for(rows.filter(({ to }) => to !== undefined))(
    '$kind while $phase: $to',
    ({ phase, kind, to }) => {
      const before = of(phase);
      const result = give(kind, before);
      const hold = to === 'holding' ? { by: 'person' } : null;
      expect(result).toMatchObject({ ok: true, value: { before, after: { phase: to, hold } } });
    },
  );

  test.for(rows.filter(({ to }) => to === undefined))(
    '$kind while $phase: refused',
    ({ phase, kind }) => {
      const code = isFinal({ phase }) ? 'ROLLOUT_ENDED' : 'ROLLOUT_COMMAND_REFUSED';
      expect(give(kind, of(phase))).toMatchObject({ ok: false, error: { code } });
    },
  );

  test('going back is possible from every phase that is not final', () => {
    for (const phase of PHASES)
      expect(isFinal({ phase }) || ALLOWED[phase].includes('rollback' as never)).toBe(true);
  });
});

test('rolling back twice is following the first one, not a new revision', () => {
  const rollout = rolloutSample('risk', 'reverting');
  const result = give('rollback', rollout);
  expect(result.ok && result.value.after).toBe(rollout);
  expect(result.ok && result.value.effects).toEqual([]);
});

test.for(['resume', 'advance'] as const)('%s after a soft guardrail asked accepts it', (kind) => {
  const result = give(kind, rolloutSample('risk', 'holding', { hold: asked }));
  expect(result).toMatchObject({ ok: true, value: { after: { accepted: ['drift'], hold: null } } });
});

test('resuming what a person paused accepts nothing', () => {
  const hold: Cause = { by: 'person', who: 'ada', sentence: 'lunch', verdict: null };
  const result = give('resume', rolloutSample('risk', 'holding', { hold }));
  expect(result).toMatchObject({ ok: true, value: { after: { accepted: [] } } });
});

test.for([
  { who: SAMPLE_RATIO, says: 'did not come in as the shares say' },
  { who: 'ab-test', says: 'would be spent twice' },
])('resuming what $who asked begins anew, and says why', ({ who, says }) => {
  const hold: Cause = { by: 'strategy', who, sentence: 'who wins?', verdict: null };
  const result = give('resume', rolloutSample('risk', 'holding', { hold }));
  expect(result).toMatchObject({ ok: true, value: { after: { evidenceFrom: now } } });
  const told = result.ok ? JSON.stringify(result.value.effects) : '';
  expect(told).toContain('Everything is counted anew');
  expect(told).toContain(says);
});

test('the last stage cannot be advanced, and it is said what can be done', () => {
  const result = give('advance', rolloutSample('risk', 'advancing', { stage: 3 }));
  expect(result).toMatchObject({
    ok: false,
    error: { sentence: expect.stringContaining('promote it instead') },
  });
});

test('promoting makes the candidate the version in production', () => {
  const result = give('promote', rolloutSample('risk', 'advancing'));
  expect(result).toMatchObject({
    ok: true,
    value: {
      endpoint: { version: refSample(2), previous: refSample(1), revision: 2, changedAt: now },
      after: { cause: { by: 'person', who: 'ada', sentence: 'because' } },
    },
  });
});

describe('going back without a rollout', () => {
  test('serves the version before, and forgets the one that was taken out', () => {
    const endpoint = endpointSample('risk', { version: refSample(2), previous: refSample(1) });
    const once = goBack(endpoint, now);
    expect(once).toMatchObject({
      ok: true,
      value: { version: refSample(1), previous: null, revision: 2, changedAt: now },
    });
    expect(once.ok && goBack(once.value, now)).toMatchObject({
      ok: false,
      error: { code: 'ROLLOUT_NOTHING_BEFORE' },
    });
  });

  test('is refused when nothing came before', () => {
    expect(goBack(endpointSample('risk'), now)).toMatchObject({
      ok: false,
      error: { code: 'ROLLOUT_NOTHING_BEFORE' },
    });
  });
});
