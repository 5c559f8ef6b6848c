import { expect, test } from 'vitest';
import { createVirtualClock } from '../../test/gateway/virtual-clock.ts';
import { refSample, reportSample, rolloutSample } from '../../test/samples.ts';
import type { Rollout } from '../core/rollout/rollout.ts';
import { OverlapBook } from './overlap-book.ts';

// S1: the cost of two environments is counted while both are there.

const MIB = 2 ** 20;
const [blue, green] = [refSample(1), refSample(2)];
const use = (digest: string, residentBytes: number) => {
  return { digest, residentBytes, cpuMs: 0, predictions: 0 };
};
const both = [use(blue.digest, 100 * MIB), use(green.digest, 50 * MIB)];
const nothing = { versionMs: 0, byteMs: 0 };
const proved = rolloutSample('risk', 'advancing');
const live: Rollout = { ...rolloutSample('risk', 'promoting') };

test.for<{
  readonly what: string;
  readonly rollout: Rollout;
  readonly runners: typeof both;
  readonly gateways?: readonly string[];
  readonly gapsMs?: readonly number[];
  readonly counted: { readonly versionMs: number; readonly byteMs: number };
}>([
  {
    what: 'green beside blue',
    rollout: proved,
    runners: both,
    counted: { versionMs: 3_000, byteMs: 3_000 * 50 * MIB },
  },
  {
    what: 'blue, once green has everything',
    rollout: live,
    runners: both,
    counted: { versionMs: 3_000, byteMs: 3_000 * 100 * MIB },
  },
  {
    what: 'both gateways',
    rollout: proved,
    runners: both,
    gateways: ['g1', 'g2'],
    counted: { versionMs: 6_000, byteMs: 6_000 * 50 * MIB },
  },
  {
    what: 'nothing while green is not loaded',
    rollout: proved,
    runners: both.slice(0, 1),
    counted: nothing,
  },
  {
    what: 'nothing once it has ended',
    rollout: rolloutSample('risk', 'promoted'),
    runners: both,
    counted: nothing,
  },
  {
    what: 'no time in which nobody was heard of',
    rollout: proved,
    runners: both,
    gapsMs: [1_000, 60_000],
    counted: { versionMs: 1_000, byteMs: 1_000 * 50 * MIB },
  },
])('$what is counted', async (row) => {
  const { rollout, runners, gateways = ['g1'], gapsMs = [1_000, 1_000, 1_000], counted } = row;
  const clock = createVirtualClock();
  const book = new OverlapBook(clock);
  const hear = (): void => {
    for (const gateway of gateways) book.hear(reportSample({ gateway, runners }), [rollout]);
  };
  hear();
  for (const gapMs of gapsMs) {
    await clock.pass(gapMs);
    hear();
  }
  const { versionMs, byteMs } = book.of(rollout) ?? nothing;
  expect({ versionMs, byteMs }).toEqual(counted);
});
