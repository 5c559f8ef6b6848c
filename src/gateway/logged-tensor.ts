import { redactionAt } from '../core/routing/redaction.ts';
import type { CompiledRedaction, TensorRedaction } from '../core/routing/redaction.ts';
import type { LoggedTensor } from '../ports/prediction-sink.ts';
import { elementTexts, nestedTexts } from '../protocol/inference/tensor-json.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import { pseudonym, REDACTED } from '../protocol/pseudonym.ts';
import type { KeyedDigest } from '../protocol/pseudonym.ts';

/** A tensor with more elements is named with its shape and left out. */
export const ELEMENTS_MAX = 10_000;
/** So is one whose values take more than that to write. */
const CHARS_MAX = 262_144;

const CONSTANT_TEXT = JSON.stringify(REDACTED);

/** How tensors are written: by which rules, with which key. */
export type TensorWriting = { readonly redaction: CompiledRedaction; readonly digest: KeyedDigest };

/**
 * A tensor as it is written: values nobody may read are replaced. When a rule names nothing this
 * version has, nothing at all is written: what the rule was meant for may go by another name.
 */
export function loggedTensor(tensor: Tensor, { redaction, digest }: TensorWriting): LoggedTensor {
  const { name, datatype, shape, data } = tensor;
  const head = { name, datatype, shape };
  if (redaction.unknown.length > 0 || data.length > ELEMENTS_MAX) return { ...head, data: null };
  const texts = elementTexts(tensor);
  const rules = redaction.tensors.get(name);
  if (rules !== undefined) redact(texts, tensor, { rules, digest });
  if (datatype.startsWith('FP')) withoutInfinities(texts);
  const text = nestedTexts(texts, shape);
  return { ...head, data: text.length > CHARS_MAX ? null : text };
}

function redact(
  texts: string[],
  { name, shape }: Tensor,
  { rules, digest }: { readonly rules: TensorRedaction; readonly digest: KeyedDigest },
): void {
  const at = redactionAt(rules, shape);
  for (const [flat, text] of texts.entries()) {
    const rule = at(flat);
    if (rule === null) continue;
    const { as, place } = rule;
    texts[flat] =
      as === 'constant' ? CONSTANT_TEXT : `"${pseudonym(digest, `${name}/${place}`, text)}"`;
  }
}

/** JSON has no word for numbers that are none. */
function withoutInfinities(texts: string[]): void {
  for (const [flat, text] of texts.entries()) {
    if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') texts[flat] = 'null';
  }
}
