import { OUTCOMES } from '../core/telemetry/observation.ts';
import type { Outcome } from '../core/telemetry/observation.ts';
import { exposition } from '../protocol/exposition.ts';
import type { Labels, MetricDeclaration, MetricSample } from '../protocol/exposition.ts';

/** Every metric of a gateway: name, type and meaning, as the reference page shows them. */
export const metricTable = {
  understudy_gateway_info: {
    type: 'gauge',
    help: 'Always 1; its labels name the gateway that was asked and its process.',
  },
  understudy_requests_total: {
    type: 'counter',
    help: 'Predictions asked for, by endpoint, version, arm and how the first attempt ended.',
  },
  understudy_fallbacks_total: {
    type: 'counter',
    help: 'Predictions answered by the baseline because the candidate failed them.',
  },
  understudy_request_duration_seconds: {
    type: 'histogram',
    help: 'Time of the first attempt, by endpoint, version and arm.',
  },
  understudy_refused_total: {
    type: 'counter',
    help: 'Requests refused before any version was asked, by fault code.',
  },
  understudy_requests_in_flight: { type: 'gauge', help: 'Predictions under way.' },
  understudy_fuse_tripped: {
    type: 'gauge',
    help: '1 when this gateway took what the candidate had back to the baseline.',
  },
  understudy_table_generation: { type: 'gauge', help: 'Generation of the routing table in force.' },
  understudy_table_age_seconds: {
    type: 'gauge',
    help: 'Time since control last confirmed that the table is the newest.',
  },
  understudy_tables_refused_total: { type: 'counter', help: 'Routing tables refused.' },
  understudy_windows_waiting: {
    type: 'gauge',
    help: 'Evidence windows that control has not confirmed yet.',
  },
  understudy_windows_dropped_total: {
    type: 'counter',
    help: 'Evidence windows given up because control was away for too long.',
  },
  understudy_feedback_waiting: {
    type: 'gauge',
    help: 'Pieces of feedback that control has not confirmed yet.',
  },
  understudy_exposures_dropped_total: {
    type: 'counter',
    help: 'Newly seen units that found no room to wait for control; they are told when seen again.',
  },
  understudy_copies_sampled_total: {
    type: 'counter',
    help: 'Requests that were to be copied, by endpoint, version and mirrored arm.',
  },
  understudy_copies_dropped_total: {
    type: 'counter',
    help: 'Of those, copies that were not made, or not answered in time, by reason.',
  },
  understudy_copies_ended_total: {
    type: 'counter',
    help: 'Copies the mirrored arm was asked for, by how they ended. No user saw any.',
  },
  understudy_copies_untold_total: {
    type: 'counter',
    help: 'Answers of paired copies that found no room to wait for control and for their label.',
  },
  understudy_copies_compared_rows_total: {
    type: 'counter',
    help: 'Rows of two answers to one request that were compared.',
  },
  understudy_copies_differing_rows_total: {
    type: 'counter',
    help: 'Of those, rows in which the mirrored arm said something else than the user got.',
  },
  understudy_copies_in_flight: { type: 'gauge', help: 'Copies under way.' },
  understudy_copies_breaker_open: {
    type: 'gauge',
    help: '1 while a mirrored arm is left alone because copies failed in a row.',
  },
  understudy_pairs_kept_total: {
    type: 'counter',
    help: 'Pairs of answers written to the pair log.',
  },
  understudy_pairs_dropped_total: {
    type: 'counter',
    help: 'Pairs of answers for which the queue before the pair log had no room.',
  },
  understudy_predictions_kept_total: {
    type: 'counter',
    help: 'Predictions written to the prediction log.',
  },
  understudy_predictions_dropped_total: {
    type: 'counter',
    help: 'Predictions for which the queue before the prediction log had no room.',
  },
  understudy_ready: { type: 'gauge', help: '1 when every endpoint can be answered.' },
  understudy_runner_restarts_total: {
    type: 'counter',
    help: 'Restarts of the process of a version.',
  },
  understudy_runner_resident_bytes: {
    type: 'gauge',
    help: 'Resident memory of the process of a version.',
  },
  understudy_runner_cpu_seconds_total: {
    type: 'counter',
    help: 'CPU time of the process of a version.',
  },
  understudy_runner_predictions_total: {
    type: 'counter',
    help: 'Predictions the process of a version made, for users, copies and pinned requests.',
  },
  understudy_runner_quarantined_inputs: {
    type: 'gauge',
    help: 'Inputs refused because they killed the process of a version.',
  },
} as const satisfies Record<string, MetricDeclaration>;

