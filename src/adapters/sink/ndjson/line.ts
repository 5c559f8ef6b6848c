import type { Pair, PairAnswer } from '../../../ports/pair-sink.ts';
import { nestedJson } from '../../../protocol/inference/tensor-json.ts';
import type { Tensor } from '../../../protocol/inference/tensor.ts';

/** An output with more elements is named with its shape and left out. */
const ELEMENTS_MAX = 10_000;

/**
 * One pair as a line of JSON, line break included. Integers of 64 bits are written in full; what
 * JSON has no number for is null.
 */
export function lineOf(pair: Pair): string {
  const { at, endpoint, rollout, requestId, predictionId, unit, user, copy, compared } = pair;
  const head = JSON.stringify({
    at: new Date(at).toISOString(),
    endpoint,
    rollout,
    request_id: requestId,
    prediction_id: predictionId,
    unit,
    compared,
  });
  return `${head.slice(0, -1)},"user":${answerText(user)},"copy":${answerText(copy)}}\n`;
}

function answerText({ arm, version, outcome, latencyMs, outputs }: PairAnswer): string {
  const head = JSON.stringify({ arm, version, outcome, latency_ms: latencyMs });
  return `${head.slice(0, -1)},"outputs":[${outputs.map(outputText).join(',')}]}`;
}

/** JSON has no word for numbers that are none; text may well say so. */
function valueText(tensor: Tensor): string {
  const text = nestedJson(tensor);
  return tensor.datatype.startsWith('FP') ? text.replaceAll(/-?Infinity|NaN/g, 'null') : text;
}

function outputText(tensor: Tensor): string {
  const { name, datatype, shape, data } = tensor;
  const head = JSON.stringify({ name, datatype, shape });
  const value = data.length > ELEMENTS_MAX ? 'null' : valueText(tensor);
  return `${head.slice(0, -1)},"data":${value}}`;
}
