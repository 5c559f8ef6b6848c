import type { Predicted } from '../feedback/predicted.ts';
import { PredictionCounts } from '../telemetry/predictions.ts';
import { FEATURE_PARTS_MAX, binOf, featureBins } from './reference.ts';
import type { FeatureBins, FeatureKind, FeatureReference, Reference } from './reference.ts';

/** Training data as text, one list a row, with what the columns are. */
export type TrainingTable = {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
};

/** A feature with its place in a request, what the model answered, or nothing of interest. */
export type Column =
  | ({ readonly is: 'feature' } & Pick<FeatureBins, 'name' | 'input' | 'column'>)
  | { readonly is: 'class' | 'probability' | 'value' }
  | { readonly is: 'other' };

/** Parts of a feature of numbers, equally full where there are values enough. */
const NUMBER_PARTS = 10;

/** Counts training data in bins: tenths of numbers, single values of what has few. */
export function makeReference({ columns, rows }: TrainingTable): Reference {
  const features = columns.flatMap((column, at): readonly FeatureReference[] => {
    if (column.is !== 'feature') return [];
    const { name, input, column: place } = column;
    const values = rows.map((row) => row[at] ?? '');
    const kind = kindOf(values);
    const counts = Array.from({ length: featureBins(kind) }, () => 0);
    for (const value of values) {
      const bin = binOf(kind, value);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return [{ name, input, column: place, ...kind, counts }];
  });
  return { rows: rows.length, features, answers: answersIn(columns, rows) };
}

const isNumber = (text: string): boolean => text.trim() !== '' && !Number.isNaN(Number(text));

function kindOf(values: readonly string[]): FeatureKind {
  const given = values.filter((value) => value !== '' && value.toLowerCase() !== 'nan');
  if (given.length > 0 && given.every(isNumber)) {
    return { kind: 'number', cuts: cutsOf(given.map(Number)) };
  }
  const often = new Map<string, number>();
  for (const value of given) often.set(value, (often.get(value) ?? 0) + 1);
  const known = [...often].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return { kind: 'category', values: known.slice(0, FEATURE_PARTS_MAX).map(([value]) => value) };
}

/** Each of a few values, else where tenths end; none at the greatest, above which nothing is. */
function cutsOf(numbers: readonly number[]): readonly number[] {
  const sorted = numbers.toSorted((a, b) => a - b);
  const distinct = [...new Set(sorted)];
  if (distinct.length <= NUMBER_PARTS)
    return distinct.length > 1 ? distinct.slice(0, -1) : distinct;
  const tenths = Array.from({ length: NUMBER_PARTS - 1 }, (_, i) => {
    return sorted[Math.ceil(((i + 1) * sorted.length) / NUMBER_PARTS) - 1] ?? 0;
  });
  return [...new Set(tenths)].filter((cut) => cut < (distinct.at(-1) ?? 0));
}

function answersIn(columns: readonly Column[], rows: TrainingTable['rows']): Reference['answers'] {
  const counts = new PredictionCounts();
  const place = (is: Column['is']): number => columns.findIndex((column) => column.is === is);
  const [label, probability, value] = [place('class'), place('probability'), place('value')];
  if (Math.max(label, probability, value) < 0) return null;
  for (const row of rows) {
    const named = label < 0 ? null : (row[label] ?? '');
    counts.add({ label: named, score: scoreIn(row[probability], row[value]) });
  }
  return counts.sum();
}

function scoreIn(probability: string | undefined, value: string | undefined): Predicted['score'] {
  if (probability !== undefined && isNumber(probability)) {
    return { kind: 'positive', value: Number(probability) };
  }
  if (value === undefined || !isNumber(value)) return null;
  return { kind: 'value', value: Number(value) };
}
