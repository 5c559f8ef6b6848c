import { meanOf, medianOf, numberText, percentText, shareOf } from '../estimate.ts';
import type { Estimate } from '../estimate.ts';
import { tableText } from '../table.ts';
import { REFERENCE, REFERENCE_DELAYS } from './reference.ts';
import { RULES, ourProcess, referenceProcess } from './rules.ts';
import type { Rule } from './rules.ts';
import { SETTINGS, ramp, steady, turning } from './settings.ts';
import type { Setting } from './settings.ts';
import { stopped, watched } from './watching.ts';
import type { Seen } from './watching.ts';
import { POLICIES, SERVICES, tried } from './whole.ts';
import type { Service } from './thresholds.ts';

/** Rare events need more runs; the rules alone are quick. */
const RULE_TIMES = 5;

/** Prints whole policies on whole rollouts, and the rules within them minute by minute. */
export function benchPolicies(print: (text: string) => void, runs: number): void {
  for (const service of SERVICES) print(wholeTable(service, runs));
  for (const [index, setting] of SETTINGS.entries()) {
    print(ruleTable(setting, index, runs * RULE_TIMES));
  }
  print(incidentTable(runs * RULE_TIMES));
  print(delayTable(runs * RULE_TIMES));
}

function wholeTable(service: Service, runs: number): string {
  const { rate, ratio } = service;
  const rows = POLICIES.map((policy) => {
    const { rolledBack, promoted, minutes, harmed } = tried(policy, service, runs);
    const parts = [percentText(rolledBack), percentText(promoted)];
    return [policy.name, ...parts, numberText(minutes), numberText(harmed)];
  });
  const candidate = ratio === 1 ? 'as good' : `${ratio} times as many`;
  const title = `50 rps, baseline fails ${rate * 100} %, candidate ${candidate}; ${runs} rollouts`;
  return tableText(title, ['', 'rolled back', 'promoted', 'minutes', 'harmed requests'], rows);
}

function ruleTable(setting: Setting, index: number, runs: number): string {
  const rows = RULES.map((rule) => {
    const at = (ratio: number) => watched(rule, [steady(setting, ratio)], runs);
    const doubled = at(2);
    const reference = REFERENCE[rule.name]?.[index];
    const errors = (seen: readonly Seen[]): string => numberText(meanOf(seen.map(lossesOf)));
    return [
      rule.name,
      percentText(part(at(1))),
      beside(reference?.healthyOut, (share) => `${(share * 100).toFixed(2)} %`),
      percentText(part(doubled)),
      numberText(medianOf(doubled.map(({ minute }) => minute))),
      errors(doubled),
      beside(reference?.errorsDoubled, String),
      errors(at(5)),
      beside(reference?.errorsFivefold, String),
    ];
  });
  const healthy = ['healthy out', 'reference'];
  const bad = ['x2 out', 'minutes', 'errors, x2', 'reference', 'errors, x5', 'reference'];
  const title = `${setting.name}; looked at every minute, ${runs} runs`;
  return tableText(title, ['', ...healthy, ...bad], rows);
}

const lossesOf = ({ losses }: Seen): number => losses;

const beside = (value: number | undefined, text: (value: number) => string): string =>
  value === undefined ? '' : text(value);

const part = (seen: readonly Seen[]): Estimate => shareOf(stopped(seen).length, seen.length);

function incidentTable(runs: number): string {
  const rows = RULES.map((rule) => [
    rule.name,
    percentText(part(watched(rule, ramp(1, 3), runs))),
    percentText(part(watched(rule, ramp(2, 0), runs))),
  ]);
  const title = `1, 5, 25, 50 % and errors x6 in both arms for 15 minutes; ${runs} runs`;
  const columns = ['', 'healthy out, incident late', 'x2 out, incident early'];
  return tableText(title, columns, rows);
}

/** Median minutes from the moment the candidate turns bad. */
export function delayOf(begin: Rule['begin'], healthyMinutes: number, ratio: number) {
  return (runs: number): Estimate => {
    const seen = watched({ name: 'delay', begin }, turning(healthyMinutes, ratio), runs);
    return medianOf(seen.map(({ minute }) => minute - healthyMinutes));
  };
}

function delayTable(runs: number): string {
  const rows = REFERENCE_DELAYS.map(({ healthyMinutes, ratio, cumulative, combined }) => [
    `x${ratio} after ${healthyMinutes} healthy minutes`,
    numberText(delayOf(ourProcess(DELAY_ALPHA), healthyMinutes, ratio)(runs)),
    String(combined),
    numberText(delayOf(referenceProcess(DELAY_ALPHA), healthyMinutes, ratio)(runs)),
    String(cumulative),
  ]);
  const title = `median minutes until found, ${SETTINGS[0]?.name ?? ''} at first; ${runs} runs`;
  const columns = ['', 'as in the product', 'reference', 'cumulative half', 'reference'];
  return tableText(title, columns, rows);
}

/** The level the delays of the reference were measured at. */
export const DELAY_ALPHA = 0.01;
