import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../../test/cli/run.ts';
import { feed, feedSegments } from '../../test/receipts/feed.ts';
import { Town } from '../../test/receipts/town.ts';
import { tokenOf } from '../../test/simulator/admin-desk.ts';

let town: Town;
let server = '';
beforeEach(async () => {
  town = await Town.open();
  server = await town.desk.server.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(() => town.desk.close());

const ask = (...argv: readonly string[]) =>
  run([...argv, '--server', server], { environment: { UNDERSTUDY_TOKEN: tokenOf('viewer') } });

const metric = { name: 'reward', kind: 'proportion', better: 'higher' } as const;

test.for<{
  readonly strategy: { readonly kind: string };
  readonly shows: readonly RegExp[];
  readonly wants: string;
}>([
  {
    strategy: {
      kind: 'ab-test',
      primary: { ...metric, expected: '20%', mde: '10%' },
      cycle: '10s',
    } as { readonly kind: string },
    shows: [
      /^ship {2}candidate is better in reward: \+(20|19\.9|20\.1) points/m,
      /100% of the sample, power reached \S+, it would find 0\.0\d+/,
      /ARM +METRIC +UNITS +VALUE +BASELINE +EFFECT +P +FINDING/,
      /candidate +reward +[\d,]+ +0\.\d+ +0\.\d+ +0\.\d+ \[0\.\d+, 0\.\d+\] +\S+ +better/,
    ],
    wants: 'What decides is reward: more is better',
  },
  {
    strategy: { kind: 'champion-challenger', metric, split: ['30%'] } as { readonly kind: string },
    shows: [
      /CHALLENGER +UNITS +VALUE +CHAMPION +ADVANTAGE +AT LEAST +BETTER/,
      /candidate +[\d,]+ +0\.\d+ +0\.\d+ +0\.\d+ +0\.\d+ +yes/,
    ],
    wants: '1 challenger gets 30 %, without end.',
  },
  {
    strategy: { kind: 'bandit', reward: metric, update: '10s' } as { readonly kind: string },
    shows: [
      /ARM +SHARE +UNITS +MEAN +BEST WITH +LOSS/,
      /candidate +\d+% +[\d,]+ +0\.\d+ +100(\.00)?% +\S+/,
      /missed so far \d+, equal shares \d+/,
    ],
    wants: 'The baseline and 1 candidate begin with equal shares',
  },
])('$strategy.kind: show and explain tell what came back and what it means', async (row) => {
  const { strategy, shows, wants } = row;
  const id = await town.start({ strategy });
  await town.passUntil(id, ['advancing']);
  await feed(town, 32, [20, 40]);
  const shown = await ask('rollout', 'show', 'risk');
  const explained = await ask('rollout', 'explain', 'risk');
  for (const expected of shows) {
    expect(shown.stdout).toMatch(expected);
    expect(explained.stdout).toMatch(expected);
  }
  expect(explained.stdout).toContain(wants);
});

test.for<{ readonly strategy: object; readonly shows: readonly RegExp[] }>([
  {
    strategy: {
      kind: 'ab-test',
      primary: { ...metric, expected: '20%', mde: '10%' },
      cycle: '10s',
    },
    shows: [
      /by segment, corrected for their number; this explains and decides nothing/,
      /ARM +SEGMENT +UNITS +VALUE +BASELINE +EFFECT +P +FINDING/,
      /candidate +eu +[\d,]+ +0\.4 +0\.2 +0\.\d+ \[0\.\d+, 0\.\d+\] +\S+ +better/,
      /candidate +other +[\d,]+ +0\.2 +0\.2 .* none/,
    ],
  },
  {
    strategy: { kind: 'bandit', reward: metric, algorithm: 'linear-thompson', update: '10s' },
    shows: [
      /above, as if everybody got one arm; here each segment by itself/,
      /SEGMENT +ARM +SHARE +UNITS +MEAN +BEST WITH +LOSS/,
      /eu +candidate +9\d(\.\d+)?% /,
    ],
  },
])('$strategy.kind: segments are a table of their own', async ({ strategy, shows }) => {
  const source = { kind: 'header', header: 'x-region' };
  const attributes = [{ name: 'region', type: 'text', source }];
  const params = { endpoint: 'risk' };
  await town.desk.ask('operator', 'endpoint.change', { params, body: { attributes } });
  const id = await town.start({ strategy, segments: { by: 'region', values: ['eu'] } });
  await town.passUntil(id, ['advancing']);
  await feedSegments(town, 25, { eu: [20, 40], other: [20, 20] });
  const { stdout } = await ask('rollout', 'show', 'risk');
  for (const expected of shows) expect(stdout).toMatch(expected);
});
