import type { CatalogVersion } from '../core/routing/table.ts';
import { IMPORTANCE_FEATURES_MAX } from '../core/telemetry/importance.ts';
import type { Tensor, TensorData } from '../protocol/inference/tensor.ts';
import { isText, zeros } from '../protocol/runner/tensor-block.ts';

/** One value of a row: which input, and which of its columns. */
export type Column = { readonly name: string; readonly input: number; readonly column: number };

/** Requests of one row each: the rows to explain, and as many others that lend their values. */
export type Sampled = {
  readonly rows: readonly (readonly Tensor[])[];
  readonly donors: readonly (readonly Tensor[])[];
};

/**
 * The columns of a version's inputs, in order; null when it is no table of rows: every input needs
 * a free first axis and at most one further one of fixed size.
 */
export function columnsOf({ signature, features = [] }: CatalogVersion): readonly Column[] | null {
  const columns: Column[] = [];
  for (const [input, { name, shape }] of signature.inputs.entries()) {
    const [rows, width = 1, ...more] = shape;
    if (rows !== -1 || width < 1 || more.length > 0) return null;
    for (let column = 0; column < width; column += 1) {
      const known = features.find((one) => one.input === name && one.column === column);
      const place = width === 1 ? name : `${name}[${column}]`;
      columns.push({ name: known?.name ?? place, input, column });
    }
  }
  return columns.length >= 2 && columns.length <= IMPORTANCE_FEATURES_MAX ? columns : null;
}

/**
 * Inputs of the rows `from` to `to` of a long list: first the sampled rows as they are, then, for
 * each column, all of them with the value another row has there (permutation importance, Breiman
 * 2001, "Random Forests").
 */
export function occluded(
  { rows, donors }: Sampled,
  columns: readonly Column[],
  { from, to }: { readonly from: number; readonly to: number },
): readonly Tensor[] {
  const [first = []] = rows;
  return first.map((like, input): Tensor => {
    const parts = Array.from({ length: to - from }, (_, i): TensorData => {
      const at = from + i;
      const row = at % rows.length;
      const { data = [] } = rows[row]?.[input] ?? {};
      const column = columns[Math.floor(at / rows.length) - 1];
      if (column === undefined || column.input !== input) return data;
      return withValue(data, donors[row]?.[input]?.data ?? data, column.column);
    });
    const data = joined(like, parts);
    return { ...like, shape: [to - from, ...like.shape.slice(1)], data };
  });
}

function withValue(data: TensorData, donor: TensorData, column: number): TensorData {
  // Both are of one kind: they are inputs of one signature.
  const own = data.slice() as Float64Array;
  own[column] = (donor as Float64Array)[column] ?? 0;
  return own;
}

function joined({ datatype }: Tensor, parts: readonly TensorData[]): TensorData {
  if (datatype === 'BYTES') return parts.flatMap((part) => (isText(part) ? part : []));
  const all = zeros(
    datatype,
    parts.reduce((sum, { length }) => sum + length, 0),
  ) as Float64Array;
  let at = 0;
  for (const part of parts) {
    all.set(part as Float64Array, at);
    at += part.length;
  }
  return all;
}

/** What was answered to each row: all its numbers, or what it named where there are none. */
export type RowAnswers = readonly (readonly (number | string)[])[];

/** Takes answers apart into rows; null when they have not one for each. */
export function rowAnswers(outputs: readonly Tensor[], rows: number): RowAnswers | null {
  const numbers = outputs.filter(({ datatype }) => datatype === 'FP32' || datatype === 'FP64');
  const looked = numbers.length > 0 ? numbers : outputs;
  if (looked.length === 0 || looked.some(({ shape }) => shape[0] !== rows)) return null;
  return Array.from({ length: rows }, (_, row) =>
    looked.flatMap(({ data }) => {
      const width = data.length / rows;
      const own = Array.from(data.slice(row * width, (row + 1) * width) as ArrayLike<unknown>);
      return own.map((one) => (typeof one === 'number' ? one : String(one)));
    }),
  );
}

/** How far the answers moved when a column was taken away: by column, then by row. */
export function effectsIn(answers: RowAnswers, rows: number): readonly (readonly number[])[] {
  return Array.from({ length: answers.length / rows - 1 }, (_, column) =>
    Array.from({ length: rows }, (_row, row) =>
      distance(answers[row] ?? [], answers[(column + 1) * rows + row] ?? []),
    ),
  );
}

/** Σ |a − b| of numbers; 1 for each name that differs, or number that is none. */
function distance(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  return a.reduce<number>((sum, one, at) => {
    const other = b[at];
    if (typeof one === 'string' || typeof other === 'string') return sum + (one === other ? 0 : 1);
    const moved = Math.abs(one - (other ?? 0));
    return sum + (Number.isFinite(moved) ? moved : 1);
  }, 0);
}
