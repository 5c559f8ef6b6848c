import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import drift from '../../../test/vectors/stats/drift.json' with { type: 'json' };
import kayenta from '../../../test/vectors/stats/kayenta.json' with { type: 'json' };
import oneSample from '../../../test/vectors/stats/one-sample.json' with { type: 'json' };
import planning from '../../../test/vectors/stats/planning.json' with { type: 'json' };
import proportion from '../../../test/vectors/stats/proportion.json' with { type: 'json' };
import rateRatio from '../../../test/vectors/stats/rate-ratio.json' with { type: 'json' };
import twoSample from '../../../test/vectors/stats/two-sample.json' with { type: 'json' };
import special from '../../../test/vectors/stats/special.json' with { type: 'json' };
import { describeProcedure, procedures } from './catalogue.ts';
import { examples } from '../../../test/stats-examples.ts';

const call = (name: string, input: object): Readonly<Record<string, unknown>> => {
  const procedure = procedures[name];
  if (procedure === undefined) throw new Error(`there is no ${name}`);
  // Through JSON and back, as from a pipe.
  return JSON.parse(JSON.stringify(procedure.run(JSON.parse(JSON.stringify(input)))));
};

type Gold = {
  readonly name: string;
  readonly input: object;
  readonly gives: Readonly<Record<string, unknown>>;
  /** Digits after the point that the source prints. */
  readonly digits: number;
};

/** Whether what is wanted is there, its numbers within half a unit of their last digit. */
function agrees(seen: unknown, wanted: unknown, digits: number): boolean {
  if (typeof wanted === 'number') {
    const gap = Math.abs(Number(seen) - wanted) / Math.max(1, Math.abs(wanted));
    return gap < 10 ** -digits / 2;
  }
  if (typeof wanted !== 'object' || wanted === null) return seen === wanted;
  const inside = seen as Readonly<Record<string, unknown>> | null;
  if (Array.isArray(wanted) && Object.keys(seen ?? {}).length !== wanted.length) return false;
  return Object.entries(wanted).every(([key, value]) => agrees(inside?.[key], value, digits));
}

