import type { Health } from '../core/telemetry/health.ts';
import type { CallAnswer } from '../protocol/admin/call.ts';
import { admissionFaults } from '../protocol/errors/admission.ts';

/** Exit codes; stable, so that a pipeline can tell outcomes apart. */
export const EXIT = {
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
} as const;

/** What a command ends with. */
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** What each exit code says, for the reference. */
export const exitMeanings = {
  ok: 'It is done; a rollout that was waited for is promoted.',
  unexpected: 'Something unexpected happened; the message has the request id.',
  usage: 'The command line, a file or a setting is not written as it must be.',
  notFound: 'What was named does not exist.',
  denied: 'No token, a wrong one, or one whose role does not allow this.',
  conflict: 'It does not fit the present state: a conflict, or a check that did not hold.',
  unavailable: 'Control plane or gateway cannot be reached, or cannot serve just now.',
  rolledBack: 'The rollout was rolled back by a guardrail, a fuse or a gateway.',
  held: 'Time ran out while the rollout held for want of evidence.',
  awaiting: 'The rollout waits for a person: it is paused, or a soft check asks.',
  rejected: 'Rejected: the model was not let in, or a person ended the rollout.',
  differs: 'A receipt, decided again, does not come out as it was recorded.',
  tampered: 'A hash of a receipt does not hold: it was changed after it was written.',
  unhealthy: 'A version that serves users does not keep what its endpoint promises.',
  noData: 'Nothing is unhealthy, but there was no traffic to tell by.',
  partial: 'Nothing in a receipt comes out otherwise, but not all of it could be decided again.',
  timeout: 'Time ran out.',
  interrupted: 'Interrupted; what had been started on the server goes on there.',
} as const satisfies Record<keyof typeof EXIT, string>;

const byCode: Readonly<Record<string, Exit>> = {
  ...Object.fromEntries(Object.keys(admissionFaults).map((code) => [code, EXIT.rejected])),
  PROVENANCE_MISMATCH: EXIT.rejected,
  TIMEOUT: EXIT.timeout,
  ANSWER_INVALID: EXIT.unexpected,
  CONTROL_UNREACHABLE: EXIT.unavailable,
  GATEWAY_UNREACHABLE: EXIT.unavailable,
};

const byStatus: Readonly<Record<number, Exit>> = {
  400: EXIT.usage,
  401: EXIT.denied,
  403: EXIT.denied,
  404: EXIT.notFound,
  409: EXIT.conflict,
  412: EXIT.conflict,
  428: EXIT.conflict,
  429: EXIT.unavailable,
  500: EXIT.unexpected,
};

const UNAVAILABLE_FROM = 501;
const FAILURE_FROM = 400;

/** What a fault ends a command with: its code decides, else its HTTP status. */
export function exitOfFault(code: string, status: number | null): Exit {
  const direct = byCode[code] ?? byStatus[status ?? 0];
  if (direct !== undefined) return direct;
  if (status === null || status < FAILURE_FROM) return EXIT.unexpected;
  return status >= UNAVAILABLE_FROM ? EXIT.unavailable : EXIT.usage;
}

/** What `health` ends with. */
export const exitOfHealth: Readonly<Record<Health, Exit>> = {
  healthy: EXIT.ok,
  unhealthy: EXIT.unhealthy,
  no_data: EXIT.noData,
};

type RolloutBody = CallAnswer<'rollout.read'>;

/** What waiting for a rollout ends with; null while there is something to wait for. */
export function exitOfRollout({ phase, cause }: Pick<RolloutBody, 'phase' | 'cause'>): Exit | null {
  switch (phase) {
    case 'promoted':
      return EXIT.ok;
    case 'reverted':
    case 'cancelled':
      if (cause?.by === 'queue') return EXIT.conflict;
      return cause === null || cause.by === 'person' ? EXIT.rejected : EXIT.rolledBack;
    case 'holding':
      return EXIT.awaiting;
    case 'queued':
    case 'preparing':
    case 'advancing':
    case 'promoting':
    case 'reverting':
      return null;
  }
}

/** What it ends with when time runs out first. */
export function exitOfLateRollout(rollout: Pick<RolloutBody, 'phase' | 'verdicts'>): Exit {
  const wants = rollout.verdicts.some(({ outcome }) => ['unsure', 'starved'].includes(outcome));
  return rollout.phase === 'advancing' && wants ? EXIT.held : EXIT.timeout;
}
