import { describe, expect, test } from 'vitest';
import { run } from '../../test/cli/run.ts';

const ask = (...flags: readonly string[]) => run(['samplesize', ...flags, '--json']);

describe('samplesize', () => {
  // (z_0.975 + z_0.8)² · 2 = 15.698 an arm at one standard deviation; pooled formula for rates.
  test.for([
    { flags: ['--metric', 'mean', '--baseline', '10', '--mde', '1', '--sd', '1'], perArm: 16 },
    { flags: ['--baseline', '10%', '--mde', '10%'], perArm: 199 },
    { flags: ['--baseline', '0.1', '--mde', '100%', '--relative'], perArm: 199 },
    { flags: ['--baseline', '20%', '--mde', '-10%'], perArm: 199 },
  ])('$flags needs $perArm units an arm', async ({ flags, perArm }) => {
    const { exit, json } = await ask(...flags);
    expect(exit).toBe(0);
    expect(json()).toMatchObject({ perArm, arms: 2, total: 2 * perArm });
  });

  test('its power curve rises and has the asked power at the asked effect', async () => {
    const { json } = await ask('--baseline', '5%', '--mde', '1%', '--power', '90%');
    const { powerCurve } = json() as { powerCurve: { effect: number; power: number }[] };
    const powers = powerCurve.map(({ power }) => power);
    expect(powers).toEqual(powers.toSorted((a, b) => a - b));
    expect(powerCurve.find(({ effect }) => effect === 0.01)?.power).toBeCloseTo(0.9, 3);
  });

  test('more arms need more units each, and traffic tells the time', async () => {
    const flags = ['--baseline', '10%', '--mde', '10%', '--traffic', '60rpm'];
    const three = await ask(...flags, '--arms', '3');
    const answer = three.json() as { perArm: number; total: number; alpha: number };
    expect(answer.perArm).toBeGreaterThan(199);
    expect(answer).toMatchObject({ alpha: 0.025, seconds: answer.total });
  });

  test('tells people', async () => {
    const { stdout } = await run([
      'samplesize',
      '--baseline',
      '10%',
      '--mde',
      '10%',
      '--traffic',
      '1rps',
    ]);
    expect(stdout).toContain('units per arm  199');
    expect(stdout).toContain('6 min 38 s');
    expect(stdout).toMatch(/EFFECT +POWER/);
  });

  test.for([
    { flags: ['--baseline', '10%', '--mde', '0'], path: 'mde' },
    { flags: ['--baseline', '95%', '--mde', '10%'], path: 'mde' },
    { flags: ['--baseline', 'ten', '--mde', '1%'], path: 'baseline' },
    { flags: ['--metric', 'mean', '--baseline', '1', '--mde', '1'], path: 'sd' },
    { flags: ['--baseline', '10%', '--mde', '1%', '--alpha', '0'], path: 'alpha' },
    { flags: ['--baseline', '10%', '--mde', '1%', '--arms', '1'], path: 'arms' },
    { flags: ['--baseline', '10%', '--mde', '1%', '--traffic', 'fast'], path: 'traffic' },
  ])('refuses $flags', async ({ flags, path }) => {
    const { exit, stderr } = await ask(...flags);
    expect(exit).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'INPUT_INVALID', path });
  });
});
