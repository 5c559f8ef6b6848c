import { numberText, percentText } from '../estimate.ts';
import { tableText } from '../table.ts';
import { CHOICES, contextualRegret } from './contextual.ts';
import { falseFinds } from './inference.ts';
import { regretOf } from './regret.ts';
import { RULES } from './rules.ts';
import { WORLDS } from './worlds.ts';

/** Part of the runs that the slow tables make do with. */
const CONTEXTUAL_PART = 0.2;
/** Shares are rare events: more runs tell them apart. */
const INFERENCE_TIMES = 10;
const FLOORS = [0.01, 0.02, 0.1] as const;

/** Prints what every bandit loses in every world, and what may be inferred from its data. */
export function benchBandits(print: (text: string) => void, runs: number): void {
  print(regretTable(runs));
  print(contextualTable(Math.max(2, Math.round(runs * CONTEXTUAL_PART))));
  print(inferenceTable(runs * INFERENCE_TIMES));
}

function regretTable(runs: number): string {
  const rows = RULES.map((rule) => [
    rule.name,
    ...WORLDS.map((world) => numberText(regretOf(rule, world, runs))),
  ]);
  const title = `rewards missed over 50 000 units in ten batches: mean of ${runs} runs (95 %)`;
  return tableText(title, ['', ...WORLDS.map(({ name }) => name)], rows);
}

function contextualTable(runs: number): string {
  const rows = CHOICES.map((way) => [way.name, numberText(contextualRegret(way, runs))]);
  const title = `reward missed over 1 000 requests with a context: mean of ${runs} runs (95 %)`;
  return tableText(title, ['', 'linear world'], rows);
}

function inferenceTable(runs: number): string {
  const rows = FLOORS.map((floor) => {
    const found = falseFinds(floor, runs);
    return [
      `floor ${floor * 100} %`,
      percentText(found.pooled),
      percentText(found.stratified),
      percentText(found.anytime),
    ];
  });
  const title = `two equal arms "differ" at 5 %, rates trending up: part of ${runs} runs (95 %)`;
  return tableText(title, ['', 'pooled', 'by epoch', 'e-process by epoch'], rows);
}
