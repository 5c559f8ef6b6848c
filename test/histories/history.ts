import { z } from 'zod';
import { instant } from '../../src/core/lib/units.ts';
import type { Decision } from '../../src/core/rollout/decision.ts';
import type { Verdict } from '../../src/core/analysis/verdict.ts';
import type { RolloutSpec } from '../../src/core/rollout/spec.ts';
import { OUTCOMES } from '../../src/core/telemetry/observation.ts';
import type { Window } from '../../src/core/telemetry/window.ts';
import { Stage, startedRollout } from './run.ts';
import type { Play } from './run.ts';

/**
 * A rollout that was: its declaration, the bucket table, and what was decided. Replaying the table
 * must decide alike; a change of the engine that does not shows here, as numbers.
 */
export type History = {
  readonly name: string;
  readonly spec: RolloutSpec;
  /** The windows of each bucket, by rows, with the end of the bucket. */
  readonly buckets: readonly {
    readonly now: number;
    readonly windows: readonly WindowRow[];
  }[];
  readonly decisions: readonly Mark[];
};

/** What was decided at a moment, and on which evidence. Holds are left out, but for the last. */
export type Mark = {
  readonly now: number;
  readonly type: Decision['type'];
  readonly stage: number;
  readonly verdicts: readonly {
    readonly check: string;
    readonly outcome: Verdict['outcome'];
    readonly harm: number;
    readonly safety: number;
  }[];
};

const loss = z.tuple([z.number(), z.number()]);
const rowSchema = z.tuple([
  z.enum(['baseline', 'candidate']),
  z.number(),
  z.number(),
  z.strictObject({ error: loss, null: loss, slow: loss, tail: loss, late: loss }),
  z.array(loss),
]);

/** Arm, revision, requests, `[units, sum]` of each loss, latency counts. */
export type WindowRow = z.infer<typeof rowSchema>;

/** The shape of a history file; the declaration and the marks are taken as they were written. */
export const historySchema = z.strictObject({
  name: z.string(),
  spec: z.custom<RolloutSpec>((value) => typeof value === 'object'),
  buckets: z.array(z.strictObject({ now: z.number(), windows: z.array(rowSchema) })),
  decisions: z.custom<readonly Mark[]>((value) => Array.isArray(value)),
});

/** What is kept of a rollout that was played. */
export function historyOf(name: string, { start, buckets }: Play): History {
  return {
    name,
    spec: start.spec,
    buckets: buckets.map(({ now, windows }) => ({ now, windows: windows.map(rowOf) })),
    decisions: marksOf(buckets),
  };
}

/** Plays the table of a history through the core as it is now. */
export function replay({ spec, buckets }: History): readonly Mark[] {
  const rollout = startedRollout(spec);
  const stage = new Stage(rollout);
  const marks = buckets.map(({ now, windows }) => {
    const start = now - spec.bucketMs;
    const result = stage.tick(
      instant(now),
      windows.map((row) => windowOf(row, start, spec.bucketMs)),
    );
    const judgement = result.judgements.get(rollout.id);
    return judgement === undefined ? [] : [{ now, ...judgement }];
  });
  return marksOf(marks.flat());
}

function marksOf(
  judged: readonly {
    readonly now: number;
    readonly decision: Decision;
    readonly verdicts: readonly Verdict[];
  }[],
): readonly Mark[] {
  return judged
    .filter(({ decision }, i) => decision.type !== 'hold' || i === judged.length - 1)
    .map(({ now, decision, verdicts }) => ({
      now,
      type: decision.type,
      stage: decision.type === 'advance' ? decision.stage : -1,
      verdicts: verdicts.map(({ check, outcome, evidence }) => {
        return { check, outcome, harm: evidence.harm, safety: evidence.safety };
      }),
    }));
}

function rowOf({ arm, revision, requests, losses, latencyMs }: Window): WindowRow {
  const pair = (name: keyof Window['losses']): [number, number] => [
    losses[name].units,
    losses[name].sum,
  ];
  return [
    arm === 'candidate' ? 'candidate' : 'baseline',
    revision,
    requests,
    {
      error: pair('error'),
      null: pair('null'),
      slow: pair('slow'),
      tail: pair('tail'),
      late: pair('late'),
    },
    latencyMs.map(([index, count]) => [index, count]),
  ];
}

const outcomes = Object.fromEntries(OUTCOMES.map((name) => [name, 0])) as Window['outcomes'];

function windowOf(row: WindowRow, start: number, bucketMs: number): Window {
  const [arm, revision, requests, losses, latencyMs] = row;
  const pair = ([units, sum]: readonly [number, number]) => ({ units, sum });
  return {
    endpoint: 'risk',
    rollout: 'r-1',
    revision,
    arm,
    version: arm === 'candidate' ? 2 : 1,
    start: instant(start),
    bucketMs,
    requests,
    outcomes: { ...outcomes, ok: requests },
    losses: {
      error: pair(losses.error),
      null: pair(losses.null),
      slow: pair(losses.slow),
      tail: pair(losses.tail),
      late: pair(losses.late),
      disagree: { units: 0, sum: 0 },
    },
    latencyMs,
    latencySumMs: 0,
    fallbacks: 0,
    unitsDropped: 0,
  };
}
