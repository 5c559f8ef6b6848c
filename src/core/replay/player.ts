import type { VersionRef } from '../catalog/version.ts';
import { sameJson } from '../lib/canonical.ts';
import type { Instant } from '../lib/units.ts';
import { after } from '../lib/units.ts';
import { assertNever } from '../lib/invariant.ts';
import { count } from '../lib/wording.ts';
import { apply } from '../rollout/apply.ts';
import type { Decision } from '../rollout/decision.ts';
import { obey } from '../rollout/obey.ts';
import type { Fleet } from '../rollout/readiness.ts';
import { isFinal } from '../rollout/rollout.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { candidateShare } from '../rollout/share.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import type { Judgement } from '../rollout/world.ts';
import { judgeAgain, rolloutOf, standIn } from './again.ts';
import { fleetOfFacts } from './fleet-facts.ts';
import type { FleetFacts } from './fleet-facts.ts';
import type { Moment } from './moments.ts';
import { decisionReason, outcomesIn } from './record.ts';
import type { Receipt, ReceiptStep } from './receipt.ts';
import type { Move, Parting, Replay, ReplayStep } from './replay.ts';
import { EvidenceTrail } from './trail.ts';
import { Unknowns } from './unknowns.ts';

/** A bucket is usually judged this long after it was over and another one began. */
const REPORTED_MS = 2_000;
/** Moves that follow from one moment: what counts as slow is fixed, a stage begins, it settles. */
const MOVES_MAX = 4;

/** Moves one rollout through the moments of another that had the same windows. */
export class Player {
  readonly #receipt: Receipt;
  readonly #steps: ReplayStep[] = [];
  readonly #trail = new EvidenceTrail();
  readonly #unknowns: Unknowns;
  /** It is the declaration it was decided under. */
  readonly #isOwn: boolean;
  #rollout: Rollout;
  /** The rollout as it was. */
  #recorded: Rollout;
  #parting: Parting | null = null;
  /** When the present stage has lasted long enough; null: nothing waits for that. */
  #soakedAt: Instant | null = null;
  #waits = '';
  /** What had come back when something was last decided. */
  #outcomes: Judgement['outcomes'] = [];
  #now: Instant;

  constructor(receipt: Receipt, started: Rollout, declared: RolloutSpec) {
    const { detail } = receipt.entries[0];
    this.#receipt = receipt;
    this.#rollout = started;
    this.#recorded = rolloutOf(detail.state, detail.spec);
    this.#now = started.createdAt;
    this.#unknowns = new Unknowns(detail.spec, declared);
    this.#isOwn = sameJson(detail.spec, declared);
  }

  /** Time goes on to a moment. */
  pass({ at, windows, entry }: Moment): void {
    const soaked = this.#soakedAt;
    if (soaked !== null && soaked < at) this.#look(soaked);
    this.#now = at;
    this.#trail.add(windows);
    if (entry === null) this.#look(at);
    else this.#meet(entry);
  }

