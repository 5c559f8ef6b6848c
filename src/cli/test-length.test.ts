import { expect, test } from 'vitest';
import { rollout } from '../../test/cli/samples.ts';
import { fileWith, tell } from '../../test/cli/tell.ts';
import type { TrafficBody } from '../protocol/admin/endpoint.ts';
import { Fault } from '../protocol/errors.ts';

const primary = '{ name: reward, kind: proportion, expected: 10%, mde: 1% }';
const head = 'endpoint: scores\ncandidate: churn@2\ntriggers: default\n';
const fileOf = (more = ''): string =>
  fileWith('rollout.yaml', `${head}strategy:\n  kind: ab-test\n  primary: ${primary}\n${more}`);

const traffic = (unitsPerSecond: number): TrafficBody => ({
  endpoint: 'scores',
  version: 1,
  coveredMs: 86_400_000,
  units: 86_400 * unitsPerSecond,
  unitsPerSecond,
  requests: 86_400,
  bucketMs: 10_000,
  unitsPerBucket: 10 * unitsPerSecond,
  dayShape: null,
  errorRate: 0,
  nullRate: 0,
  latencyMs: null,
});

test.for([
  { what: 'at the traffic of the last day', more: '', rate: 0.01, says: /about 35 d at the 0\.01/ },
  { what: 'in its slice', more: 'slice: 50%\n', rate: 0.01, says: /about 70 d at 50(\.00)?% of/ },
  {
    what: 'as declared',
    more: '  unitsPerDay: 20000\n',
    rate: 0.01,
    says: /: 7 d at 20,000 units/,
  },
  { what: 'when nothing is asked', more: '', rate: 0, says: /cannot be said/ },
])('before a test starts it is said how long it takes: $what', async ({ more, rate, says }) => {
  const { exit, stderr } = await tell(['rollout', 'start', '-f', fileOf(more)], {
    'endpoint.traffic': () => traffic(rate),
    'rollout.start': () => rollout(),
  });
  expect(exit).toBe(0);
  expect(stderr).toMatch(/The test needs [\d,]+ units/);
  expect(stderr).toMatch(says);
});

test('who may not know the traffic starts it all the same; others ask for nothing', async () => {
  const { exit, stderr } = await tell(['rollout', 'start', '-f', fileOf()], {
    'endpoint.traffic': () => {
      throw new Fault('FORBIDDEN', 'no');
    },
    'rollout.start': () => rollout(),
  });
  expect(exit).toBe(0);
  expect(stderr).toContain('cannot be said');
  const plain = await tell(['rollout', 'start', '-f', fileWith('rollout.yaml', head)], {
    'rollout.start': () => rollout(),
  });
  expect(plain.admin.asked).toHaveLength(1);
});
