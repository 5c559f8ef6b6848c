import { describe, expect, test } from 'vitest';
import {
  judgedRollout,
  outcomeSample,
  outcomesBegan,
  situationOf,
  yesNo,
} from '../../../test/outcome-samples.ts';
import { championSpec, decidedOn } from '../../../test/outcome-specs.ts';
import type { OutcomeCase } from '../../../test/outcome-specs.ts';
import { endpointSample } from '../../../test/samples.ts';
import { after, bps, instant } from '../lib/units.ts';
import { apply } from '../rollout/apply.ts';
import { obey } from '../rollout/obey.ts';
import type { Cause } from '../rollout/decision.ts';
import { championResult } from './champion-result.ts';
import { decideBy } from './strategies.ts';

const DAY_MS = 86_400_000;

/** Days of 10,000 units: 8,000 at the champion, 1,000 at each of two challengers. */
const days = (count: number, [champion, first, second]: readonly [number, number, number]) =>
  outcomeSample(
    'label',
    Array.from({ length: count }, () => [
      yesNo(8_000, champion * 8),
      yesNo(1_000, first),
      yesNo(1_000, second),
    ]),
    { widthMs: DAY_MS },
  );

// S5: a contest without end.
describe('what is done', () => {
  test.for<OutcomeCase<'champion-challenger'>>([
    { what: 'nothing came back', does: { type: 'hold', reason: { code: 'starved' } } },
    {
      what: 'too few units',
      spec: { unitsMin: 5_000 },
      outcome: days(2, [900, 960, 900]),
      does: { type: 'hold', reason: { code: 'starved' } },
    },
    {
      what: 'nobody is better',
      outcome: days(10, [900, 902, 895]),
      does: { type: 'hold', reason: { code: 'unsure' } },
    },
    {
      what: 'one is better: it takes over',
      outcome: days(10, [900, 890, 940]),
      does: { type: 'swap', arm: 'candidate-2' },
    },
    {
      what: 'better, but not by as much as was asked for',
      spec: { advantageMin: 0.05 },
      outcome: days(10, [900, 890, 940]),
      does: { type: 'hold', reason: { code: 'unsure' } },
    },
    {
      what: 'better, and a guardrail has yet to pass',
      outcome: days(10, [900, 890, 940]),
      verdicts: 'unsure',
      does: { type: 'hold', reason: { code: 'unsure' } },
    },
    {
      what: 'better, and a person must approve',
      spec: { gate: 'approval' },
      outcome: days(10, [900, 890, 940]),
      does: { type: 'ask', cause: { by: 'strategy', arm: 'candidate-2' } },
    },
    {
      what: 'units that do not arrive as the shares say',
      outcome: days(10, [900, 890, 940]),
      spec: { split: [bps(2_000), bps(1_000)] },
      does: { type: 'ask', cause: { who: 'sample ratio' } },
    },
  ])('$what', ({ spec = {}, outcome, verdicts, does }) => {
    expect(decidedOn({ spec: championSpec(spec), outcome, verdicts })).toMatchObject(does);
  });
});

test('what is older than a window does not count', () => {
  const good = [yesNo(8_000, 7_200), yesNo(1_000, 990), yesNo(1_000, 900)];
  const even = [yesNo(8_000, 7_200), yesNo(1_000, 900), yesNo(1_000, 900)];
  const days60 = Array.from({ length: 60 }, (_, day) => (day < 10 ? good : even));
  const spec = championSpec();
  const rollout = judgedRollout(spec);
  const leaderAfter = (count: number) => {
    const outcomes = [outcomeSample('label', days60.slice(0, count), { widthMs: DAY_MS })];
    return championResult({ ...situationOf(rollout, outcomes), spec })?.leader;
  };
  expect(leaderAfter(10)).toBe('candidate');
  expect(leaderAfter(60)).toBeNull();
});

describe('a swap', () => {
  const rollout = judgedRollout(championSpec());
  const endpoint = endpointSample('risk');
  const now = after(outcomesBegan, 10 * DAY_MS);

  test('changes the roles of challenger and champion; the contest goes on', () => {
    const decision = { type: 'swap', arm: 'candidate-2', reason: 'it is better' } as const;
    const moved = apply({ rollout, endpoint, now }, decision);
    expect(moved?.after).toMatchObject({
      phase: 'advancing',
      baseline: { version: 3 },
      candidate: { version: 2 },
      others: [{ arm: 'candidate-2', version: { version: 1 } }],
      evidenceFrom: now,
    });
    expect(moved?.endpoint).toMatchObject({ version: { version: 3 }, previous: { version: 1 } });
    // What was counted for one role says nothing of the other.
    const situation = situationOf(moved?.after ?? rollout, [days(10, [900, 890, 940])]);
    expect(decideBy(situation)).toMatchObject({ type: 'hold', reason: { code: 'starved' } });
  });

  const asked: Cause = {
    by: 'strategy',
    who: 'champion-challenger',
    sentence: 'better',
    verdict: null,
    arm: 'candidate-2',
  };
  const held = { ...rollout, phase: 'holding', hold: asked } as const;
  const give = (kind: 'advance' | 'promote' | 'resume', arm?: string) => {
    const command = { kind, actor: 'ada', reason: 'seen', arm };
    return obey({ rollout: held, endpoint, command, now });
  };

  test.for<{
    readonly kind: 'advance' | 'promote' | 'resume';
    readonly arm?: string;
    readonly after: object;
  }>([
    { kind: 'advance', after: { phase: 'advancing', baseline: { version: 3 }, hold: null } },
    { kind: 'advance', arm: 'candidate', after: { baseline: { version: 2 } } },
    { kind: 'promote', after: { phase: 'promoting', winner: 'candidate-2' } },
    { kind: 'resume', after: { phase: 'advancing', baseline: { version: 1 }, evidenceFrom: now } },
  ])('asked for, $kind $arm answers', ({ kind, arm, after: then }) => {
    const obeyed = give(kind, arm);
    expect(obeyed).toMatchObject({ ok: true, value: { after: then } });
  });

  test.each(['candidate-9', 'baseline'])('there is no candidate %s to answer with', (arm) => {
    expect(give('promote', arm)).toMatchObject({
      ok: false,
      error: { code: 'ROLLOUT_ARM_UNKNOWN', path: 'arm' },
    });
  });

  test('of several, one must be named', () => {
    const command = { kind: 'promote', actor: 'ada', reason: 'seen' } as const;
    expect(obey({ rollout, endpoint, command, now: instant(now) })).toMatchObject({
      ok: false,
      error: { code: 'ROLLOUT_ARM_UNKNOWN' },
    });
  });
});
