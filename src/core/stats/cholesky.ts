/** Linear equations with a symmetric, positive definite matrix. */

/** A lower triangle, row by row. */
export type Lower = readonly (readonly number[])[];

/** Factor L with L Lᵀ = matrix; NaN where the matrix is not positive definite. */
export function cholesky(matrix: readonly (readonly number[])[]): Lower {
  const lower: number[][] = [];
  for (const [i, row] of matrix.entries()) {
    const next: number[] = [];
    for (let j = 0; j <= i; j += 1) {
      const other = j === i ? next : (lower[j] ?? []);
      let sum = row[j] ?? 0;
      for (let k = 0; k < j; k += 1) sum -= (next[k] ?? 0) * (other[k] ?? 0);
      next.push(j === i ? Math.sqrt(sum) : sum / (other[j] ?? 1));
    }
    lower.push(next);
  }
  return lower;
}

/** Solves L y = b. */
export function forward(lower: Lower, b: readonly number[]): readonly number[] {
  const y: number[] = [];
  for (const [i, row] of lower.entries()) {
    let sum = b[i] ?? 0;
    for (let k = 0; k < i; k += 1) sum -= (row[k] ?? 0) * (y[k] ?? 0);
    y.push(sum / (row[i] ?? 1));
  }
  return y;
}

/** Solves Lᵀ x = y. */
export function backward(lower: Lower, y: readonly number[]): readonly number[] {
  const x = y.map(() => 0);
  for (let i = y.length - 1; i >= 0; i -= 1) {
    let sum = y[i] ?? 0;
    for (let k = i + 1; k < y.length; k += 1) sum -= (lower[k]?.[i] ?? 0) * (x[k] ?? 0);
    x[i] = sum / (lower[i]?.[i] ?? 1);
  }
  return x;
}

/** Solves A x = b for a symmetric, positive definite A. */
export function solve(
  matrix: readonly (readonly number[])[],
  b: readonly number[],
): readonly number[] {
  const lower = cholesky(matrix);
  return backward(lower, forward(lower, b));
}
