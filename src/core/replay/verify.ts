import type { Verdict } from '../analysis/verdict.ts';
import type { AuditDraft } from '../governance/audit.ts';
import { sameVersion } from '../catalog/version.ts';
import { apply } from '../rollout/apply.ts';
import { CANDIDATE_ARM } from '../rollout/arm.ts';
import type { CommandKind } from '../rollout/command.ts';
import { obey } from '../rollout/obey.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { examine } from '../rollout/tick.ts';
import { resultOf } from '../strategy/result.ts';
import type { Transition } from '../rollout/transition.ts';
import { evidenceOf, judgeAgain, rolloutOf, standIn, startAgain } from './again.ts';
import { list } from '../lib/wording.ts';
import { compare } from './difference.ts';
import type { Difference } from './difference.ts';
import { fleetOfFacts } from './fleet-facts.ts';
import { decisionReason, outcomesIn, startDraft, transitionDraft } from './record.ts';
import type { Judged, RolloutState } from './record.ts';
import type { Receipt, ReceiptStart, ReceiptStep } from './receipt.ts';
import { tamperedWith, windowsIn } from './seals.ts';

/** What checking a receipt concludes. */
export type Verification =
  | {
      /** Every entry was decided again and came out alike. */
      readonly outcome: 'same';
      readonly sentence: string;
      readonly steps: readonly CheckedStep[];
    }
  | {
      /** What was decided again came out alike, but not everything could be: see `CheckedStep`. */
      readonly outcome: 'partial';
      readonly sentence: string;
      readonly steps: readonly CheckedStep[];
    }
  | {
      /** The last of the steps comes out otherwise; those after it were not looked at. */
      readonly outcome: 'differs';
      readonly sentence: string;
      readonly steps: readonly CheckedStep[];
      readonly difference: Difference | null;
    }
  /** A hash does not hold: nothing was decided again. */
  | { readonly outcome: 'tampered'; readonly sentence: string };

/** One entry, decided again. */
export type CheckedStep = {
  readonly seq: number;
  readonly at: number;
  readonly action: string;
  readonly reason: string;
  /** Windows it rested on; those of all gateways count as one. */
  readonly windows: number;
  /** Version of the program that decided it. */
  readonly program: string;
  /**
   * `feedback`: it rests on more feedback than is kept with it. Its checks were decided again, what
   * followed from the feedback was not.
   */
  readonly outcome: 'same' | 'differs' | 'feedback';
  /** Numbers that are equal only to nine digits. */
  readonly rounded: number;
};

/** Checks every hash of a receipt, then decides everything in it again. Needs nothing else. */
export function verifyReceipt(receipt: Receipt): Verification {
  const tampered = tamperedWith(receipt);
  if (tampered !== null) return { outcome: 'tampered', sentence: tampered };
  const [start, ...entries] = receipt.entries;
  const steps: CheckedStep[] = [];
  const states = new Map<number, RolloutState>();
  let found = checkStart(start);
  steps.push(found.step);
  states.set(start.detail.state.revision, start.detail.state);
  for (const entry of entries) {
    if (found.wrong !== null) break;
    found = checkStep(receipt, entry, states);
    steps.push(found.step);
    states.set(entry.detail.state.revision, entry.detail.state);
  }
  if (found.wrong !== null) return { outcome: 'differs', steps, ...found.wrong };
  const isWhole = steps.every(({ outcome }) => outcome === 'same');
  return { outcome: isWhole ? 'same' : 'partial', sentence: sameSentence(steps), steps };
}

function sameSentence(steps: readonly CheckedStep[]): string {
  const rounded = steps.some((one) => one.rounded > 0);
  const how = rounded ? ', to the ninth digit of every number' : ', to the last bit';
  const fed = steps.filter(({ outcome }) => outcome === 'feedback').map(({ seq }) => String(seq));
  const of = steps.length;
  if (fed.length === 0) return `All ${of} entries come out as they were recorded${how}.`;
  return (
    `${of - fed.length} of ${of} entries come out as they were recorded${how}. ` +
    `Not decided again: ${list(fed)}, for they rest on more feedback than is kept with them.`
  );
}

