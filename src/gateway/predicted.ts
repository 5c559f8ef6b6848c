import type { Datatype, Signature } from '../core/catalog/signature.ts';
import { className, nothingPredicted } from '../core/feedback/predicted.ts';
import type { Predicted } from '../core/feedback/predicted.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';

/** Says what an answer said, when it was one class or one number. */
export type PredictedReader = (outputs: readonly Tensor[]) => Predicted;

const CLASS_TYPES: ReadonlySet<Datatype> = new Set([
  'BOOL',
  'BYTES',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
]);
const SCORE_TYPES: ReadonlySet<Datatype> = new Set(['FP32', 'FP64']);
/** More classes than anybody reads a table of. */
const CLASSES_MAX = 1_000;
/** Numbers that sum to 1 this closely are probabilities of classes. */
const SUM_TOLERANCE = 1e-3;

/** Made once per version: which of its outputs name a class, and which a number. */
export function predictedReader({ outputs }: Signature): PredictedReader {
  const named = outputs.find(({ datatype }) => CLASS_TYPES.has(datatype))?.name ?? null;
  const scored = outputs.find(({ datatype }) => SCORE_TYPES.has(datatype))?.name ?? null;
  if (named === null && scored === null) return () => nothingPredicted;
  return (answered) => {
    const label = named === null ? null : labelIn(answered.find(({ name }) => name === named));
    const scores = answered.find(({ name }) => name === scored)?.data;
    if (scores === undefined || isText(scores)) return { label, score: null };
    return scoredAnswer(label, scores as Float32Array | Float64Array);
  };
}

const isText = (data: Tensor['data']): data is readonly string[] => Array.isArray(data);

function labelIn(tensor: Tensor | undefined): string | null {
  if (tensor === undefined || tensor.data.length !== 1) return null;
  const [value] = tensor.data;
  if (value === undefined) return null;
  return className(typeof value === 'bigint' ? String(value) : value);
}

function scoredAnswer(label: string | null, scores: Float32Array | Float64Array): Predicted {
  const [first = 0, second = 0] = scores;
  if (scores.length === 1) {
    const kind = label === null || first < 0 || first > 1 ? 'value' : 'positive';
    return { label, score: { kind, value: first } };
  }
  const best = bestOf(scores);
  if (best === null) return { label, score: null };
  // Without a class of its own, a model of probabilities names the likeliest by its place.
  const named = label ?? String(best);
  const score: Predicted['score'] =
    scores.length === 2
      ? { kind: 'positive', value: second }
      : { kind: 'top', value: scores[best] ?? 0 };
  return { label: named, score };
}

/** Place of the likeliest class; null when these are no probabilities of one row. */
function bestOf(scores: Float32Array | Float64Array): number | null {
  if (scores.length === 0 || scores.length > CLASSES_MAX) return null;
  let best = 0;
  let sum = 0;
  for (let at = 0; at < scores.length; at += 1) {
    const score = scores[at] ?? 0;
    if (!(score >= 0)) return null;
    sum += score;
    if (score > (scores[best] ?? 0)) best = at;
  }
  return Math.abs(sum - 1) <= SUM_TOLERANCE ? best : null;
}
