import { describe, expect, test } from 'vitest';
import type { FeatureReference, Reference } from '../core/catalog/reference.ts';
import type { Signature } from '../core/catalog/signature.ts';
import { requireReference } from './reference.ts';

const signature: Signature = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 3] },
    { name: 'plan', datatype: 'BYTES', shape: [-1] },
    { name: 'any', datatype: 'FP32', shape: [-1, -1] },
  ],
  outputs: [],
};

const about = (input: string, column: number): Reference => {
  const feature: FeatureReference = {
    name: 'f',
    input,
    column,
    kind: 'number',
    cuts: [1],
    counts: [1, 0, 0],
  };
  return { rows: 1, features: [feature], answers: null };
};

describe('the place of a feature', () => {
  test.each([
    { input: 'x', column: 2 },
    { input: 'plan', column: 0 },
    { input: 'any', column: 99 },
  ])('$input, $column is there', ({ input, column }) => {
    expect(() => requireReference(about(input, column), signature)).not.toThrow();
  });

  test.each([
    { input: 'x', column: 3, path: 'lineage.reference.features.0.column' },
    { input: 'plan', column: 1, path: 'lineage.reference.features.0.column' },
    { input: 'y', column: 0, path: 'lineage.reference.features.0.input' },
  ])('$input, $column is not', ({ input, column, path }) => {
    const refused = expect.objectContaining({ code: 'REFERENCE_MISMATCH', path });
    expect(() => requireReference(about(input, column), signature)).toThrow(refused);
  });
});
