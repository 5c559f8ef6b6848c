import type { CallAnswer } from '../protocol/admin/call.ts';
import type { Output } from './output.ts';
import { renderTable } from './table.ts';
import type { Cell } from './table.ts';
import { count, percent, share } from './wording.ts';

type Result = NonNullable<CallAnswer<'rollout.read'>['result']>;
type AbResult = Extract<Result, { readonly kind: 'ab-test' }>;
type ChampionResult = Extract<Result, { readonly kind: 'champion-challenger' }>;
type BanditResult = Extract<Result, { readonly kind: 'bandit' }>;

/** What came back and what it means, for a person. */
export function resultText(result: Result, out: Output): string {
  switch (result.kind) {
    case 'ab-test':
      return abText(result, out);
    case 'champion-challenger':
      return championText(result, out);
    case 'bandit':
      return banditText(result, out);
  }
}

const number = (value: number | null): string =>
  value === null ? '–' : String(Number(value.toPrecision(3)));

const range = (ends: readonly [number, number] | null): string =>
  ends === null ? '' : ` [${number(ends[0])}, ${number(ends[1])}]`;

function abText(result: AbResult, out: Output): string {
  const { recommendation, findings, segments, information, powerReached, effectFound } = result;
  const rows = findings.map((one): readonly Cell[] => [
    { text: one.arm, style: 'strong' },
    one.role === 'primary' ? one.metric : `(${one.metric})`,
    ...figuresOf(one),
  ]);
  const reached = [
    `${percent(information)} of the sample`,
    ...(powerReached === null ? [] : [`power reached ${percent(powerReached)}`]),
    ...(effectFound === null ? [] : [`it would find ${number(effectFound)}`]),
  ];
  return [
    `${out.paint('strong', recommendation.code)}  ${out.paint('plain', recommendation.sentence)}`,
    out.paint('dim', reached.join(', ')),
    ...(rows.length === 0 ? [] : [renderTable(AB_COLUMNS, rows, out.surface)]),
    ...segmentText(segments, out),
  ].join('\n');
}

type Finding = AbResult['findings'][number];

const figuresOf = (one: Finding): readonly Cell[] => [
  count(one.units),
  number(one.value),
  number(one.baseline),
  `${number(one.effect)}${range(one.interval)}`,
  number(one.adjusted ?? one.pValue),
  findingCell(one.finding),
];

function segmentText(segments: AbResult['segments'] = [], out: Output): readonly string[] {
  if (segments.length === 0) return [];
  const rows = segments.map((one): readonly Cell[] => [
    { text: one.arm, style: 'strong' },
    one.segment,
    ...figuresOf(one),
  ]);
  const columns = [{ title: 'ARM' }, { title: 'SEGMENT' }, ...FIGURES];
  const note = 'by segment, corrected for their number; this explains and decides nothing';
  return [out.paint('dim', note), renderTable(columns, rows, out.surface)];
}

const FIGURES = [
  { title: 'UNITS', right: true },
  { title: 'VALUE', right: true },
  { title: 'BASELINE', right: true },
  { title: 'EFFECT' },
  { title: 'P', right: true },
  { title: 'FINDING' },
] as const;

const AB_COLUMNS = [{ title: 'ARM' }, { title: 'METRIC' }, ...FIGURES] as const;

function findingCell(finding: Finding['finding']): Cell {
  const style = finding === 'better' ? 'good' : finding === 'worse' ? 'bad' : 'plain';
  return { text: finding, style };
}

function championText({ challenges, integrity }: ChampionResult, out: Output): string {
  const rows = challenges.map((one): readonly Cell[] => [
    { text: one.arm, style: 'strong' },
    count(one.units),
    number(one.value),
    number(one.champion),
    number(one.advantage),
    number(one.lower),
    { text: one.isBetter ? 'yes' : 'not shown', style: one.isBetter ? 'good' : 'plain' },
  ]);
  const columns = [
    { title: 'CHALLENGER' },
    { title: 'UNITS', right: true },
    { title: 'VALUE', right: true },
    { title: 'CHAMPION', right: true },
    { title: 'ADVANTAGE', right: true },
    { title: 'AT LEAST', right: true },
    { title: 'BETTER' },
  ] as const;
  const table = renderTable(columns, rows, out.surface);
  return integrity.isBroken ? `${out.paint('bad', integrity.sentence)}\n${table}` : table;
}

const BANDIT_FIGURES = [
  { title: 'SHARE', right: true },
  { title: 'UNITS', right: true },
  { title: 'MEAN', right: true },
  { title: 'BEST WITH', right: true },
  { title: 'LOSS', right: true },
] as const;

const banditFigures = (one: BanditResult['arms'][number]): readonly Cell[] => [
  share(one.share),
  count(one.units),
  number(one.mean),
  one.chance === null ? '–' : percent(one.chance),
  number(one.loss),
];

function banditSegments({ segments = [] }: BanditResult, out: Output): readonly string[] {
  if (segments.length === 0) return [];
  const columns = [{ title: 'SEGMENT' }, { title: 'ARM' }, ...BANDIT_FIGURES];
  const rows = segments.flatMap(({ segment, arms }) =>
    arms.map((one): readonly Cell[] => [
      { text: segment, style: 'strong' },
      one.arm,
      ...banditFigures(one),
    ]),
  );
  const note = 'above, as if everybody got one arm; here each segment by itself';
  return [out.paint('dim', note), renderTable(columns, rows, out.surface)];
}

function banditText(result: BanditResult, out: Output): string {
  const { arms, batches } = result;
  const rows = arms.map((one): readonly Cell[] => [
    { text: one.arm, style: 'strong' },
    ...banditFigures(one),
  ]);
  const columns = [{ title: 'ARM' }, ...BANDIT_FIGURES] as const;
  const last = batches.at(-1);
  const missed =
    last === undefined
      ? []
      : [
          out.paint(
            'dim',
            `missed so far ${number(last.regret)}, equal shares ${number(last.regretOfEqual)}`,
          ),
        ];
  return [renderTable(columns, rows, out.surface), ...banditSegments(result, out), ...missed].join(
    '\n',
  );
}
