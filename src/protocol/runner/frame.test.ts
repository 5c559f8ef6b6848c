import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DATATYPES } from '../../core/catalog/signature.ts';
import type { Tensor } from '../inference/tensor.ts';
import { FRAME_KIND, FrameError, FrameWriter, textOf, writeText } from './frame.ts';
import type { Frame } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { constantFill } from './synthetic.ts';
import { elementBytes, readTensors, typedView, writeTensor } from './tensor-block.ts';

const BYTES_MAX = 1 << 20;

const tensor: fc.Arbitrary<Tensor> = fc
  .record({
    datatype: fc.constantFrom(...DATATYPES),
    shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
    bytes: fc.uint8Array({ minLength: 216, maxLength: 216 }),
    texts: fc.array(fc.string({ unit: 'grapheme' }), { minLength: 27, maxLength: 27 }),
  })
  .map(({ datatype, shape, bytes, texts }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const name = datatype;
    if (datatype === 'BYTES') return { name, datatype, shape, data: texts.slice(0, count) };
    const { buffer } = bytes.slice(0, count * elementBytes(datatype));
    return { name, datatype, shape, data: typedView(datatype, { buffer, at: 0 }, count) };
  });

const specs = DATATYPES.map((datatype) => ({ name: datatype, datatype, shape: [] }));

/** What comes out when `bytes` arrive in chunks of these sizes, again and again. */
function received(bytes: Uint8Array, sizes: readonly number[]): readonly (readonly Tensor[])[] {
  const reader = new FrameReader(BYTES_MAX);
  const seen: (readonly Tensor[])[] = [];
  const onFrame = (frame: Frame): void => {
    seen.push(readTensors(frame, specs).tensors.map(copied));
  };
  let at = 0;
  for (let i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    // As a socket does it: memory of its own, at any place in it.
    const chunk = new Uint8Array(size + 3).subarray(i % 4);
    const part = bytes.subarray(at, at + size);
    chunk.set(part);
    reader.push(chunk.subarray(0, part.length), onFrame);
    at += size;
  }
  return seen;
}

const copied = (one: Tensor): Tensor => ({ ...one, data: one.data.slice() });

test('tensors arrive as they were sent, however the stream is cut', () => {
  const frames = fc.array(fc.array(tensor, { maxLength: 4 }), { minLength: 1, maxLength: 6 });
  const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(frames, sizes, (all, cuts) => {
      const writer = new FrameWriter();
      for (const [id, tensors] of all.entries()) {
        writer.open(FRAME_KIND.infer, id, tensors.length);
        for (const one of tensors) writeTensor(writer, DATATYPES.indexOf(one.datatype), one);
        writer.close();
      }
      expect(received(writer.frames, cuts)).toEqual(all);
    }),
    { numRuns: 200 },
  );
});

test('a frame larger than the writer began with is whole, and what was written before too', () => {
  const writer = new FrameWriter();
  writeText(writer, { kind: FRAME_KIND.modelError, id: 7 }, 'first');
  const data = constantFill('ones')('FP64', 40_000);
  writer.open(FRAME_KIND.answer, 8, 1);
  writeTensor(writer, 0, { name: 'y', datatype: 'FP64', shape: [200, 200], data });
  writer.close();
  const texts: string[] = [];
  const seen: unknown[] = [];
  new FrameReader(BYTES_MAX).push(writer.frames, (frame) => {
    if (frame.kind === FRAME_KIND.modelError) texts.push(textOf(frame));
    else
      seen.push(readTensors(frame, [{ name: 'y', datatype: 'FP64', shape: [] }]).tensors[0]?.data);
  });
  expect(texts).toEqual(['first']);
  expect(seen).toEqual([data]);
});

test('memory handed out is left alone after a fresh start', () => {
  const writer = new FrameWriter();
  writeText(writer, { kind: FRAME_KIND.load, id: 0 }, 'kept');
  const { frames } = writer;
  const before = frames.slice();
  writer.reset(true);
  writeText(writer, { kind: FRAME_KIND.load, id: 0 }, 'over');
  expect(frames).toEqual(before);
});

test('an abandoned frame leaves nothing behind', () => {
  const writer = new FrameWriter();
  writeText(writer, { kind: FRAME_KIND.load, id: 1 }, 'one');
  const { used } = writer;
  writer.open(FRAME_KIND.infer, 2, 1);
  writer.text('half of it');
  writer.abandon();
  expect(writer.used).toBe(used);
});

test('whatever arrives, it is read or refused', () => {
  const writer = new FrameWriter();
  writer.open(FRAME_KIND.infer, 1, 2);
  for (const [i, datatype] of (['FP32', 'BYTES'] as const).entries()) {
    const data = constantFill('ones')(datatype, 6);
    writeTensor(writer, DATATYPES.indexOf(datatype), {
      name: `${i}`,
      datatype,
      shape: [2, 3],
      data,
    });
  }
  writer.close();
  const good = writer.frames.slice();
  const edits = fc.array(
    fc.record({
      at: fc.nat(good.length - 1),
      value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255)),
    }),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(edits, (all) => {
      const bytes = good.slice();
      for (const { at, value } of all) bytes[at] = value;
      expect(refusal(() => received(bytes, [bytes.length]))).toBeOneOf([null, 'FrameError']);
    }),
    { numRuns: 3_000 },
  );
});

/** Name of what `work` throws; null: nothing. */
function refusal(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.name : String(thrown);
  }
}

describe('what does not fit is refused before it is sent', () => {
  const data = Float32Array.of(1, 2);
  test.for<{ readonly what: string; readonly tensor: Tensor }>([
    { what: 'too few elements', tensor: { name: 'x', datatype: 'FP32', shape: [3], data } },
    { what: 'other elements', tensor: { name: 'x', datatype: 'FP64', shape: [2], data } },
    { what: 'texts as reals', tensor: { name: 'x', datatype: 'FP32', shape: [1], data: ['1'] } },
    { what: 'reals as texts', tensor: { name: 'x', datatype: 'BYTES', shape: [2], data } },
    {
      what: 'rank 33',
      tensor: { name: 'x', datatype: 'FP32', shape: [2, ...Array(32).fill(1)], data },
    },
  ])('$what', ({ tensor: one }) => {
    const writer = new FrameWriter();
    writer.open(FRAME_KIND.infer, 1, 1);
    expect(() => writeTensor(writer, 0, one)).toThrow(FrameError);
  });
});
