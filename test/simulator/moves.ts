import { WHOLE_BPS } from '../../src/core/lib/units.ts';
import { isQueued } from '../../src/core/rollout/rollout.ts';
import { candidateShare } from '../../src/core/rollout/share.ts';
import { placeOf } from '../../src/core/strategy/ladder.ts';
import type { Coverage } from './coverage.ts';
import type { Moved } from './ledger.ts';

/** Takes note of what a rollout went through. */
export function noteMove(coverage: Coverage, { before, after }: Moved): void {
  const { phase } = after;
  coverage.sometimes('a rollout was promoted', phase === 'promoted');
  coverage.sometimes('a rollout was cancelled before any traffic', phase === 'cancelled');
  noteQueue(coverage, { before, after });
  coverage.sometimes(
    'thresholds were fixed',
    after.thresholdsMs !== before?.thresholdsMs && after.thresholdsMs.slow !== null,
  );
  const isAsked = phase === 'holding' && after.hold?.by === 'check';
  coverage.sometimes('a soft check asked a person', isAsked);
  const isTold = after.cause?.verdict?.effect !== undefined;
  coverage.sometimes('what came back took a candidate out', isTold);
  coverage.sometimes('a rollout was resumed', before?.phase === 'holding' && phase === 'advancing');
  if (before === null) return;
  const isJump = candidateShare(before) === 0 && candidateShare(after) === WHOLE_BPS;
  coverage.sometimes('a candidate got everything at once', isJump && phase === 'advancing');
  const isNext = placeOf(before).spec.kind !== placeOf(after).spec.kind;
  coverage.sometimes('one strategy followed another', isNext);
  const { kind } = placeOf(before).spec;
  const isSwap = before.baseline.digest !== after.baseline.digest;
  coverage.sometimes('a challenger became the champion', isSwap);
  const isMoved = JSON.stringify(before.weights) !== JSON.stringify(after.weights);
  coverage.sometimes('a bandit moved its shares', kind === 'bandit' && isMoved);
  const isLess = after.dropped.length > before.dropped.length;
  coverage.sometimes('one of several candidates was taken out', isLess);
  const isWon = kind === 'ab-test' && phase === 'promoting' && before.phase === 'advancing';
  coverage.sometimes('a test had a winner', isWon);
}

function noteQueue(coverage: Coverage, { before, after: { phase, cause } }: Moved): void {
  const isSuperseded = cause?.sentence.startsWith('superseded by') === true;
  coverage.sometimes('a rollout was superseded by another', isSuperseded);
  if (before === null || !isQueued(before)) return;
  coverage.sometimes('a rollout that waited began when its turn came', phase === 'preparing');
  coverage.sometimes('a rollout that waited could not begin any more', cause?.by === 'queue');
  coverage.sometimes('a rollout that waited was taken out by a person', cause?.by === 'person');
}