const golds: readonly Gold[] = [
  {
    // P(A > B) for Beta(9, 3) and Beta(3, 9) in closed form: Miller, Formulas for Bayesian A/B
    // testing, 2015.
    name: 'best-arm',
    input: {
      arms: [
        { reward: 8, units: 10 },
        { reward: 2, units: 10 },
      ],
    },
    gives: { chance: [0.995_538_903_8, 0.004_461_096_2] },
    digits: 3,
  },
  ...twoSample.rows.flatMap(({ first, second, ...tests }) =>
    [
      { name: 'anderson-darling', found: tests.andersonDarling },
      { name: 'epps-singleton', found: tests.eppsSingleton },
      { name: 'cramer-von-mises', found: tests.cramerVonMises },
    ].flatMap(({ name, found }) => {
      if (found === null) return [];
      const [statistic, pValue] = found;
      const input = { candidate: first, baseline: second };
      return [{ name, input, gives: { statistic, pValue }, digits: 8 }];
    }),
  ),
  ...rateRatio.cumulative.map(({ ratio0, repeat, bucket, logE }) => ({
    name: 'rate-ratio',
    input: { buckets: Array.from({ length: repeat }, () => bucket), r0: ratio0, horizon: 360 },
    gives: { logECumulative: logE },
    digits: 9,
  })),
  ...rateRatio.changePoint.map(({ horizonBuckets, buckets, ...gives }) => ({
    name: 'rate-ratio',
    input: { buckets, horizon: horizonBuckets },
    gives: {
      logE: gives.logE,
      logECumulative: gives.logECumulative,
      logEChangePoint: gives.logEChangePoint,
    },
    digits: 9,
  })),
  ...rateRatio.promotion.map(({ margin, ratios, weights, buckets, logE }) => ({
    name: 'promotion',
    input: { buckets, r0: 1, horizon: 10, margin, grid: ratios, weights },
    gives: { logE },
    digits: 8,
  })),
  ...oneSample.harm.logE.map(({ loss, units, logE }) => ({
    name: 'one-sample',
    input: {
      counts: [[loss, units]],
      rate0: oneSample.harm.rate0,
      alternatives: oneSample.harm.alternatives,
    },
    gives: { logECumulative: logE },
    digits: 9,
  })),
  ...(['harm', 'safety'] as const).flatMap((direction) =>
    oneSample[direction].boundary.map(({ units, loss }) => ({
      name: 'one-sample-boundary',
      input: {
        units,
        alpha: oneSample[direction].alpha,
        direction,
        rate0: oneSample[direction].rate0,
        alternatives: oneSample[direction].alternatives,
      },
      gives: { loss },
      digits: 9,
    })),
  ),
  ...proportion.level95.flatMap(({ hits, trials, wilson, exact }) =>
    [
      { name: 'wilson', bounds: wilson },
      { name: 'clopper-pearson', bounds: exact },
    ].map(({ name, bounds: [lower, upper] }) => ({
      name,
      input: { hits, trials },
      gives: { lower, upper },
      digits: 7,
    })),
  ),
  ...proportion.miettinenNurminen.map(({ comparison, first, second, interval, digits }) => ({
    name: 'miettinen-nurminen',
    input: {
      comparison,
      candidate: { hits: first[0], trials: first[1] },
      baseline: { hits: second[0], trials: second[1] },
    },
    gives: { lower: interval[0], upper: interval[1] },
    digits: Math.min(digits, 4) - 0.5,
  })),
  ...proportion.missesAllowed.trials.map((trials, at) => ({
    name: 'misses-allowed',
    input: { trials, goal: proportion.missesAllowed.goal, alpha: 0.05 },
    gives: { misses: proportion.missesAllowed.at95[at] },
    digits: 9,
  })),
  ...planning.hardTrigger.rows.flatMap(({ alpha, losses }) =>
    planning.hardTrigger.expected.map((expectedLoss, at) => ({
      name: 'losses-to-prove-spike',
      input: { expectedLoss, alpha },
      gives: { losses: losses[at] },
      digits: 9,
    })),
  ),
  ...planning.kappa.map(({ ratio, kappa }) => ({
    name: 'losses-to-verdict',
    input: { ratio, share: 0, alpha: 0.01 },
    gives: { information: kappa },
    digits: 3,
  })),
  ...driftGolds(),
  ...kayenta.intervals.map(({ experiment, control, level, low, high }) => ({
    name: 'shift-interval',
    input: { candidate: experiment, baseline: control, level },
    gives: { lower: low, upper: high },
    digits: 5,
  })),
  ...kayenta.classify.map((row) => ({
    name: 'kayenta-classify',
    input: {
      experiment: row.experiment,
      control: row.control,
      tolerance: row.tolerance,
      level: row.level,
      direction: row.direction,
      measure: row.measure,
      allowed: { decrease: row.allowed[0], increase: row.allowed[1] },
      critical: { decrease: row.critical[0], increase: row.critical[1] },
      isCritical: row.isCritical,
      missing: row.missing,
    },
    gives: { label: row.label },
    digits: 9,
  })),
  ...specialGolds(),
];

function driftGolds(): readonly Gold[] {
  const { reference, current, x, y } = drift;
  const cells = { current, reference };
  const arms = { candidate: x, baseline: y };
  const gold = (name: string, input: object, gives: Gold['gives']): Gold => ({
    name,
    input,
    gives,
    digits: 4,
  });
  return [
    gold('psi', { ...cells, pseudoCount: 0 }, { psi: drift.psi }),
    gold('goodness-of-fit', cells, drift.goodnessOfFit),
    gold('hellinger', cells, { distance: drift.hellinger }),
    gold('jensen-shannon', cells, { distance: drift.jensenShannonNats }),
    gold('total-variation', cells, { distance: drift.totalVariation }),
    gold('chi-square', cells, drift.chiSquareTwoSample),
    gold(
      'g-test',
      { current: drift.gTest.second, reference: drift.gTest.first },
      { pValue: drift.gTest.pValue },
    ),
    gold('ks', arms, drift.kolmogorovSmirnov),
    gold('sample-distances', arms, {
      wasserstein: drift.wasserstein,
      cramerVonMises: drift.cramerVonMises,
    }),
    gold('mann-whitney', arms, drift.mannWhitney),
    ...drift.stabilityCritical.rows.map(({ reference: m, current: n, at99 }) => ({
      ...gold('psi-critical', { current: n, reference: m, cells: 10 }, { critical: at99 }),
      digits: 3,
    })),
  ];
}