type Wrong = { readonly sentence: string; readonly difference: Difference | null };

type Found = { readonly step: CheckedStep; readonly wrong: Wrong | null };

function checkStart(entry: ReceiptStart): Found {
  const { detail, reason } = entry;
  const { program, attributes } = detail;
  const started = startAgain(detail, detail.spec);
  if (!started.ok) {
    const sentence = `Entry ${entry.seq} started it, but such a rollout is refused: `;
    return foundWrong(entry, 0, { sentence: sentence + started.error.sentence, difference: null });
  }
  return compared(entry, startDraft(started.value, { reason, program, attributes }), 0);
}

type States = ReadonlyMap<number, RolloutState>;

function checkStep(receipt: Receipt, entry: ReceiptStep, states: States): Found {
  const { detail, seq } = entry;
  const { judged } = detail;
  const [grounds] = judged?.grounds ?? [];
  const windows = grounds === undefined ? 0 : windowsIn(receipt, [seq, 0], grounds).length;
  const made = detail.command === null ? decided : commanded;
  const again = made({ receipt, entry, states });
  if (typeof again === 'string') {
    return foundWrong(entry, windows, { sentence: again, difference: null });
  }
  const found = compared(entry, again, windows);
  const isWhole = judged === null || judged.outcomes !== null;
  if (isWhole || found.wrong !== null) return found;
  return { step: { ...found.step, outcome: 'feedback' }, wrong: null };
}

type Case = {
  readonly receipt: Receipt;
  readonly entry: ReceiptStep;
  readonly states: States;
};

/** The entry that a decision leaves, or why there is none. */
function decided({ receipt, entry, states }: Case): AuditDraft | string {
  const { seq, at, detail } = entry;
  const { judged, from, program } = detail;
  const state = states.get(from.revision);
  if (judged === null || state === undefined) return `Entry ${seq} does not say what it judged.`;
  const rollout = rolloutOf(state, receipt.entries[0].detail.spec);
  const evidence = evidenceAgain(receipt, { seq, rollout, judged });
  const fleet = fleetOfFacts(rollout, judged.fleet);
  const { at: now, overtakenBy } = judged;
  const outcomes = outcomesIn(judged);
  if (outcomes === null) {
    // What was decided is taken as it was; what the checks said is not.
    return {
      ...entry,
      detail: { ...detail, verdicts: verdictsAgain({ receipt, entry, states }, judged) },
    };
  }
  const seen = { rollout, evidence, outcomes, fleet, now };
  const { verdicts, decision } = judgeAgain({ ...seen, overtakenBy });
  const transition = apply({ rollout, endpoint: null, now: judged.at }, decision);
  if (transition === null) {
    const why = decisionReason(decision);
    return `Entry ${seq} is ${entry.action}, but now it would stay where it is: ${why}`;
  }
  const told = withResult(rollout, judged);
  return transitionDraft(transition, { verdicts, judged: told, program }, at);
}

/** The entry that a person's command leaves, or why there is none. */
function commanded({ receipt, entry, states }: Case): AuditDraft | string {
  const { seq, at, detail } = entry;
  const { judged, from, program, command } = detail;
  const state = states.get(from.revision);
  if (state === undefined || command === null) return `Entry ${seq} does not say what it changed.`;
  const transition = obeyAgain(receipt, { entry, state, command });
  if (typeof transition === 'string') return transition;
  const verdicts = judged === null ? [] : verdictsAgain({ receipt, entry, states }, judged);
  const told = judged === null ? null : withResult(transition.before, judged);
  return transitionDraft(transition, { verdicts, judged: told, program }, at);
}

