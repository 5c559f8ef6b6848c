import { WHOLE_BPS } from '../core/lib/units.ts';

const MS = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** A length of time as people read it: `250 ms`, `12 s`, `3 min 5 s`, `2 h 10 min`, `4 d 2 h`. */
export function duration(ms: number): string {
  if (ms < MS.second) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / MS.second);
  if (seconds < 60) return `${seconds} s`;
  if (ms < MS.hour) return pair(seconds, [60, 'min', 's']);
  const minutes = Math.round(ms / MS.minute);
  if (ms < MS.day) return pair(minutes, [60, 'h', 'min']);
  return pair(Math.round(ms / MS.hour), [24, 'd', 'h']);
}

function pair(count: number, [size, large, small]: readonly [number, string, string]): string {
  const rest = count % size;
  const whole = `${Math.floor(count / size)} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}

/** How long ago a moment was. */
export const ago = (moment: string, nowMs: number): string =>
  `${duration(Math.max(0, nowMs - Date.parse(moment)))} ago`;

/** The time of day of a moment, in UTC: `09:54:32`. */
export const clockTime = (moment: string): string => new Date(moment).toISOString().slice(11, 19);

/** A share in basis points as per cent. */
export const share = (shareBps: number): string => `${(shareBps * 100) / WHOLE_BPS}%`;

/** A fraction as per cent with as many digits as it takes to tell 99.99 from 100. */
export function percent(fraction: number | null): string {
  if (fraction === null) return '–';
  const value = fraction * 100;
  return `${value !== 0 && value !== 100 ? value.toFixed(2) : value}%`;
}

/** A latency in milliseconds. */
export function millis(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 10 ? ms.toFixed(2) : ms.toFixed(ms < 100 ? 1 : 0);
}

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A number of bytes as people read it. */
export function bytes(count: number): string {
  let value = count;
  let at = 0;
  while (value >= 1_024 && at < SIZES.length - 1) {
    value /= 1_024;
    at += 1;
  }
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${SIZES[at] ?? ''}`;
}

/** A count with commas between thousands, as the sentences of the core have them. */
export const count = (value: number): string =>
  String(value).replaceAll(/\B(?=(\d{3})+(?!\d))/g, ',');

/** A noun with its number. */
export const plural = (amount: number, one: string, several: string): string =>
  `${count(amount)} ${amount === 1 ? one : several}`;

/** A moment in UTC, to the second: `2026-11-21 09:54:32`. */
export const moment = (at: string | number): string =>
  new Date(at).toISOString().slice(0, 19).replace('T', ' ');