  /** What came of it. */
  end(): Replay {
    const rollout = this.#rollout;
    const { phase, stage } = rollout;
    const end = { at: this.#now, phase, stage, shareBps: candidateShare(rollout) };
    const isOpen = !isFinal(rollout);
    if (isOpen) this.#unknowns.recordEnds(this.#now, this.#recorded);
    return {
      rollout: this.#receipt.rollout,
      steps: this.#steps,
      parting: this.#parting,
      end: { ...end, sentence: isOpen ? this.#waits : `It is ${phase}.` },
      unknown: this.#unknowns.sentences,
    };
  }

  /** A bucket became known, or a stage has lasted long enough. */
  #look(at: Instant): void {
    this.#soakedAt = null;
    for (let moves = 0; moves < MOVES_MAX; moves += 1) {
      const decision = this.#judge(at, this.#fleetAt(at));
      if (decision.type === 'hold') {
        this.#noteWait(decision, at);
        return;
      }
      // What was decided a moment later, when a tick came, is what is decided here. And what its
      // own declaration did not decide then, gateways kept from being decided.
      if (this.#parting === null && (this.#isOwn || this.#isAbout(decision, at))) return;
      this.#part(at, `this declaration decides to ${wordOf(decision)}, which was not decided then`);
      this.#move(decision, at, null);
    }
  }

  /** Something was decided, or a person asked for something. */
  #meet(entry: ReceiptStep): void {
    const { at, detail } = entry;
    const before = this.#recorded;
    this.#recorded = rolloutOf(detail.state, before.spec);
    const recorded = moveOf(this.#recorded, entry.reason, typeOf(entry));
    if (detail.command !== null) this.#hear(entry, recorded);
    else if (this.#parting !== null) this.#steps.push({ at, decides: null, recorded });
    else this.#compare(entry, recorded);
  }

  /** What people did is repeated as long as they saw what they saw. */
  #hear(entry: ReceiptStep, recorded: Move): void {
    const { at, actor, reason, detail } = entry;
    const rollout = this.#rollout;
    const kind = detail.command;
    if (kind === null) return;
    const endpoint = standIn(rollout.endpoint, rollout.baseline, at);
    const order = { rollout, endpoint, command: { kind, actor, reason }, now: at };
    const obeyed = this.#parting === null ? obey(order) : null;
    if (obeyed?.ok === true) {
      this.#rollout = obeyed.value.after;
      const decides = moveOf(this.#rollout, reason, 'command');
      this.#steps.push({ at, decides, recorded });
      this.#weigh(at);
      return;
    }
    if (obeyed !== null) this.#part(at, `${kind} is refused: ${obeyed.error.sentence}`);
    this.#unknowns.command(entry);
    this.#steps.push({ at, decides: null, recorded });
  }

  /** Decides with what was known when it was decided. */
  #compare(entry: ReceiptStep, recorded: Move): void {
    const { at, detail } = entry;
    if (detail.judged?.outcomes === null) {
      this.#lose(entry, recorded);
      return;
    }
    const facts = detail.judged?.fleet ?? NOBODY;
    this.#outcomes = detail.judged === null ? [] : (outcomesIn(detail.judged) ?? []);
    if (this.#outcomes.length > 0) this.#unknowns.feedback();
    const overtakenBy = detail.judged?.overtakenBy;
    const decision = this.#judge(at, fleetOfFacts(this.#rollout, facts), overtakenBy);
    if (isSame(decision, entry)) {
      this.#move(decision, at, recorded);
      // What counts as slow was counted by what was fixed then.
      const { thresholdsMs } = this.#recorded;
      if (decision.type === 'freeze') {
        this.#unknowns.thresholds(this.#rollout.thresholdsMs, thresholdsMs);
        this.#rollout = { ...this.#rollout, thresholdsMs };
      }
      this.#weigh(at);
      return;
    }
    if (typeOf(entry) === 'freeze') {
      this.#steps.push({ at, decides: null, recorded });
      return;
    }
    const would = decision.type === 'hold' ? 'waits' : `decides to ${wordOf(decision)}`;
    this.#part(at, `this declaration ${would}, where it was decided to ${typeOf(entry)}`);
    if (decision.type === 'hold') {
      this.#noteWait(decision, at);
      this.#steps.push({ at, decides: null, recorded });
    } else this.#move(decision, at, recorded);
  }

  /** It was decided on feedback that was not kept: nobody knows what would be decided. */
  #lose({ at }: ReceiptStep, recorded: Move): void {
    this.#unknowns.feedbackLost(at);
    this.#part(at, 'what this declaration decides there is not known');
    this.#steps.push({ at, decides: null, recorded });
  }

  #judge(at: Instant, fleet: Fleet, overtakenBy?: VersionRef): Decision {
    const rollout = this.#rollout;
    const evidence = this.#trail.of(rollout);
    const outcomes = this.#outcomes;
    return judgeAgain({ rollout, evidence, outcomes, fleet, now: at, overtakenBy }).decision;
  }

  #move(decision: Decision, at: Instant, recorded: Move | null): void {
    const transition = apply({ rollout: this.#rollout, endpoint: null, now: at }, decision);
    if (transition === null) return;
    this.#rollout = transition.after;
    const decides = moveOf(transition.after, decisionReason(decision), decision.type);
    this.#steps.push({ at, decides, recorded });
    if (this.#parting !== null) this.#unknowns.shares(at, this.#rollout, this.#recorded);
  }

  #noteWait(decision: Extract<Decision, { type: 'hold' }>, at: Instant): void {
    const { reason, etaMs } = decision;
    this.#waits = reason.sentence;
    this.#soakedAt = reason.code === 'soaking' && etaMs !== null ? after(at, etaMs) : null;
  }

  /** The same move may still give the candidate another share. */
  #weigh(at: Instant): void {
    const [own, served] = [candidateShare(this.#rollout), candidateShare(this.#recorded)];
    if (own === served) this.#unknowns.shares(at, this.#rollout, this.#recorded);
    else
      this.#part(at, `this declaration gives ${percent(own)}, where ${percent(served)} was given`);
  }

  #part(at: Instant, sentence: string): void {
    if (this.#parting !== null) return;
    this.#parting = { at, sentence };
    this.#unknowns.gateways();
    this.#unknowns.shares(at, this.#rollout, this.#recorded);
  }

  /** Whether the next thing that was decided is this, soon after. */
  #isAbout(decision: Decision, at: Instant): boolean {
    const [, ...steps] = this.#receipt.entries;
    const next = steps.find(({ seq, detail }) => {
      return detail.command === null && seq > this.#lastSeq();
    });
    if (next === undefined || !isSame(decision, next)) return false;
    return next.at - at <= this.#rollout.spec.bucketMs + REPORTED_MS;
  }

  /** The entry that made the recorded rollout what it is now. */
  #lastSeq(): number {
    const [start, ...steps] = this.#receipt.entries;
    const { revision } = this.#recorded;
    const found = steps.findLast(({ detail }) => detail.state.revision === revision);
    return found?.seq ?? start.seq;
  }

  /**
   * Gateways keep up, but load a candidate no sooner than they did; and what they would not bear,
   * they would not bear again.
   */
  #fleetAt(at: Instant): Fleet {
    const [, ...steps] = this.#receipt.entries;
    const came = steps.filter((step) => step.at <= at);
    const refused = came.findLast(isRefused);
    const judged = (refused ?? came.findLast(isReady))?.detail.judged ?? null;
    const facts = judged?.fleet ?? NOBODY;
    return fleetOfFacts(this.#rollout, { ...facts, since: 0, published: 0 });
  }
}

const NOBODY: FleetFacts = { published: 0, since: 0, confirmed: [], others: [] };

/** A decision that was made because a gateway would not bear a candidate. */
function isRefused({ action, detail: { state, judged } }: ReceiptStep): boolean {
  if (state.cause?.by === 'fuse' || state.cause?.by === 'gateway') return true;
  const others = judged?.fleet.others ?? [];
  return action === 'rollout.drop' && others.some(({ fuse, failed }) => fuse ?? failed[0]);
}

/** A decision that was made because every gateway could answer with the candidate. */
const isReady = ({ detail }: ReceiptStep): boolean =>
  detail.from.phase === 'preparing' && detail.to.phase === 'advancing';

const typeOf = ({ action, detail }: ReceiptStep): Move['type'] =>
  detail.command === null ? (action.replace(/^rollout\./, '') as Decision['type']) : 'command';

/** Whether a decision is what an entry says was decided. */
function isSame(decision: Decision, entry: ReceiptStep): boolean {
  if (decision.type !== typeOf(entry)) return false;
  return decision.type !== 'advance' || decision.stage === entry.detail.to.stage;
}

const moveOf = (rollout: Rollout, reason: string, type: Move['type']): Move => ({
  type,
  phase: rollout.phase,
  stage: rollout.stage,
  shareBps: candidateShare(rollout),
  reason,
});

const percent = (shareBps: number): string => `${count(shareBps / 100)} %`;

function wordOf(decision: Decision): string {
  switch (decision.type) {
    case 'advance':
      return `advance to stage ${decision.stage + 1}`;
    case 'promote':
    case 'drop':
    case 'swap':
      return `${decision.type} ${decision.arm}`;
    case 'hold':
    case 'freeze':
    case 'ask':
    case 'reweigh':
    case 'revert':
    case 'cancel':
    case 'settle':
      return decision.type;
    default:
      return assertNever(decision, 'wordOf');
  }
}