/** With what its strategy makes of what came back. */
function withResult(rollout: Rollout, judged: Judged): Judged {
  const outcomes = outcomesIn(judged);
  return outcomes === null
    ? judged
    : { ...judged, result: resultOf(rollout, outcomes) ?? undefined };
}

type Order = {
  readonly entry: ReceiptStep;
  readonly state: RolloutState;
  readonly command: CommandKind;
};

function obeyAgain(receipt: Receipt, { entry, state, command }: Order): Transition | string {
  const { seq, at, actor, reason } = entry;
  const { spec, baseline } = receipt.entries[0].detail;
  const obeyed = obey({
    rollout: rolloutOf(state, spec),
    endpoint: standIn(state.endpoint, baseline, at),
    command: { kind: command, actor, reason, arm: meantArm(entry, state) },
    now: at,
  });
  if (obeyed.ok) return obeyed.value;
  return `Entry ${seq} is ${entry.action}, but such a command is refused: ${obeyed.error.sentence}`;
}

/** Which of several candidates somebody meant, from what became of the rollout. */
function meantArm({ detail }: ReceiptStep, before: RolloutState): string {
  const { phase, winner, baseline } = detail.state;
  if (phase === 'promoting') return winner ?? CANDIDATE_ARM;
  const swapped = before.others.find(({ version }) => sameVersion(version, baseline));
  return swapped?.arm ?? CANDIDATE_ARM;
}

/** What the checks said; of feedback that was not kept, what they were recorded to say. */
function verdictsAgain({ receipt, entry, states }: Case, judged: Judged): readonly Verdict[] {
  const state = states.get(judged.revision);
  if (state === undefined) return [];
  const { at: now } = judged;
  const outcomes = outcomesIn(judged);
  const rollout = rolloutOf(state, receipt.entries[0].detail.spec);
  const evidence = evidenceAgain(receipt, { seq: entry.seq, rollout, judged });
  const { verdicts } = examine(rollout, { evidence, outcomes: outcomes ?? [], now });
  if (outcomes !== null) return verdicts;
  const recorded = entry.detail.verdicts;
  return verdicts.map((one) =>
    one.effect === undefined
      ? one
      : (recorded.find(({ check, arm }) => check === one.check && arm === one.arm) ?? one),
  );
}

type Look = { readonly seq: number; readonly rollout: Rollout; readonly judged: Judged };

const evidenceAgain = (receipt: Receipt, { seq, rollout, judged }: Look) =>
  evidenceOf(rollout, (place) => {
    const grounds = judged.grounds[place];
    return grounds === undefined ? [] : windowsIn(receipt, [seq, place], grounds);
  });

type Entry = ReceiptStart | ReceiptStep;

/** The entry against what comes out now: everything but its place in the chain. */
function compared(entry: Entry, again: AuditDraft, windows: number): Found {
  const { first, rounded } = compare(drafted(entry), drafted(again));
  if (first === null)
    return { step: stepOf(entry, windows, { outcome: 'same', rounded }), wrong: null };
  const { path, recorded: was, recomputed } = first;
  const where = `Entry ${entry.seq} (${entry.action})`;
  const sentence = `${where} has ${path} ${was}; now it is ${recomputed}.`;
  return foundWrong(entry, windows, { sentence, difference: first });
}

const drafted = ({ at, actor, action, subject, reason, detail }: AuditDraft): AuditDraft => {
  return { at, actor, action, subject, reason, detail };
};

const foundWrong = (entry: Entry, windows: number, wrong: Wrong): Found => ({
  step: stepOf(entry, windows, { outcome: 'differs', rounded: 0 }),
  wrong,
});

const stepOf = (
  { seq, at, action, reason, detail }: Entry,
  windows: number,
  found: Pick<CheckedStep, 'outcome' | 'rounded'>,
): CheckedStep => ({ seq, at, action, reason, windows, program: detail.program, ...found });
