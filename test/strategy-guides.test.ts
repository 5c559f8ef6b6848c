import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import type { Check } from '../src/core/analysis/check.ts';
import { ALLOWED } from '../src/core/rollout/obey.ts';
import { specProblems } from '../src/core/rollout/spec-problems.ts';
import type { RolloutSpec } from '../src/core/rollout/spec.ts';
import { CHECK_DEFAULTS, PRESETS } from '../src/core/strategy/presets.ts';
import type { StrategyKind } from '../src/core/strategy/spec.ts';
import type { Schema } from '../src/protocol/admin/json-schema.ts';
import { strategyForm } from '../src/protocol/admin/rollout-schema.ts';
import { rolloutSpecSchema } from '../src/protocol/admin/rollout-spec.ts';
import { declarations } from '../src/protocol/admin/strategy/strategy.ts';
import { rowsUnder, rowsWithHead } from './docs/page.ts';

// The tables of the guides to strategies say what the code does: which keys there are, what they
// are when nobody says them, and from where to where they may go.

const guide = (kind: string): string =>
  readFileSync(join(import.meta.dirname, `../docs/guides/${kind}.md`), 'utf8');

type Keys = Readonly<Record<string, unknown>>;
type Subject = {
  readonly kind: StrategyKind;
  /** The first word of the table's head. */
  readonly head: string;
  /** Where the shape says them. */
  readonly shape: (form: Schema) => Schema | undefined;
  /** A sound declaration with these keys. */
  readonly strategy: (own: Keys) => Keys;
};

const itself = (kind: StrategyKind): Subject => ({
  kind,
  head: 'key',
  shape: (form) => form,
  strategy: (own) => ({ kind, ...own }),
});
const listed = (form: Schema, key: string): Schema | undefined => {
  const { items } = form.properties?.[key] ?? {};
  return items?.anyOf?.find(({ properties }) => properties !== undefined) ?? items;
};
const everybody = { name: 'everybody' };
const primary = { name: 'conversion', expected: '10%', mde: '1%' };

const subjects: readonly Subject[] = [
  itself('canary'),
  {
    kind: 'canary',
    head: 'key of a stage',
    shape: (form) => listed(form, 'stages'),
    strategy: (own) => ({ kind: 'canary', stages: ['1%', { share: '5%', ...own }] }),
  },
  itself('blue-green'),
  {
    kind: 'blue-green',
    head: 'key of `prove`',
    shape: (form) => form.properties?.['prove'],
    strategy: (own) => ({ kind: 'blue-green', prove: own }),
  },
  itself('shadow'),
  itself('gradual'),
  {
    ...itself('phased'),
    strategy: (own) => ({ kind: 'phased', phases: [everybody], ...own }),
  },
  {
    kind: 'phased',
    head: 'key of a phase',
    shape: (form) => listed(form, 'phases'),
    strategy: (own) => ({
      kind: 'phased',
      phases: [{ name: 'first', audience: 'a == 1', ...own }, everybody],
    }),
  },
  {
    ...itself('ab-test'),
    strategy: (own) => ({ kind: 'ab-test', primary, ...own }),
  },
  {
    kind: 'ab-test',
    head: 'key of `primary`',
    shape: (form) => form.properties?.['primary']?.anyOf?.[0],
    strategy: (own) => ({ kind: 'ab-test', primary: { ...primary, ...own } }),
  },
  {
    ...itself('champion-challenger'),
    strategy: (own) => ({ kind: 'champion-challenger', metric: { name: 'label' }, ...own }),
  },
  {
    ...itself('bandit'),
    strategy: (own) => ({ kind: 'bandit', reward: { name: 'label' }, ...own }),
  },
];

