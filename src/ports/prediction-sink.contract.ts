import { instant } from '../core/lib/units.ts';
import type { LoggedPrediction } from './prediction-sink.ts';
import { sinkContract } from './sink.contract.ts';
import type { SinkMaker } from './sink.contract.ts';

/** A prediction like any other, of a unit of its own. */
export const predictionSample = (
  unit: string,
  over: Partial<LoggedPrediction> = {},
): LoggedPrediction => ({
  at: instant(1_800_000_000_000),
  endpoint: 'risk',
  model: 'sums',
  version: 1,
  arm: 'baseline',
  assigned: 'baseline',
  rollout: null,
  predictionId: `p-${unit}`,
  unit,
  outcome: 'ok',
  latencyMs: 1.5,
  isReplaced: false,
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: '[[1,2]]' }],
  outputs: [{ name: 'sum', datatype: 'FP32', shape: [1, 1], data: '[[3]]' }],
  withheld: [],
  ...over,
});

/** What every sink for predictions must do; `kept` gives their units. */
export function predictionSinkContract(
  name: string,
  make: SinkMaker<LoggedPrediction>['make'],
): void {
  sinkContract(`${name}, predictions`, { make, sample: predictionSample });
}
