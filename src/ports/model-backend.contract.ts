import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CatalogVersion } from '../core/routing/table.ts';
import type { Tensor } from '../protocol/inference/tensor.ts';
import type { InferCall, InferResult, ModelBackend } from './model-backend.ts';

/** A backend to prove the contract on, with models it can and cannot load. */
export type ModelBackendFixture = {
  readonly backend: ModelBackend;
  /** Two versions with the same signature and at least two outputs. */
  readonly good: readonly [CatalogVersion, CatalogVersion];
  /** One that cannot be loaded, and the code of the fault that says so. */
  readonly bad: { readonly version: CatalogVersion; readonly code: string };
  /** Inputs that differ with `n`. */
  inputs(n: number): readonly Tensor[];
  /** What the first good version answers to `inputs(n)`, every output, in order. */
  outputs(n: number): readonly Tensor[];
  close(): Promise<void>;
};

const never = new AbortController().signal;

/** What every backend must do. */
export function modelBackendContract(name: string, make: () => Promise<ModelBackendFixture>): void {
  describe(`${name} keeps the contract of ModelBackend`, () => {
    let fixture: ModelBackendFixture;
    beforeEach(async () => {
      fixture = await make();
    });
    afterEach(async () => {
      await fixture.close();
    });
    const ask = (n: number, more: Partial<InferCall> = {}): InferCall => {
      const [{ digest }] = fixture.good;
      return { digest, inputs: fixture.inputs(n), outputs: null, deadlineMs: 60_000, ...more };
    };
    const infer = (call: InferCall, signal = never): Promise<InferResult> =>
      fixture.backend.infer(call, signal);
    const loadFirst = (): Promise<void> => fixture.backend.load(fixture.good[0], never);

    test('does not answer for what was not loaded, and says so', async () => {
      expect(await infer(ask(1))).toMatchObject({ type: 'crash' });
      expect(fixture.backend.health()).toEqual([]);
    });

    test('answers once loaded, with all outputs in the order of the signature', async () => {
      await loadFirst();
      expect(await infer(ask(1))).toEqual({ type: 'ok', outputs: fixture.outputs(1) });
    });

    test('answers with the outputs that were asked for, in that order', async () => {
      await loadFirst();
      const [first, second] = fixture.outputs(2);
      const names = [second?.name ?? '', first?.name ?? ''];
      expect(await infer(ask(2, { outputs: names }))).toEqual({
        type: 'ok',
        outputs: [second, first],
      });
      const one = await infer(ask(2, { outputs: names.slice(0, 1) }));
      expect(one).toEqual({ type: 'ok', outputs: [second] });
    });

    test('answers copies as it answers users, and gives up those nobody wants now', async () => {
      await loadFirst();
      const outputs = fixture.outputs(1);
      const copies = Array.from({ length: 5 }, () => infer(ask(1, { yields: true })));
      expect(await infer(ask(1))).toEqual({ type: 'ok', outputs });
      for (const copy of copies) expect(await copy).toMatchObject({ type: 'ok', outputs });
      const gone = infer(ask(1, { yields: true }), AbortSignal.abort());
      expect(await gone).toEqual({ type: 'cancelled' });
    });

    test('says what it does not know: inputs and outputs', async () => {
      await loadFirst();
      expect(await infer(ask(1, { outputs: ['nothing'] }))).toMatchObject({ type: 'model_error' });
      expect(await infer(ask(1, { inputs: [] }))).toMatchObject({ type: 'model_error' });
      expect(await infer(ask(1))).toMatchObject({ type: 'ok' });
    });

    test('loads once, however often and concurrently it is asked', async () => {
      await Promise.all([loadFirst(), loadFirst(), loadFirst()]);
      await loadFirst();
      expect(fixture.backend.health()).toHaveLength(1);
      expect(fixture.backend.health()).toMatchObject([{ state: 'ready', restarts: 0 }]);
    });

    test('holds two versions at once, and each answers', async () => {
      const [a, b] = fixture.good;
      await Promise.all([fixture.backend.load(a, never), fixture.backend.load(b, never)]);
      expect(await infer(ask(3))).toEqual({ type: 'ok', outputs: fixture.outputs(3) });
      expect(await infer(ask(3, { digest: b.digest }))).toMatchObject({ type: 'ok' });
      const digests = fixture.backend.health().map(({ digest }) => digest);
      expect(digests.toSorted()).toEqual([a.digest, b.digest].toSorted());
    });

    test('rejects what cannot be loaded with a code, and goes on with the others', async () => {
      await loadFirst();
      const { version, code } = fixture.bad;
      await expect(fixture.backend.load(version, never)).rejects.toMatchObject({ code });
      await expect(fixture.backend.load(version, never)).rejects.toMatchObject({ code });
      expect(await infer(ask(1, { digest: version.digest }))).toMatchObject({ type: 'crash' });
      expect(await infer(ask(4))).toEqual({ type: 'ok', outputs: fixture.outputs(4) });
    });

    test('gives up loading when it is cancelled, and can load afterwards', async () => {
      const gone = AbortSignal.abort();
      await expect(fixture.backend.load(fixture.good[0], gone)).rejects.toMatchObject({
        code: 'LOAD_CANCELLED',
      });
      await loadFirst();
      expect(await infer(ask(1))).toMatchObject({ type: 'ok' });
    });

    test('one waiter that leaves does not spoil the load for another', async () => {
      const leaver = new AbortController();
      const left = fixture.backend.load(fixture.good[0], leaver.signal);
      const stayed = loadFirst();
      leaver.abort();
      await expect(left).rejects.toMatchObject({ code: 'LOAD_CANCELLED' });
      await stayed;
      expect(await infer(ask(1))).toMatchObject({ type: 'ok' });
    });

    test('answers every one of many concurrent requests with its own outputs', async () => {
      await loadFirst();
      const numbers = Array.from({ length: 200 }, (_, n) => n);
      const results = await Promise.all(numbers.map((n) => infer(ask(n))));
      expect(results).toEqual(numbers.map((n) => ({ type: 'ok', outputs: fixture.outputs(n) })));
      expect(fixture.backend.health()).toMatchObject([{ answers: numbers.length }]);
    });

    test('a request without time or without anyone waiting is not answered', async () => {
      await loadFirst();
      expect(await infer(ask(1, { deadlineMs: 0 }))).toEqual({ type: 'timeout' });
      expect(await infer(ask(1), AbortSignal.abort())).toEqual({ type: 'cancelled' });
      const leaver = new AbortController();
      const left = infer(ask(1), leaver.signal);
      leaver.abort();
      expect(await left).toEqual({ type: 'cancelled' });
      expect(await infer(ask(5))).toEqual({ type: 'ok', outputs: fixture.outputs(5) });
    });

    test('unloads after what is in flight, and again without harm', async () => {
      await loadFirst();
      const flight = Array.from({ length: 20 }, (_, n) => infer(ask(n)));
      const [{ digest }] = fixture.good;
      await Promise.all([fixture.backend.unload(digest), fixture.backend.unload(digest)]);
      for (const [n, result] of (await Promise.all(flight)).entries()) {
        expect(result).toEqual({ type: 'ok', outputs: fixture.outputs(n) });
      }
      await fixture.backend.unload(digest);
      expect(fixture.backend.health()).toEqual([]);
      expect(await infer(ask(1))).toMatchObject({ type: 'crash' });
    });

    test('can load again what was unloaded', async () => {
      await loadFirst();
      const unloading = fixture.backend.unload(fixture.good[0].digest);
      await loadFirst();
      await unloading;
      expect(await infer(ask(6))).toEqual({ type: 'ok', outputs: fixture.outputs(6) });
      expect(fixture.backend.health()).toMatchObject([{ state: 'ready' }]);
    });
  });
}
