import { describe, expect, test } from 'vitest';
import { instant } from '../core/lib/units.ts';
import type { Pair } from './pair-sink.ts';
import { sinkContract } from './sink.contract.ts';
import type { SinkMaker } from './sink.contract.ts';

/** A pair like any other, under its own request id. */
export const pairSample = (requestId: string, over: Partial<Pair> = {}): Pair => ({
  at: instant(1_800_000_000_000),
  endpoint: 'risk',
  rollout: 'r-1',
  requestId,
  predictionId: `p-${requestId}`,
  unit: 42,
  user: {
    arm: 'baseline',
    version: 1,
    outcome: 'ok',
    latencyMs: 1.5,
    outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 1], data: Float32Array.of(0.5, 2) }],
  },
  copy: { arm: 'candidate', version: 2, outcome: 'timeout', latencyMs: 300, outputs: [] },
  compared: null,
  ...over,
});

const never = new AbortController().signal;
const pairs = (...ids: readonly string[]): readonly Pair[] => ids.map((id) => pairSample(id));

/** What every sink for pairs must do; `kept` gives their request ids. */
export function pairSinkContract(name: string, make: SinkMaker<Pair>['make']): void {
  sinkContract(`${name}, pairs`, { make, sample: pairSample });
  describe(`pair sink: ${name}`, () => {
    test('every kind of element can be kept', async () => {
      const { sink, kept } = await make();
      const outputs = [
        { name: 'b', datatype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) },
        { name: 'i', datatype: 'INT64', shape: [], data: BigInt64Array.of(-(2n ** 62n)) },
        { name: 't', datatype: 'BYTES', shape: [1], data: ['line\nbreak "é"'] },
        { name: 'f', datatype: 'FP64', shape: [3], data: Float64Array.of(NaN, Infinity, 1) },
        { name: 'e', datatype: 'FP32', shape: [0, 4], data: new Float32Array() },
      ] as const;
      const answer = { arm: 'candidate', version: 2, outcome: 'ok', latencyMs: 1 } as const;
      await sink.append([pairSample('a', { copy: { ...answer, outputs } })], never);
      await sink.append(pairs('b'), never);
      expect(await kept()).toEqual(['a', 'b']);
      await sink.close();
    });
  });
}
