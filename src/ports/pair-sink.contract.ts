import { describe, expect, test } from 'vitest';
import { instant } from '../core/lib/units.ts';
import type { Pair, PairSink } from './pair-sink.ts';

/** A sink with a way to see what it has kept. */
export type SinkUnderTest = {
  readonly sink: PairSink;
  /** Request ids of the pairs kept so far, in order. */
  readonly kept: () => Promise<readonly string[]>;
};

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

/** What every sink for pairs must do. */
export function pairSinkContract(name: string, make: () => Promise<SinkUnderTest>): void {
  describe(`pair sink: ${name}`, () => {
    test('what is appended is kept, in order', async () => {
      const { sink, kept } = await make();
      await sink.append(pairs('a', 'b'), never);
      await sink.append([], never);
      await sink.append(pairs('c'), never);
      expect(await kept()).toEqual(['a', 'b', 'c']);
      await sink.close();
    });

    test('what is appended at once is kept in the order of asking', async () => {
      const { sink, kept } = await make();
      const ids = Array.from({ length: 20 }, (_, i) => String(i));
      await Promise.all(ids.map((id) => sink.append(pairs(id), never)));
      expect(await kept()).toEqual(ids);
      await sink.close();
    });

    test('closing loses nothing, may be done twice, and one may go on', async () => {
      const { sink, kept } = await make();
      await sink.append(pairs('a'), never);
      await sink.close();
      await sink.close();
      await sink.append(pairs('b'), never);
      await sink.close();
      expect(await kept()).toEqual(['a', 'b']);
    });

    test('an append that was given up rejects, and what follows is kept', async () => {
      const { sink, kept } = await make();
      const given = sink.append(pairs('a'), AbortSignal.abort(new Error('late')));
      await expect(given).rejects.toThrow('late');
      await sink.append(pairs('b'), never);
      expect(await kept()).toEqual(['b']);
      await sink.close();
    });

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