/** A default that can be declared as it is written. */
const SAID = /^`[^`]+`(?:$| \(|;)/;
/** Bounds that can be tried as they are written. */
const FROM_TO = /^(?:above )?`[^`]+`(?: to|, at most) `[^`]+`$/;

/** The words in code of a cell. */
const wordsIn = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

const valueOf = (word: string): unknown => parseYaml(word) as unknown;

function specOf(strategy: Keys): RolloutSpec | null {
  const declared = { endpoint: 'churn', candidate: 'churn@7', triggers: 'default', strategy };
  const read = rolloutSpecSchema.safeParse(declared);
  return read.success && specProblems(read.data.spec).length === 0 ? read.data.spec : null;
}

/** The next value that is no longer within, as it is written. */
function beyond(word: string, direction: 1 | -1): string {
  const [, number = '', unit = ''] = /^([\d.]+)(.*)$/.exec(word) ?? [];
  return `${Number(number) + direction}${unit}`;
}

describe.for(subjects)('$kind, $head', ({ kind, head, shape, strategy }) => {
  const rows = rowsUnder(guide(kind), head);
  const keys = rows.map(([key = '']) => wordsIn(key)[0] ?? '');

  test('has every key, and no other', () => {
    const known = Object.entries(shape(strategyForm(kind))?.properties ?? {});
    // The kind is what the page is about.
    const said = known.filter(([, field]) => field.const === undefined).map(([key]) => key);
    expect(keys.toSorted()).toEqual(said.toSorted());
  });

  const defaults = rows
    .map(([key = '', usual = '']) => ({ key: wordsIn(key)[0] ?? '', usual }))
    .filter(({ usual }) => SAID.test(usual));
  test.for(defaults)('$key is $usual when nobody says it', ({ key, usual }) => {
    const [word = ''] = wordsIn(usual);
    const silent = specOf(strategy({}));
    expect(silent).not.toBeNull();
    expect(specOf(strategy({ [key]: valueOf(word) }))).toEqual(silent);
  });

  const bounded = rows
    .map(([key = '', , bounds = '']) => ({ key: wordsIn(key)[0] ?? '', bounds }))
    .filter(({ bounds }) => FROM_TO.test(bounds));
  test.for(bounded)('$key is $bounds', ({ key, bounds }) => {
    const [low = '', high = ''] = wordsIn(bounds);
    const takes = (word: string): boolean => specOf(strategy({ [key]: valueOf(word) })) !== null;
    const isExcluded = bounds.startsWith('above');
    expect({ low: takes(low), high: takes(high) }).toEqual({ low: !isExcluded, high: true });
    expect(takes(beyond(low, -1))).toBe(false);
    expect(takes(beyond(high, 1))).toBe(false);
  });
});

test('every kind has a guide whose keys are held', () => {
  expect(new Set(subjects.map(({ kind }) => kind))).toEqual(new Set(Object.keys(declarations)));
});

test('every kind is in the guide to rollout.yaml', () => {
  const said = rowsUnder(guide('rollout-yaml'), 'kind').flatMap(([kind = '']) => wordsIn(kind));
  expect(new Set(said)).toEqual(new Set(Object.keys(declarations)));
});

test('the presets of the guide are the presets', () => {
  const said = rowsUnder(guide('canary'), 'preset').map(([name = '', stages = '']) => [
    wordsIn(name)[0],
    stages.split(', ').map((share) => Number.parseFloat(share)),
  ]);
  expect(Object.fromEntries(said)).toEqual(PRESETS);
});

test('the commands of the guide are those each phase takes', () => {
  const said = rowsUnder(guide('canary'), 'phase').map(([phase = '', commands = '']) => [
    wordsIn(phase)[0],
    wordsIn(commands),
  ]);
  const taking = Object.entries(ALLOWED).filter(([, commands]) => commands.length > 0);
  expect(Object.fromEntries(said)).toEqual(Object.fromEntries(taking));
});

describe('the defaults of the triggers in the guide are the defaults', () => {
  const [head = [], ...rows] = rowsWithHead(guide('rollout-yaml'), 'default of');
  const metrics = head.slice(1).map((cell) => wordsIn(cell)[0] ?? '');
  const percent = (rate: number | null): string => (rate === null ? 'none' : `${rate * 100}%`);
  test.for(Object.values(CHECK_DEFAULTS))('$metric', (check: Check) => {
    const column = metrics.indexOf(check.metric) + 1;
    const said = rows.map((cells) => [wordsIn(cells[0] ?? '')[0] ?? '', cells[column] ?? '']);
    const used = said.filter(([, value]) => value !== 'not used');
    const { onFail, ratio, tolerance, limit, stretch, minUnits } = check;
    const meant: Readonly<Record<string, string>> = {
      onFail,
      ratio: String(ratio),
      tolerance: percent(tolerance),
      limit: percent(limit),
      stretch: String(stretch),
      minUnits: String(minUnits),
    };
    expect(used).toEqual(used.map(([key = '']) => [key, meant[key]]));
    expect(said.map(([key]) => key)).toEqual(Object.keys(meant));
  });
});
