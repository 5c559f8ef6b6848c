import { expect, test } from 'vitest';
import { banditSpec } from '../../../test/outcome-specs.ts';
import { judgedRollout, outcomeSample, situationOf, yesNo } from '../../../test/outcome-samples.ts';
import type { MetricOutcome } from '../feedback/outcome.ts';
import { apply } from '../rollout/apply.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { resultOf } from '../strategy/result.ts';
import { decideBy } from '../strategy/strategies.ts';
import { OUTCOMES_CHARS_MAX, transitionDraft } from './record.ts';
import type { Judged, TransitionDetail } from './record.ts';

const HOUR_MS = 3_600_000;

/** A bandit whose segments decide, after so many hours. */
function decided(hours: number) {
  const contextual = { algorithm: 'linear-thompson', candidates: 1, stop: null } as const;
  const plain = judgedRollout(banditSpec(contextual));
  const segments = [{ by: 'region', values: ['eu'] }];
  const rollout: Rollout = { ...plain, spec: { ...plain.spec, segments } };
  const rows = (base: number, candidate: number) =>
    outcomeSample(
      'reward',
      Array.from({ length: hours }, () => [yesNo(200, base), yesNo(200, candidate)]),
      { widthMs: HOUR_MS },
    );
  const parts = [
    { segment: 'eu', arms: rows(40, 80).arms },
    { segment: 'other', arms: rows(80, 40).arms },
  ];
  const outcome: MetricOutcome = { ...rows(120, 120), segments: parts };
  const step = decideBy(situationOf(rollout, [outcome]));
  if (step.type !== 'reweigh') throw new Error(`it decided ${step.type}`);
  const transition = apply({ rollout, endpoint: null, now: outcome.asOf }, step);
  if (transition === null) throw new Error('nothing moves');
  return { rollout, outcome, transition };
}

function keptOf({ rollout, outcome, transition }: ReturnType<typeof decided>): Judged {
  const judged: Judged = {
    at: outcome.asOf,
    revision: rollout.revision,
    outcomes: [outcome],
    grounds: [],
    fleet: { published: 1, since: 1, confirmed: [], others: [] },
    result: resultOf(rollout, [outcome]) ?? undefined,
  };
  const draft = transitionDraft(transition, { verdicts: [], judged, program: 'x' }, outcome.asOf);
  const { judged: kept } = draft.detail as TransitionDetail;
  if (kept === null) throw new Error('nothing is kept');
  return kept;
}

// Who decides again without the segments would hold where shares were moved.
test('what segments decided is kept with them, or not at all', () => {
  const short = decided(5);
  expect(keptOf(short).outcomes).toEqual([short.outcome]);
  const long = decided(800);
  expect(JSON.stringify([long.outcome]).length).toBeGreaterThan(OUTCOMES_CHARS_MAX);
  const { outcomes } = keptOf(long);
  expect(outcomes === null || JSON.stringify(outcomes).includes('"eu"')).toBe(true);
});
