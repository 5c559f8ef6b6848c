import { meanOf, percentText, shareOf } from '../estimate.ts';
import { tableText } from '../table.ts';
import { REQUESTS, failedByRequests, failedBySeries } from './counts.ts';
import { HELD_OUT_FAMILIES, NINE_FAMILIES } from './families.ts';
import type { Family } from './families.ts';
import { SAME, failures } from './sameness.ts';
import type { Course } from './sameness.ts';
import { KAYENTA, KAYENTA_DEFAULT, OURS, PER_FAMILY, failedIn, scoreOf } from './score.ts';
import type { Judge, Score } from './score.ts';

/** Seeds that nothing was chosen on: the judge was made on seeds that begin with `tune`. */
export const FRESH_SEEDS: readonly string[] = Array.from({ length: 8 }, (_, i) => `fresh/${i + 1}`);

const JUDGES = [KAYENTA, KAYENTA_DEFAULT, OURS] as const;
/** Rare events need more runs. */
const ALARM_TIMES = 5;

/** Prints how well three judges of series tell good canaries from bad ones. */
export function benchKayenta(print: (text: string) => void, runs: number): void {
  print(scoreTable());
  print(familyTable(NINE_FAMILIES, 'the nine families: part that fails'));
  print(familyTable(HELD_OUT_FAMILIES, 'families the judge was not made for: part that fails'));
  print(sameTable(runs * ALARM_TIMES));
  print(levelTable(runs));
  print(requestTable(runs));
}

function scoreTable(): string {
  const figures = ['balanced', 'accuracy', 'truePositive', 'falsePositive'] as const;
  const rows = JUDGES.map((judge) => {
    const scores = FRESH_SEEDS.map((seed) => scoreOf(judge, NINE_FAMILIES, seed));
    const over = (figure: keyof Score): string =>
      percentText(meanOf(scores.map((score) => score[figure])));
    return [judge.name, ...figures.map(over)];
  });
  const title = `180 scenarios of nine families, ${FRESH_SEEDS.length} fresh seeds (95 %)`;
  return tableText(title, ['', 'balanced accuracy', 'accuracy', 'bad found', 'good failed'], rows);
}

function familyTable(families: readonly Family[], title: string): string {
  const scenarios = FRESH_SEEDS.length * PER_FAMILY;
  const rows = families.map((family) => [
    `${family.name} (${family.truth === 'fail' ? 'bad' : 'good'})`,
    ...JUDGES.map((judge) => {
      const failed = FRESH_SEEDS.reduce((sum, seed) => sum + failedIn(judge, family, seed), 0);
      return percentText(shareOf(failed, scenarios));
    }),
  ]);
  return tableText(`${title}, of ${scenarios} each (95 %)`, ['', ...names(JUDGES)], rows);
}

function sameTable(runs: number): string {
  const courses: readonly (readonly [string, Course])[] = [
    ...[31, 60].flatMap((points) =>
      [0, 0.7, 0.9].map((memory): readonly [string, Course] => [
        `${points} minutes, φ = ${memory}`,
        { ...SAME, points, memory },
      ]),
    ),
    ['60 minutes, heavy tails', { ...SAME, noise: 'heavy' }],
  ];
  const rows = courses.map(([name, course]) => row(name, course, runs));
  return tableText(`equal arms that fail, of ${runs} (95 %)`, ['', ...names(JUDGES)], rows);
}

function levelTable(runs: number): string {
  const rows = [100, 1e-3, 1e-4, 1e-5].map((level) =>
    row(`level ${level}`, { ...SAME, level, factor: 1.1 }, runs),
  );
  const title = `the same rise of 10 % told in other units: part that fails, of ${runs} (95 %)`;
  return tableText(title, ['', ...names(JUDGES)], rows);
}

function requestTable(runs: number): string {
  const rows = REQUESTS.map((requests) => [
    requests.name,
    ...JUDGES.map((judge) => percentText(failedBySeries(judge, requests, runs))),
    percentText(failedByRequests(requests, runs)),
  ]);
  const title = `requests by the minute or one by one: part that fails, of ${runs} (95 %)`;
  return tableText(title, ['', ...names(JUDGES), 'e-process of requests'], rows);
}

const row = (name: string, course: Course, runs: number): readonly string[] => [
  name,
  ...JUDGES.map(({ fails }) => percentText(failures(fails, course, runs))),
];

const names = (judges: readonly Judge[]): readonly string[] => judges.map(({ name }) => name);
