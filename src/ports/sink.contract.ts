import { describe, expect, test } from 'vitest';
import type { Sink } from './sink.ts';

/** A sink with a way to see what it has kept. */
export type SinkUnderTest<T> = {
  readonly sink: Sink<T>;
  /** The ids of the records kept so far, in order. */
  readonly kept: () => Promise<readonly string[]>;
};

/** How a suite makes sinks of one kind of record, and records under an id. */
export type SinkMaker<T> = {
  readonly make: () => Promise<SinkUnderTest<T>>;
  readonly sample: (id: string) => T;
};

const never = new AbortController().signal;

/** What every sink must do, whatever it keeps. */
export function sinkContract<T>(name: string, { make, sample }: SinkMaker<T>): void {
  const records = (...ids: readonly string[]): readonly T[] => ids.map((id) => sample(id));
  describe(`sink: ${name}`, () => {
    test('what is appended is kept, in order', async () => {
      const { sink, kept } = await make();
      await sink.append(records('a', 'b'), never);
      await sink.append([], never);
      await sink.append(records('c'), never);
      expect(await kept()).toEqual(['a', 'b', 'c']);
      await sink.close();
    });

    test('what is appended at once is kept in the order of asking', async () => {
      const { sink, kept } = await make();
      const ids = Array.from({ length: 20 }, (_, i) => String(i));
      await Promise.all(ids.map((id) => sink.append(records(id), never)));
      expect(await kept()).toEqual(ids);
      await sink.close();
    });

    test('closing loses nothing, may be done twice, and one may go on', async () => {
      const { sink, kept } = await make();
      await sink.append(records('a'), never);
      await sink.close();
      await sink.close();
      await sink.append(records('b'), never);
      await sink.close();
      expect(await kept()).toEqual(['a', 'b']);
    });

    test('an append that was given up rejects, and what follows is kept', async () => {
      const { sink, kept } = await make();
      const given = sink.append(records('a'), AbortSignal.abort(new Error('late')));
      await expect(given).rejects.toThrow('late');
      await sink.append(records('b'), never);
      expect(await kept()).toEqual(['b']);
      await sink.close();
    });
  });
}
