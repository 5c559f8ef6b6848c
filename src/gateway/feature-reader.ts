import { binOf } from '../core/catalog/reference.ts';
import type { FeatureBins } from '../core/catalog/reference.ts';
import type { TensorSpec } from '../core/catalog/signature.ts';
import type { CatalogVersion } from '../core/routing/table.ts';
import type { FeatureRow } from '../core/telemetry/feature-counts.ts';
import { fromHalf } from '../protocol/inference/half.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';

/** Makes of the inputs of a request what is counted of its features. */
export type FeatureReader = (inputs: readonly Tensor[]) => FeatureRow;

/** Where a feature is: its tensor, and whether the first axis of that counts rows. */
type Place = { readonly feature: FeatureBins; readonly at: number; readonly isBatched: boolean };

/**
 * Reads features in the bins of the version all arms are compared in: the baseline. Null where it
 * brought no reference.
 */
export function featureReader({
  digest,
  signature,
  features,
}: CatalogVersion): FeatureReader | null {
  if (features === undefined || features.length === 0) return null;
  const places = features.map((feature): Place => {
    const at = signature.inputs.findIndex(({ name }) => name === feature.input);
    return { feature, at, isBatched: isBatched(signature.inputs[at]) };
  });
  return (inputs) => ({ reference: digest, features, read: () => binsOf(places, inputs) });
}

const isBatched = (spec: TensorSpec | undefined): boolean => spec?.shape[0] === -1;

function binsOf(places: readonly Place[], inputs: readonly Tensor[]): readonly number[] | null {
  const bins: number[] = [];
  for (const { feature, at, isBatched: counts } of places) {
    const tensor = inputs[at];
    if (tensor === undefined || (counts && tensor.shape[0] !== 1)) return null;
    bins.push(binOf(feature, elementAt(tensor, feature.column)));
  }
  return bins;
}

/** What is not there is missing, as NaN is. */
function elementAt({ datatype, data }: Tensor, column: number): number | bigint | string {
  const element = data[column] ?? Number.NaN;
  return datatype === 'FP16' && typeof element === 'number' ? fromHalf(element) : element;
}
