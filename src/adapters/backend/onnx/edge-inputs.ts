import type { Signature } from '../../../core/catalog/signature.ts';
import type { ProbeInput } from '../../../ports/model-probe.ts';
import { constantFill, syntheticInputs } from '../../../protocol/runner/synthetic.ts';

const FREE_DIMENSION = 4;

/**
 * Inputs a client may send and an author seldom thinks of. Those that a signature makes too large
 * to make up, or that would say nothing new, are left out.
 */
export function edgeInputs(signature: Signature): readonly ProbeInput[] {
  const hasRows = signature.inputs.some(({ shape }) => (shape[0] ?? 0) < 0);
  const cases = [
    { name: 'zeros', fill: 'zeros', rows: 1 },
    { name: 'ones', fill: 'ones', rows: 1 },
    { name: 'largest values', fill: 'max', rows: 1 },
    { name: 'not a number', fill: 'nan', rows: 1 },
    { name: 'minus one', fill: 'minus_one', rows: 1 },
    { name: 'an empty batch', fill: 'zeros', rows: 0 },
    { name: 'a batch of 7', fill: 'ones', rows: 7 },
  ] as const;
  return cases
    .filter(({ rows }) => rows === 1 || hasRows)
    .flatMap(({ name, fill, rows }) => {
      const shape = { rows, free: FREE_DIMENSION };
      const inputs = syntheticInputs(signature, shape, constantFill(fill));
      return inputs === null ? [] : [{ name, inputs }];
    });
}
