import { expect, test } from 'vitest';
import { createMemoryLog } from '../../test/gateway/rig.ts';
import { createMemorySink } from '../../test/gateway/memory-sink.ts';
import { createVirtualClock } from '../../test/gateway/virtual-clock.ts';
import { pairSample, pairSinkContract } from '../ports/pair-sink.contract.ts';
import type { PairSink } from '../ports/pair-sink.ts';
import { PairLog } from './pair-log.ts';

function running(sink: PairSink | null) {
  const clock = createVirtualClock();
  const log = createMemoryLog();
  const pairs = new PairLog({ sink, clock, log });
  const stop = new AbortController();
  const done = pairs.run(stop.signal);
  return { clock, log, pairs, stop: () => (stop.abort(), done) };
}

pairSinkContract('memory', () => {
  const sink = createMemorySink();
  const kept = () => Promise.resolve(sink.pairs.map(({ requestId }) => requestId));
  return Promise.resolve({ sink, kept });
});

test('pairs reach the sink in order, and what is left at the end as well', async () => {
  const sink = createMemorySink();
  const { clock, pairs, stop } = running(sink);
  pairs.push(pairSample('a'));
  pairs.push(pairSample('b'));
  await clock.pass(1_000);
  expect(sink.pairs.map(({ requestId }) => requestId)).toEqual(['a', 'b']);
  pairs.push(pairSample('c'));
  await stop();
  expect(sink.pairs).toHaveLength(3);
  expect(pairs.kept).toBe(3);
});

test('a sink that is stuck costs no more than the queue', async () => {
  const stuck: PairSink = { append: () => new Promise(() => undefined), close: async () => {} };
  const { clock, pairs } = running(stuck);
  for (let i = 0; i < 10_000; i += 1) pairs.push(pairSample(String(i)));
  await clock.pass(60_000);
  expect(pairs).toMatchObject({ kept: 0, dropped: 8_000 });
});

test('large pairs fill the queue by their bytes', () => {
  const { pairs } = running(createMemorySink());
  const data = new Float64Array(131_072);
  const outputs = [{ name: 'y', datatype: 'FP64', shape: [131_072], data }] as const;
  const { copy } = pairSample('a');
  for (let i = 0; i < 20; i += 1) pairs.push(pairSample('a', { copy: { ...copy, outputs } }));
  expect(pairs.dropped).toBe(5);
});

test('a sink that fails is tried again later, and it is said', async () => {
  const kept = createMemorySink();
  let isBroken = true;
  const sink: PairSink = {
    append: (pairs, signal) =>
      isBroken ? Promise.reject(new Error('full')) : kept.append(pairs, signal),
    close: () => kept.close(),
  };
  const { clock, pairs, log } = running(sink);
  pairs.push(pairSample('a'));
  await clock.pass(1_000);
  expect(log.lines).toEqual(['pairs of answers could not be kept']);
  isBroken = false;
  await clock.pass(10_000);
  expect(kept.pairs).toHaveLength(1);
  expect(pairs.dropped).toBe(0);
});

test('without a sink nothing is held', async () => {
  const { clock, pairs } = running(null);
  pairs.push(pairSample('a'));
  await clock.pass(1_000);
  expect(pairs).toMatchObject({ kept: 0, dropped: 0 });
});
