import type { Reference } from '../core/catalog/reference.ts';
import type { Signature } from '../core/catalog/signature.ts';
import { Fault } from '../protocol/errors.ts';

/**
 * Refuses a reference that speaks of inputs or columns the model does not have: its features would
 * never be found in a request. Fault `REFERENCE_MISMATCH`.
 */
export function requireReference({ features }: Reference, { inputs }: Signature): void {
  for (const [index, { name, input, column }] of features.entries()) {
    const at = `lineage.reference.features.${index}`;
    const spec = inputs.find((one) => one.name === input);
    if (spec === undefined) {
      const names = inputs.map((one) => one.name).join(', ');
      throw new Fault('REFERENCE_MISMATCH', `${name}: the inputs are ${names}`, `${at}.input`);
    }
    const columns = spec.shape.slice(1).reduce((all, size) => all * size, 1);
    if (columns > column || columns < 0) continue;
    const what = `${name}: ${input} has ${columns} columns, and none with the number ${column}`;
    throw new Fault('REFERENCE_MISMATCH', what, `${at}.column`);
  }
}
