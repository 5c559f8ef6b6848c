/** Contextual bandits with linear rewards: ridge regression per arm, LinUCB and linear Thompson. */
import type { Prng } from '../lib/prng.ts';
import { backward, cholesky, forward } from './cholesky.ts';
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

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

/** Folds in many observations of one context: their number, which discounting makes real. */
export function ridgeAdd(
  ridge: Ridge,
  x: readonly number[],
  { reward, units }: { readonly reward: number; readonly units: number },
): Ridge {
  requireThat(x.length === ridge.moments.length, 'context of another length');
  return {
    gram: ridge.gram.map((row, i) =>
      row.map((value, j) => value + units * (x[i] ?? 0) * (x[j] ?? 0)),
    ),
    moments: ridge.moments.map((value, i) => value + reward * (x[i] ?? 0)),
  };
}

/** What is thought of the reward in a context: x·β, and scale √(xᵀ A⁻¹ x) around it. */
export function ridgeBelief(
  ridge: Ridge,
  x: readonly number[],
  scale: number,
): { readonly mean: number; readonly sd: number } {
  const lower = cholesky(ridge.gram);
  const half = forward(lower, x);
  const beta = backward(lower, forward(lower, ridge.moments));
  return { mean: dot(x, beta), sd: scale * Math.sqrt(dot(half, half)) };
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
