import type { LoggedPrediction, LoggedTensor } from '../../../ports/prediction-sink.ts';

/** The number of the form lines have; another form, another number. */
export const PREDICTION_SCHEMA = 1;

/** One prediction as a line of JSON, line break included. */
export function predictionLine(made: LoggedPrediction): string {
  const { inputs, outputs } = made;
  const head = JSON.stringify({
    schema: PREDICTION_SCHEMA,
    at: new Date(made.at).toISOString(),
    endpoint: made.endpoint,
    model: made.model,
    version: made.version,
    arm: made.arm,
    assigned: made.assigned,
    rollout: made.rollout,
    prediction_id: made.predictionId,
    unit: made.unit,
    outcome: made.outcome,
    latency_ms: Math.round(made.latencyMs * 1_000) / 1_000,
    replaced: made.isReplaced,
    withheld: made.withheld,
  });
  return `${head.slice(0, -1)},"inputs":${listText(inputs)},"outputs":${listText(outputs)}}\n`;
}

function listText(tensors: readonly LoggedTensor[] | null): string {
  return tensors === null ? 'null' : `[${tensors.map(tensorText).join(',')}]`;
}

function tensorText({ name, datatype, shape, data }: LoggedTensor): string {
  const head = JSON.stringify({ name, datatype, shape });
  return `${head.slice(0, -1)},"data":${data ?? 'null'}}`;
}
