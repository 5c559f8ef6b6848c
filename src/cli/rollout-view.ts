import type { CallAnswer } from '../protocol/admin/call.ts';
import type { Output } from './output.ts';
import type { Style } from './paint.ts';
import { phaseStyle } from './status.ts';
import { resultText } from './result-view.ts';
import { renderTable } from './table.ts';
import type { Cell } from './table.ts';
import { ago, bytes, count, duration, moment, percent, share } from './wording.ts';

type RolloutBody = CallAnswer<'rollout.read'>;
type VerdictBody = RolloutBody['verdicts'][number];

/** How people write a version. */
export const versionOf = ({ model, version }: RolloutBody['baseline']): string =>
  `${model}@${version}`;

/** What shares are shares of: the traffic, or its slice. */
export const partOf = ({ sliceBps }: Pick<RolloutBody, 'sliceBps'>): string =>
  sliceBps === null ? 'the traffic' : `its slice, which has ${share(sliceBps)} of the units`;

/** A rollout for a person, line by line: what goes on, how far it is, and what proves it. */
export function rolloutText(rollout: RolloutBody, out: Output, nowMs: number): readonly string[] {
  const { paint } = out;
  const { id, endpoint, baseline, candidate, phase, hold, cause } = rollout;
  const step = `step ${rollout.stage + 1}/${rollout.stages}`;
  const why = cause ?? hold;
  return [
    [
      paint('strong', endpoint),
      `${versionOf(baseline)} → ${paint('strong', versionOf(candidate))}`,
      paint(phaseStyle(phase), phase.toUpperCase()),
      step,
      `${share(rollout.shareBps)} of ${partOf(rollout)}`,
    ].join('  '),
    paint(
      'dim',
      `${id}  by ${rollout.createdBy} ${ago(rollout.createdAt, nowMs)}  ${rollout.strategy}` +
        `  goes back to ${versionOf(baseline)}`,
    ),
    ...doingLine(rollout, out),
    ...overlapLine(rollout, out),
    ...(why === null || why.sentence === rollout.doing
      ? []
      : [`${paint('dim', 'why:')} ${paint('plain', why.sentence)} (${paint('plain', why.who)})`]),
    ...(rollout.result === null ? [] : ['', resultText(rollout.result, out)]),
    ...(rollout.verdicts.length === 0 ? [] : ['', verdictTable(rollout.verdicts, out)]),
  ];
}

/** What it does and until when; not what stands in the table of verdicts in the same words. */
function doingLine({ doing, etaMs, verdicts }: RolloutBody, { paint }: Output): readonly string[] {
  const isInTable = verdicts.some(({ sentence }) => doing.includes(sentence));
  const eta = etaMs === null ? [] : [`next step in about ${duration(etaMs)} if it is healthy`];
  const said = isInTable ? [] : [paint('plain', doing)];
  const line = [...said, ...eta.map((text) => paint('dim', text))].join('  ');
  return line === '' ? [] : [line];
}

/** What two environments cost while both are there. */
function overlapLine({ overlap }: RolloutBody, { paint }: Output): readonly string[] {
  if (overlap === undefined) return [];
  const { since, versionSeconds, byteSeconds } = overlap;
  const time = duration(versionSeconds * 1_000);
  const memory = bytes(byteSeconds / SECONDS_PER_HOUR);
  const said = `beside one version: ${time} of another loaded, ${memory} × h of memory`;
  return [paint('dim', `${said}, counted since ${moment(since)}`)];
}

const SECONDS_PER_HOUR = 3_600;

/** How a verdict is painted. */
export const outcomeStyles: Readonly<Record<VerdictBody['outcome'], Style>> = {
  pass: 'good',
  fail: 'bad',
  unsure: 'plain',
  starved: 'warn',
};

/** Verdicts with their evidence as bars: full is what it takes. */
function verdictTable(verdicts: readonly VerdictBody[], out: Output): string {
  return renderTable(
    [
      { title: 'CHECK' },
      { title: 'VERDICT' },
      { title: 'CANDIDATE', right: true },
      { title: 'BASELINE', right: true },
      { title: 'RATIO' },
      { title: 'HARM' },
      { title: 'SAFETY' },
      { title: 'WHY' },
    ],
    verdicts.map((verdict) => {
      const { check, outcome, evidence } = verdict;
      const { harm, harmNeeded, safety, safetyNeeded } = evidence;
      return [
        { text: check, style: 'strong' },
        { text: outcome, style: outcomeStyles[outcome] },
        shownOf(verdict, 'candidate'),
        shownOf(verdict, 'baseline'),
        comparedOf(verdict),
        bar(harm, harmNeeded, 'bad'),
        bar(safety, safetyNeeded, 'good'),
        verdict.sentence,
      ];
    }),
    out.surface,
  );
}

/** What an arm shows: a rate of losses, or the mean of what came back. */
export function shownOf(verdict: VerdictBody, arm: 'candidate' | 'baseline'): string {
  const { effect } = verdict;
  const counts = verdict[arm];
  if (effect === undefined) return rateOf(counts);
  const mean = effect[arm];
  const value = mean === null ? '–' : effect.scale === 'part' ? percent(mean) : numberOf(mean);
  return `${value} of ${count(counts.units)}`;
}

/** How the arms compare: a ratio, or a difference of which above 0 is better. */
export function comparedOf(verdict: VerdictBody): string {
  const { effect } = verdict;
  if (effect === undefined) return ratioOf(verdict);
  const { advantage, interval, scale } = effect;
  if (advantage === null) return '–';
  const told = (value: number): string =>
    `${value < 0 ? '' : '+'}${numberOf(scale === 'part' ? value * 100 : value)}`;
  const range = interval === null ? '' : ` [${told(interval[0])}, ${told(interval[1])}]`;
  return `${told(advantage)}${range}${scale === 'part' ? ' points' : ''}`;
}

const numberOf = (value: number): string => String(Number(value.toPrecision(3)));

const rateOf = ({ units, losses }: VerdictBody['candidate']): string =>
  `${percent(units === 0 ? null : losses / units)} of ${count(Math.round(units))}`;

/** A ratio with its interval: `1.20 [0.40, 3.10]`. */
function ratioOf({ ratio, interval }: VerdictBody): string {
  if (ratio === null) return '–';
  const range =
    interval === null
      ? ''
      : ` [${interval[0].toFixed(2)}, ${interval[1] === null ? '∞' : interval[1].toFixed(2)}]`;
  return `${ratio.toFixed(2)}${range}`;
}

const BAR_CELLS = 8;

/** Evidence in logarithms of e-values against what is needed: `████░░░░ 47%`. */
export function bar(evidence: number, needed: number, style: Style): Cell {
  const part = needed > 0 ? Math.min(Math.max(evidence / needed, 0), 1) : 0;
  const full = Math.floor(part * BAR_CELLS);
  const text = `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)} ${Math.floor(part * 100)}%`;
  return { text, style: part >= 1 ? style : 'plain' };
}
