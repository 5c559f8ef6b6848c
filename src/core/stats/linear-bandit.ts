/** Contextual bandits with linear rewards: ridge regression per arm, LinUCB and linear Thompson. */
import type { Prng } from '../lib/prng.ts';
import { requireCount, requirePositive, requireThat } from './domain.ts';
import { sampleNormal } from './samplers.ts';

/** Sums of a ridge regression: λI + Σ x xᵀ (rows) and Σ r x. They add up over batches. */
export type Ridge = {
  readonly gram: readonly (readonly number[])[];
  readonly moments: readonly number[];
};

/** A regression that has seen nothing; `penalty` is λ > 0. */
export function ridgeStart(features: number, penalty = 1): Ridge {
  requireCount(features, 'features', 1);
  requirePositive(penalty, 'penalty');
  const indices = Array.from({ length: features }, (_, i) => i);
  return {
    gram: indices.map((i) => indices.map((j) => (i === j ? penalty : 0))),
    moments: indices.map(() => 0),
  };
}

/** Folds in one observation: context x and its reward. */
export function ridgeStep(ridge: Ridge, x: readonly number[], reward: number): Ridge {
  requireThat(x.length === ridge.moments.length, 'context of another length');
  return {
    gram: ridge.gram.map((row, i) => row.map((value, j) => value + (x[i] ?? 0) * (x[j] ?? 0))),
    moments: ridge.moments.map((value, i) => value + reward * (x[i] ?? 0)),
  };
}

type Lower = readonly (readonly number[])[];

/** Cholesky factor L with L Lᵀ = gram; the ridge penalty makes it positive definite. */
function cholesky(gram: readonly (readonly number[])[]): Lower {
  const lower: number[][] = [];
  for (const [i, row] of gram.entries()) {
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
function forward(lower: Lower, b: readonly number[]): readonly number[] {
  const y: number[] = [];
  for (const [i, row] of lower.entries()) {
    let sum = b[i] ?? 0;
    for (let k = 0; k < i; k += 1) sum -= (row[k] ?? 0) * (y[k] ?? 0);
    y.push(sum / (row[i] ?? 1));
  }
  return y;
}

/** Solves Lᵀ x = y. */
function backward(lower: Lower, y: readonly number[]): readonly number[] {
  const x = y.map(() => 0);
  for (let i = y.length - 1; i >= 0; i -= 1) {
    let sum = y[i] ?? 0;
    for (let k = i + 1; k < y.length; k += 1) sum -= (lower[k]?.[i] ?? 0) * (x[k] ?? 0);
    x[i] = sum / (lower[i]?.[i] ?? 1);
  }
  return x;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

/** Coefficients β = (λI + Σ x xᵀ)⁻¹ Σ r x. */
export function ridgeCoefficients(ridge: Ridge): readonly number[] {
  const lower = cholesky(ridge.gram);
  return backward(lower, forward(lower, ridge.moments));
}

/** LinUCB index x·β + scale √(xᵀ A⁻¹ x) (Li, Chu, Langford & Schapire 2010). */
export function linUcbIndex(ridge: Ridge, x: readonly number[], scale: number): number {
  const lower = cholesky(ridge.gram);
  const beta = backward(lower, forward(lower, ridge.moments));
  const half = forward(lower, x);
  return dot(x, beta) + scale * Math.sqrt(dot(half, half));
}

/** Linear Thompson: a draw of x·β̃ with β̃ ~ N(β, scale² A⁻¹) (Agrawal & Goyal 2013). */
export function linThompsonDraw(
  rng: Prng,
  ridge: Ridge,
  at: { readonly x: readonly number[]; readonly scale: number },
): number {
  const lower = cholesky(ridge.gram);
  const beta = backward(lower, forward(lower, ridge.moments));
  const noise = backward(
    lower,
    beta.map(() => sampleNormal(rng, 0, at.scale)),
  );
  return dot(at.x, beta) + dot(at.x, noise);
}
