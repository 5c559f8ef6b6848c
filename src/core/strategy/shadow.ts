import { WHOLE_BPS, bps } from '../lib/units.ts';
import { duration, percent } from '../lib/wording.ts';
import type { StrategySpec } from './spec.ts';
import { byHand, goOn, stageGate } from './stage-gate.ts';
import { checkMirror, checkTime, gather } from './stage-problems.ts';
import { plainStage, type Stage } from './stage.ts';
import type { Place, Situation, SpecProblem, Step, Strategy } from './strategy.ts';

/** The candidate answers copies until it is shown to agree; no user sees its answers (S3). */
export const shadow: Strategy<'shadow'> = { check, stages, decide, explain };

/** Copies cost users nothing when they fail: only a gross regression must be excluded. */
const SHADOW_MARGIN = 2;

function stages({ mirror, audience, leastMs }: StrategySpec<'shadow'>): readonly Stage[] {
  const margin = SHADOW_MARGIN;
  return [plainStage({ name: 'shadow', share: bps(0), audience, mirror, margin, leastMs })];
}

function decide(situation: Situation<'shadow'>): Step {
  const { cutOver } = situation.spec;
  const last = situation.rollout.spec.followers.length === 0;
  return goOn(
    situation,
    byHand(stageGate(situation, 'evidence'), cutOver, last ? 'promote' : 'advance'),
  );
}

function check({ mirror, leastMs }: StrategySpec<'shadow'>): readonly SpecProblem[] {
  return gather((found) => {
    checkMirror(mirror, found);
    checkTime(leastMs, 'least', found);
  });
}

function explain({ spec }: Place<'shadow'>): readonly string[] {
  const { mirror, audience, leastMs } = spec;
  const whose = audience === null ? '' : ` for whom \`${audience}\``;
  return [
    `Requests of ${percent(mirror.sample / WHOLE_BPS)} of the units${whose} are copied to the ` +
      'candidate after they have been answered.',
    `At most ${mirror.perSecondMax} copies a second and ${mirror.inFlightMax} at once; ` +
      'what is above is dropped, and counted.',
    `It lasts ${duration(leastMs)} at least, and until every check has passed on the copies.`,
  ];
}