/** The first rows of each table; the core's own tests go through all ten thousand. */
function specialGolds(): readonly Gold[] {
  const { tables } = special;
  const rows = (table: readonly (readonly number[])[], as: (row: readonly number[]) => Gold) =>
    table.slice(0, 20).map(as);
  const one = (name: string, input: object, gives: Gold['gives']): Gold => ({
    name,
    input,
    gives,
    digits: 11,
  });
  return [
    ...rows(tables.lnGamma, ([x, value]) => one('ln-gamma', { x }, { value })),
    ...rows(tables.lnBeta, ([a, b, value]) => one('ln-beta', { a, b }, { value })),
    ...rows(tables.gammaLower, ([a, x, lower]) => one('gamma', { a, x }, { lower })),
    ...rows(tables.betaUpper, ([a, b, x, upper]) => one('beta', { a, b, x }, { upper })),
    ...rows(tables.normalCdf, ([z, lower]) => one('normal', { z }, { lower })),
    ...rows(tables.normalQuantile, ([p, value]) => one('normal-quantile', { p }, { value })),
    ...rows(tables.studentSf, ([t, df, upper]) => one('student', { t, df }, { upper })),
    ...rows(tables.chiSquareSf, ([x, df, upper]) => one('chi-square-tails', { x, df }, { upper })),
  ];
}

describe('gold rows through JSON', () => {
  test.for(golds.map((gold, row) => ({ ...gold, row })))(
    '$row $name',
    ({ name, input, gives, digits }) => {
      const answer = call(name, input);
      expect(answer).toSatisfy((seen) => agrees(seen, gives, digits));
    },
  );
});

describe('every procedure', () => {
  const shown = new Set([...golds.map(({ name }) => name), ...Object.keys(examples)]);

  test.for(Object.keys(procedures))('%s is shown by a gold row or an example', (name) => {
    expect(shown).toContain(name);
  });

  test.for(Object.entries(examples))('%s answers its example as written', ([name, example]) => {
    const answer = call(name, example.input);
    expect(answer).toSatisfy((seen) => agrees(seen, example.gives, example.digits ?? 6));
  });

  test.for(Object.entries(procedures))(
    '%s refuses what is no object, and unknown keys',
    ([, one]) => {
      for (const given of [null, 3, [], { surely_no_such_key: 1 }]) {
        expect(() => one.run(given)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
      }
    },
  );

  test.for(Object.entries(procedures))('%s has a schema and names a source', ([name, one]) => {
    const { input, source } = describeProcedure(name, one);
    expect(input).toMatchObject({ type: 'object', additionalProperties: false });
    expect(readFileSync(join(root, source), 'utf8')).not.toBe('');
  });
});

const root = join(import.meta.dirname, '../../..');
const folder = join(root, 'src/core/stats');

/** What a file imports from the statistics, by file. */
const importsIn = (text: string): readonly string[] =>
  [...text.matchAll(/from '(?:\.|[./]+\/core|[./]+)\/(?:stats\/)?([\w-]+\.ts)'/g)].map(
    ([, file = '']) => file,
  );

test('every file of the statistics is reached by what can be called from outside', () => {
  const files = readdirSync(folder).filter((file) => /(?<!\.test)\.ts$/.test(file));
  const here = readdirSync(import.meta.dirname).filter((file) => /(?<!\.test)\.ts$/.test(file));
  const queue = here.flatMap((file) =>
    importsIn(readFileSync(join(import.meta.dirname, file), 'utf8')),
  );
  const reached = new Set<string>();
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file) || !files.includes(file)) continue;
    reached.add(file);
    queue.push(...importsIn(readFileSync(join(folder, file), 'utf8')));
  }
  expect(files.length).toBeGreaterThan(40);
  expect(files.filter((file) => !reached.has(file))).toEqual([]);
});

test('an infinity is written as text', () => {
  const answer = call('srm', { units: [10, 3], shares: [1, 0] });
  expect(answer).toMatchObject({ logE: 'Infinity', leakedUnits: 3, pValue: 0 });
});
