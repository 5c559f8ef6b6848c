import { CLASS_CHARS_MAX } from '../../core/feedback/predicted.ts';
import type { Predicted, ScoreKind } from '../../core/feedback/predicted.ts';
import { base64url, textOf } from './base64url.ts';

/** `Predicted` in an id: `<label>.<score>`, each empty when there is none. */
export type PredictedText = string;

/** What is said of an answer that says nothing comparable. */
export const NO_PREDICTED: PredictedText = '.';

/** How a label is written: as it is, or encoded when it is no plain word. */
const PLAIN = 'w';
const ENCODED = 'e';
const WORD = /^[\w-]+$/;

const kindOf: Readonly<Record<string, ScoreKind>> = { n: 'value', p: 'positive', t: 'top' };
const letterOf: Readonly<Record<ScoreKind, string>> = { value: 'n', positive: 'p', top: 't' };

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** Writes what was predicted. Scores keep 24 bits, as most models give them. */
export function predictedText(label: string | null, score: Predicted['score']): PredictedText {
  return `${labelText(label)}.${score === null ? '' : scoreText(score)}`;
}

function labelText(label: string | null): string {
  if (label === null || label.length > CLASS_CHARS_MAX || label === '') return '';
  return WORD.test(label) ? PLAIN + label : ENCODED + base64url(label);
}

/** What is no number, or too large for one of 32 bits, is left out. */
function scoreText({ kind, value }: NonNullable<Predicted['score']>): string {
  single[0] = value;
  if (!Number.isFinite(single[0])) return '';
  return letterOf[kind] + (bits[0] ?? 0).toString(36);
}

/** Reads it back. The text has been authenticated: we wrote it. */
export function readPredicted(label: string, score: string): Predicted {
  return { label: labelOf(label), score: score === '' ? null : scoreOf(score) };
}

function labelOf(text: string): string | null {
  if (text === '') return null;
  return text.startsWith(PLAIN) ? text.slice(1) : textOf(text.slice(1));
}

function scoreOf(text: string): Predicted['score'] {
  const kind = kindOf[text.charAt(0)];
  if (kind === undefined) return null;
  bits[0] = Number.parseInt(text.slice(1), 36);
  return { kind, value: single[0] ?? 0 };
}
