import { expect, test } from 'vitest';
import { rollout, status } from '../../test/cli/samples.ts';
import { tell } from '../../test/cli/tell.ts';
import { Fault } from '../protocol/errors.ts';

const [one, other] = [
  rollout({ id: 'r-one', shareBps: 5_000, sliceBps: 3_000 }),
  rollout({ id: 'r-other', shareBps: 5_000, sliceBps: 2_000 }),
];
const replies = {
  'rollout.read': () => {
    throw new Fault('ROLLOUT_UNKNOWN', 'no such rollout');
  },
  'rollout.list': () => [one, other],
};

test('tests beside each other are listed with the part of the units that each has', async () => {
  const { stdout } = await tell(['rollout', 'list'], replies);
  expect(stdout).toContain('50% of 30%');
  expect(stdout).toContain('50% of 20%');
});

test('the status has a line for each', async () => {
  const said = status(3);
  const [line] = said.endpoints;
  expect.assert(line !== undefined);
  const endpoints = [
    { ...line, rollout: 'r-one', shareBps: 5_000, sliceBps: 3_000 },
    { ...line, rollout: 'r-other', shareBps: 4_000, sliceBps: 2_000 },
  ];
  const { stdout } = await tell(['status'], { 'status.read': () => ({ ...said, endpoints }) });
  expect(stdout.match(/\d+% of \d+%/g)).toEqual(['50% of 30%', '40% of 20%']);
});

test('an endpoint that has several means none of them', async () => {
  const { exit, stderr } = await tell(['rollout', 'pause', 'scores'], replies);
  expect(exit).toBe(2);
  expect(stderr).toContain('name one by its id: r-one, r-other');
});

test('one is shown with its slice', async () => {
  const { stdout } = await tell(['rollout', 'show', 'r-one'], { 'rollout.read': () => one });
  expect(stdout).toContain('50% of its slice, which has 30% of the units');
});
