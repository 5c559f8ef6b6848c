import type { Check } from '../analysis/check.ts';
import { sameJson } from '../lib/canonical.ts';
import type { Instant } from '../lib/units.ts';
import { count, duration, latency } from '../lib/wording.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { candidateShare } from '../rollout/share.ts';
import type { RolloutSpec } from '../rollout/spec.ts';
import type { Thresholds } from '../routing/table.ts';
import { stageOf } from '../strategy/ladder.ts';
import type { ReceiptStep } from './receipt.ts';

/** What a replay cannot know, each said once. */
export class Unknowns {
  readonly #sentences = new Set<string>();

  constructor(recorded: RolloutSpec, declared: RolloutSpec) {
    if (recorded.bucketMs !== declared.bucketMs) {
      this.#add(
        `Buckets were ${duration(recorded.bucketMs)} wide, not ${duration(declared.bucketMs)}; ` +
          'they are taken as they were counted.',
      );
    }
    for (const sentence of lossesNotCounted(recorded, declared)) this.#add(sentence);
  }

  /** All of them, in the order in which they were met. */
  get sentences(): readonly string[] {
    return [...this.#sentences];
  }

  /** The two stand at different shares, or stages for other people. */
  shares(at: Instant, mine: Rollout, recorded: Rollout): void {
    const [own, served] = [candidateShare(mine), candidateShare(recorded)];
    if (own !== served) {
      this.#add(
        `From ${timeOf(at)} on this declaration gives the candidate ${share(own)}, but the ` +
          `record holds what ${share(served)} served: how it does under the other load, and how ` +
          'soon there would have been evidence, was never seen.',
      );
    }
    const { audience, mirror } = stageOf(mine);
    const before = stageOf(recorded);
    if (audience !== before.audience) {
      this.#add('The candidate was given to others than this declaration would choose.');
    }
    if (!sameJson(mirror, before.mirror)) {
      this.#add('Requests were copied to the candidate otherwise than this declaration says.');
    }
  }

  /** Feedback is kept with decisions, and not in between. */
  feedback(): void {
    this.#add('What had come back is known for the moments at which something was decided only.');
  }

  /** More feedback than is kept with a decision. */
  feedbackLost(at: Instant): void {
    this.#add(
      `What was decided at ${timeOf(at)} rests on more feedback than is kept with a decision, so ` +
        'it cannot be decided again.',
    );
  }

  /** How soon gateways would have confirmed what was never decided. */
  gateways(): void {
    this.#add('Gateways are taken to confirm at once what was not decided then.');
  }

  /** What counts as slow would have been fixed elsewhere. */
  thresholds(own: Thresholds, counted: Thresholds): void {
    if (own.slow === counted.slow && own.tail === counted.tail) return;
    this.#add(
      `Answers above ${said(counted.slow)} were counted as slow; this declaration would have ` +
        `counted those above ${said(own.slow)}, and what was counted cannot be counted again.`,
    );
  }

  /** A person did something that is not repeated. */
  command({ at, actor, detail }: ReceiptStep): void {
    this.#add(
      `${actor} gave the command ${detail.command ?? ''} at ${timeOf(at)}; whether that would ` +
        'have been done here, too, nobody knows.',
    );
  }

  /** Time goes on, and there are no windows any more. */
  recordEnds(at: Instant, recorded: Rollout): void {
    this.#add(
      `The record ends at ${timeOf(at)}, when the rollout was ${recorded.phase} at ` +
        `${share(candidateShare(recorded))}; what would have come then is not known.`,
    );
  }

  #add(sentence: string): void {
    this.#sentences.add(sentence);
  }
}

/** Losses are counted when a request is answered: what nobody counted is not in the windows. */
function lossesNotCounted(recorded: RolloutSpec, declared: RolloutSpec): readonly string[] {
  const of = ({ checks }: RolloutSpec, metric: Check['metric']): Check | undefined =>
    checks.find((one) => one.metric === metric);
  const sentences: string[] = [];
  if (of(declared, 'latency') !== undefined && of(recorded, 'latency') === undefined) {
    sentences.push('Slow answers were not counted: what the latency check would say is not known.');
  }
  const [own, counted] = [declared, recorded].map((spec) => of(spec, 'latency_objective'));
  if (own !== undefined && counted === undefined) {
    sentences.push('Late answers were not counted: what that check would say is not known.');
  } else if (own !== undefined && own.objectiveMs !== counted?.objectiveMs) {
    const [limit, wanted] = [counted?.objectiveMs ?? null, own.objectiveMs].map(said);
    sentences.push(
      `Answers above ${limit} were counted as late, not those above ${wanted}; what was counted ` +
        'cannot be counted again.',
    );
  }
  return sentences;
}

const said = (ms: number | null): string => (ms === null ? 'no latency' : latency(ms));

const share = (bps: number): string => `${count(bps / 100)} %`;

/** `09:54:32 UTC`. */
const timeOf = (at: Instant): string => {
  const seconds = Math.floor(at / 1_000) % 86_400;
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')} UTC`;
};
