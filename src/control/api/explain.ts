import type { AuditEntry } from '../../core/governance/audit.ts';
import type { Instant } from '../../core/lib/units.ts';
import { budgetOf, explainVerdicts, wantsOf } from '../../core/replay/explanation.ts';
import type { ErrorBudget } from '../../core/replay/explanation.ts';
import type { FleetFacts, GoldenFacts } from '../../core/replay/fleet-facts.ts';
import type { StartDetail, TransitionDetail } from '../../core/replay/record.ts';
import type { Verdict } from '../../core/analysis/verdict.ts';
import { contendersOf } from '../../core/rollout/contenders.ts';
import { isFinal, type Rollout } from '../../core/rollout/rollout.ts';
import type { ExplanationBody } from '../../protocol/admin/explanation.ts';
import { momentBody } from '../../protocol/admin/scalars.ts';
import type { ControlContext } from '../context.ts';
import { entriesOf } from './receipts.ts';
import { agreementOf } from './segment-agreement.ts';
import type { AgreementSince } from './segment-agreement.ts';
import { overlapBody, rolloutBody, verdictBody } from './rollout-body.ts';

/** Why a rollout is where it is: what is wanted, what was shown, and how it came there. */
export async function explanationOf(
  context: ControlContext,
  rollout: Rollout,
): Promise<ExplanationBody> {
  const entries = await entriesOf(context, rollout.id);
  const agreement = await agreementOf(context, rollout);
  const judgement = context.loop.judgements.get(rollout.id);
  const last = lastSaid(context, rollout, entries);
  return {
    rollout: {
      ...rolloutBody(rollout, judgement),
      ...overlapBody(context.overlaps.of(rollout)),
    },
    wants: [...wantsOf(rollout)],
    asOf: last === null ? null : momentBody(last.at),
    checks: explainVerdicts(rollout, last?.verdicts ?? []).map((one) => ({
      ...one,
      verdict: verdictBody(one.verdict),
    })),
    budget: budgetBody(budgetOf(rollout)),
    thresholdsMs: rollout.thresholdsMs,
    gateways: gatewaysBody(rollout, last?.fleet ?? null),
    ...(agreement === null ? {} : { agreement: agreementBody(agreement) }),
    history: entries.map(stepBody),
  };
}

/** As clients get it: a list of its own. */
const budgetBody = (budget: ErrorBudget): ExplanationBody['budget'] => ({
  ...budget,
  feedback: [...budget.feedback],
});

const agreementBody = ({
  since,
  segments,
}: AgreementSince): NonNullable<ExplanationBody['agreement']> => ({
  since: momentBody(since),
  segments: [...segments],
});

type Said = {
  readonly at: Instant;
  readonly verdicts: readonly Verdict[];
  readonly fleet: FleetFacts | null;
};

/** The last judgement; of a rollout that has ended, the last that is in the audit log. */
function lastSaid(
  { loop }: ControlContext,
  rollout: Rollout,
  entries: readonly AuditEntry[],
): Said | null {
  const seen = isFinal(rollout) ? null : loop.seen(rollout.id);
  if (seen !== null) {
    const { judgement, judged } = seen;
    return { at: judged.at, verdicts: judgement.verdicts, fleet: judged.fleet };
  }
  const found = entries.findLast((entry) => (detailOf(entry).verdicts ?? []).length > 0);
  if (found === undefined) return null;
  const { verdicts = [], judged } = detailOf(found);
  return { at: judged?.at ?? found.at, verdicts, fleet: judged?.fleet ?? null };
}

/** What we wrote ourselves; versions before wrote less of it. */
const detailOf = ({ detail }: AuditEntry): Partial<StartDetail & TransitionDetail> =>
  typeof detail === 'object' && detail !== null ? detail : {};

function stepBody(entry: AuditEntry): ExplanationBody['history'][number] {
  const { seq, at, actor, action, reason } = entry;
  const { to, state } = detailOf(entry);
  const place = to ?? state ?? null;
  return {
    seq,
    at: momentBody(at),
    actor,
    action,
    reason,
    phase: place?.phase ?? null,
    stage: place?.stage ?? null,
  };
}

function gatewaysBody(rollout: Rollout, facts: FleetFacts | null): ExplanationBody['gateways'] {
  if (facts === null) return null;
  const { published, since, confirmed, others, golden } = facts;
  const wanted = contendersOf(rollout).length;
  return {
    published,
    since,
    confirmed: [...confirmed],
    others: others.map(({ gateway, living, generation, ready, failed, fuse }) => ({
      gateway,
      living,
      generation,
      ready: ready.length === wanted,
      failed: failed[0]?.detail ?? null,
      fuse: fuse?.sentence ?? null,
    })),
    ...(golden === undefined ? {} : { proofs: proofsBody(rollout, golden) }),
  };
}

function proofsBody(
  rollout: Rollout,
  { proofs }: GoldenFacts,
): NonNullable<ExplanationBody['gateways']>['proofs'] {
  const contenders = contendersOf(rollout);
  return proofs.map(({ gateway, digest, values, tookMs, agoMs, difference }) => {
    const arm = contenders.find(({ version }) => version.digest === digest)?.arm ?? digest;
    return { gateway, arm, values, tookMs, agoMs, difference };
  });
}