/** The name of a metric. */
export type MetricName = keyof typeof metricTable;

/** Upper bounds of the latency histogram, in milliseconds. */
const BOUNDS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] as const;
/** Arms whose numbers are kept; the oldest that no table names are forgotten beyond. */
const METERS_MAX = 2_000;

/** The numbers of one arm, plain so that counting costs next to nothing. */
export type ArmMeter = {
  readonly key: MeterKey;
  readonly outcomes: Record<Outcome, number>;
  readonly buckets: number[];
  sumMs: number;
  count: number;
  fallbacks: number;
};

/** Names an arm in metrics. */
export type MeterKey = {
  readonly endpoint: string;
  readonly model: string;
  readonly version: number;
  readonly arm: string;
};

/** One line of a metric. */
export type Sample = MetricSample<MetricName>;

/** Counts what happens and writes it in the text format of Prometheus. */
export class Metrics {
  readonly #meters = new Map<string, ArmMeter>();
  readonly #refused = new Map<string, number>();

  /** The meter of an arm; the same one for the same labels. */
  meter(key: MeterKey): ArmMeter {
    const name = JSON.stringify([key.endpoint, key.model, key.version, key.arm]);
    const known = this.#meters.get(name);
    if (known !== undefined) {
      // Moves to the end: the first is the one no table named for the longest.
      this.#meters.delete(name);
      this.#meters.set(name, known);
      return known;
    }
    if (this.#meters.size >= METERS_MAX) {
      const [oldest] = this.#meters.keys();
      if (oldest !== undefined) this.#meters.delete(oldest);
    }
    const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0]));
    const meter: ArmMeter = {
      key,
      outcomes: outcomes as Record<Outcome, number>,
      buckets: BOUNDS_MS.map(() => 0),
      sumMs: 0,
      count: 0,
      fallbacks: 0,
    };
    this.#meters.set(name, meter);
    return meter;
  }

  /** A request was refused. Codes are a closed set, so the map is bounded. */
  refused(code: string): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
  }

  /** Everything as text, together with what the caller knows at this moment. */
  text(samples: readonly Sample[]): string {
    const refused = [...this.#refused].map(([code, value]): Sample => ({
      name: 'understudy_refused_total',
      labels: { code },
      value,
    }));
    const counted = [...this.#meters.values()].flatMap(meterSamples);
    return exposition(metricTable, [...counted, ...refused, ...samples]);
  }
}

/** Counts the end of a first attempt. */
export function countAttempt(meter: ArmMeter, outcome: Outcome, latencyMs: number): void {
  meter.outcomes[outcome] += 1;
  meter.count += 1;
  meter.sumMs += latencyMs;
  for (let at = 0; at < BOUNDS_MS.length; at += 1) {
    if (latencyMs > (BOUNDS_MS[at] ?? 0)) continue;
    meter.buckets[at] = (meter.buckets[at] ?? 0) + 1;
    return;
  }
}

const MS_PER_S = 1_000;

function meterSamples(meter: ArmMeter): readonly Sample[] {
  const { endpoint, model, version, arm } = meter.key;
  const labels = { endpoint, model, version, arm };
  const outcomes = OUTCOMES.filter((one) => meter.outcomes[one] > 0 || one === 'ok').map(
    (outcome): Sample => ({
      name: 'understudy_requests_total',
      labels: { ...labels, outcome },
      value: meter.outcomes[outcome],
    }),
  );
  return [
    ...outcomes,
    { name: 'understudy_fallbacks_total', labels, value: meter.fallbacks },
    ...durationSamples(meter, labels),
  ];
}

function durationSamples(meter: ArmMeter, labels: Labels): readonly Sample[] {
  const name = 'understudy_request_duration_seconds';
  let below = 0;
  const buckets = BOUNDS_MS.map((bound, at): Sample => {
    below += meter.buckets[at] ?? 0;
    return { name, suffix: '_bucket', labels: { ...labels, le: bound / MS_PER_S }, value: below };
  });
  return [
    ...buckets,
    { name, suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: meter.count },
    { name, suffix: '_sum', labels, value: meter.sumMs / MS_PER_S },
    { name, suffix: '_count', labels, value: meter.count },
  ];
}
