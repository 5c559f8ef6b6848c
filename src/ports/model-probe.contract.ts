import { describe, expect, test } from 'vitest';
import type { Tensor } from '../protocol/inference/tensor.ts';
import type { ModelProbe, ProbeRequest } from './model-probe.ts';

/** A probe to prove the contract on, with files to try it on. */
export type ModelProbeFixture = {
  readonly probe: ModelProbe;
  /** A harmless model with one golden case. */
  readonly good: ProbeRequest;
  /** What it answers to that. */
  readonly answer: readonly Tensor[];
  /** A file that loads but does not come back from some edge inputs; limits are short. */
  readonly hanging: ProbeRequest;
};

const never = new AbortController().signal;

/** What every probe must do. */
export function modelProbeContract(name: string, make: () => Promise<ModelProbeFixture>): void {
  describe(`${name} keeps the contract of ModelProbe`, () => {
    test('reports what a harmless model answers, golden cases first', async () => {
      const { probe, good, answer } = await make();
      const report = await probe.probe(good, never);
      expect(report.load).toMatchObject({ type: 'ok', loadMs: expect.any(Number) });
      const [golden, ...edges] = report.cases;
      expect(golden).toMatchObject({
        kind: 'golden',
        name: good.golden[0]?.name,
        result: { type: 'ok', outputs: answer },
      });
      expect(edges.length).toBeGreaterThan(0);
      expect(new Set(edges.map(({ kind }) => kind))).toEqual(new Set(['edge']));
      expect(report.peakBytes).toBeGreaterThan(0);
    });

    test('reports the same again', async () => {
      const { probe, good } = await make();
      const [a, b] = await Promise.all([probe.probe(good, never), probe.probe(good, never)]);
      const seen = ({ cases }: typeof a): unknown =>
        cases.map((one) => [one.name, one.result.type]);
      expect(seen(a)).toEqual(seen(b));
    });

    test('reports bytes that are not those named', async () => {
      const { probe, good } = await make();
      const digest = `sha256:${'0'.repeat(64)}`;
      const report = await probe.probe({ ...good, digest }, never);
      expect(report).toMatchObject({ load: { type: 'failed', why: 'digest' }, cases: [] });
    });

    test('reports a model that is not what it is declared to be', async () => {
      const { probe, good } = await make();
      const signature = { ...good.signature, outputs: [] };
      const report = await probe.probe({ ...good, signature }, never);
      expect(report).toMatchObject({ load: { type: 'failed', why: 'signature' } });
    });

    test('goes on behind a case that never ends', async () => {
      const { probe, hanging } = await make();
      const report = await probe.probe(hanging, never);
      const types = new Set(report.cases.map(({ result }) => result.type));
      expect(report.load.type).toBe('ok');
      expect(types).toContain('timeout');
      expect(types).toContain('ok');
    });

    test('does not begin what there is no time for', async () => {
      const { probe, good } = await make();
      const limits = { ...good.limits, totalMsMax: 1 };
      expect((await probe.probe({ ...good, limits }, never)).load).toMatchObject({
        type: 'failed',
        why: 'timeout',
      });
    });

    test('ends when nobody waits', async () => {
      const { probe, good } = await make();
      const report = await probe.probe(good, AbortSignal.abort());
      expect(report).toMatchObject({ load: { type: 'failed', why: 'cancelled' }, cases: [] });
    });
  });
}
