import { expect, test } from 'vitest';
import { causeBy, rollout } from '../../test/cli/samples.ts';
import { PHASES } from '../core/rollout/rollout.ts';
import { faults } from '../protocol/errors.ts';
import type { FaultCode } from '../protocol/errors.ts';
import { EXIT, exitMeanings, exitOfFault, exitOfRollout } from './exit.ts';

test('the codes are those the reference promises', () => {
  expect(EXIT).toEqual({
    ok: 0,
    unexpected: 1,
    usage: 2,
    notFound: 3,
    denied: 4,
    conflict: 5,
    unavailable: 6,
    rolledBack: 10,
    held: 11,
    awaiting: 12,
    rejected: 13,
    differs: 14,
    tampered: 15,
    unhealthy: 16,
    noData: 17,
    partial: 18,
    timeout: 124,
    interrupted: 130,
  });
  expect(Object.keys(exitMeanings)).toEqual(Object.keys(EXIT));
});

test.for([
  { code: 'MODEL_UNKNOWN', exit: EXIT.notFound },
  { code: 'UNAUTHENTICATED', exit: EXIT.denied },
  { code: 'FORBIDDEN', exit: EXIT.denied },
  { code: 'ALIAS_CONFLICT', exit: EXIT.conflict },
  { code: 'ROLLOUT_ACTIVE', exit: EXIT.conflict },
  { code: 'ROLLOUT_SPEC_INVALID', exit: EXIT.usage },
  { code: 'INPUT_INVALID', exit: EXIT.usage },
  { code: 'FORMAT_PICKLE', exit: EXIT.rejected },
  { code: 'GOLDEN_MISMATCH', exit: EXIT.rejected },
  { code: 'STORAGE_FULL', exit: EXIT.unavailable },
  { code: 'CONTROL_UNREACHABLE', exit: EXIT.unavailable },
  { code: 'TIMEOUT', exit: EXIT.timeout },
  { code: 'INTERNAL', exit: EXIT.unexpected },
] as const)('$code ends with $exit', ({ code, exit }) => {
  expect(exitOfFault(code, faults[code].status)).toBe(exit);
});

test('no fault ends with success or as a rollout does', () => {
  const outcomes: readonly number[] = [EXIT.ok, EXIT.rolledBack, EXIT.held, EXIT.awaiting];
  const wrong = (Object.keys(faults) as FaultCode[]).filter((code) =>
    outcomes.includes(exitOfFault(code, faults[code].status)),
  );
  expect(wrong).toEqual([]);
});

test.for([
  { status: 418, exit: EXIT.usage },
  { status: 503, exit: EXIT.unavailable },
  { status: null, exit: EXIT.unexpected },
])('a code of a newer server ends by its status $status', ({ status, exit }) => {
  expect(exitOfFault('NOT_YET_KNOWN', status)).toBe(exit);
});

test('a rollout is waited for exactly while it moves by itself', () => {
  const ends = PHASES.map((phase) => [phase, exitOfRollout(rollout({ phase }))]);
  expect(Object.fromEntries(ends)).toEqual({
    queued: null,
    preparing: null,
    advancing: null,
    holding: EXIT.awaiting,
    promoting: null,
    promoted: EXIT.ok,
    reverting: null,
    reverted: EXIT.rejected,
    cancelled: EXIT.rejected,
  });
});

test.for([
  { by: 'check', exit: EXIT.rolledBack },
  { by: 'fuse', exit: EXIT.rolledBack },
  { by: 'gateway', exit: EXIT.rolledBack },
  { by: 'person', exit: EXIT.rejected },
] as const)('a rollout reverted by a $by ends with $exit', ({ by, exit }) => {
  expect(exitOfRollout({ phase: 'reverted', cause: causeBy(by) })).toBe(exit);
});
