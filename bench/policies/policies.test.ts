import { describe, expect, test } from 'vitest';
import { meanOf } from '../estimate.ts';
import { DELAY_ALPHA, delayOf } from './policies.ts';
import { asItComes, byMargins } from './product.ts';
import { REFERENCE, REFERENCE_DELAYS } from './reference.ts';
import { RULES, ourProcess, referenceProcess } from './rules.ts';
import { SETTINGS, ramp, steady } from './settings.ts';
import { argoLike, flaggerLike } from './thresholds.ts';
import { stopped, watched } from './watching.ts';
import { tried } from './whole.ts';

const RUNS = 60;
/** The product is asked for whole rollouts, bucket by bucket. */
const FEW = 12;

describe('whole policies', () => {
  const good = { rate: 0.015, ratio: 1 } as const;
  const bad = { rate: 0.002, ratio: 2 } as const;

  test.for([flaggerLike, argoLike])('$name: rolls back what is as good as its baseline', (one) => {
    expect(tried(one, good, RUNS).rolledBack.value).toBeGreaterThan(0.95);
  });

  test.for([flaggerLike, argoLike])('$name: promotes twice the errors', (one) => {
    expect(tried(one, bad, RUNS).promoted.value).toBeGreaterThan(0.9);
  });

  test.for([byMargins, asItComes])('$name: promotes the one, and not the other', (one) => {
    expect(tried(one, good, FEW).promoted.value).toBe(1);
    expect(tried(one, bad, FEW).promoted.value).toBe(0);
  });

  test('twenty times the errors harm a few, not hundreds', () => {
    const disaster = { rate: 0.015, ratio: 20 };
    const ours = tried(asItComes, disaster, FEW);
    expect(ours.rolledBack.value).toBe(1);
    expect(ours.harmed.upper).toBeLessThan(tried(argoLike, disaster, RUNS).harmed.lower);
    expect(ours.harmed.upper).toBeLessThan(tried(flaggerLike, disaster, RUNS).harmed.lower / 10);
  });
});

const outOf = (name: string, course: Parameters<typeof watched>[1]): number => {
  const rule = RULES.find((one) => one.name === name);
  if (rule === undefined) throw new Error(`there is no rule ${name}`);
  return stopped(watched(rule, course, RUNS)).length / RUNS;
};

describe('looked at every minute', () => {
  const ours = 'e-process 1 %, as in the product';
  const pooled = RULES.map(({ name }) => name).filter((name) => !name.startsWith('e-process'));

  test.for(SETTINGS)('$name: a healthy candidate stays', (setting) => {
    expect(outOf(ours, [steady(setting, 1)])).toBeLessThan(0.05);
    expect(outOf('z-test 5 %, looked at every minute', [steady(setting, 1)])).toBeGreaterThan(0.15);
  });

  test.for(pooled)('an incident in both arms during a ramp: %s takes a healthy one out', (name) => {
    expect(outOf(name, ramp(1, 3))).toBeGreaterThan(0.95);
    expect(outOf(ours, ramp(1, 3))).toBeLessThan(0.05);
  });

  test('an incident hides no doubling', () => {
    expect(outOf(ours, ramp(2, 0))).toBeGreaterThan(0.95);
  });

  test.for(SETTINGS.entries().toArray())(
    '%s: errors until a doubling is found, as in the reference but for two minutes’ worth',
    ([index, setting]) => {
      const name = 'e-process 5 %, cumulative half';
      const rule = { name, begin: referenceProcess(0.05) };
      const seen = watched(rule, [steady(setting, 2)], 500);
      const { value } = meanOf(seen.map(({ losses }) => losses));
      const perMinute = 2 * setting.rate * setting.arms[0];
      const expected = REFERENCE[name]?.[index]?.errorsDoubled ?? Number.NaN;
      expect(Math.abs(value - expected) / perMinute).toBeLessThan(2);
    },
  );

  test.for(REFERENCE_DELAYS)(
    'x$ratio after $healthyMinutes healthy minutes is found in $combined minutes, give or take one',
    ({ healthyMinutes, ratio, combined }) => {
      const { value } = delayOf(ourProcess(DELAY_ALPHA), healthyMinutes, ratio)(1_000);
      expect(Math.abs(value - combined)).toBeLessThanOrEqual(1);
    },
  );
});
