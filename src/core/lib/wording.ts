/** Numbers as people read them: `1.2 %`, `22,857`, `3 h 20 min`. English, whatever the machine. */

/** A rate in [0, 1] as a percentage with two significant digits. */
export function percent(rate: number): string {
  const value = rate * 100;
  if (value === 0 || !Number.isFinite(value)) return `${value} %`;
  const digits = value >= 99.5 || value >= 10 ? 0 : value >= 1 ? 1 : 2;
  const text = digits < 2 ? value.toFixed(digits) : String(Number(value.toPrecision(2)));
  return value < 100 && text === '100' ? 'nearly 100 %' : `${text.replace(/\.0$/, '')} %`;
}

/** A count with thousands separators; fractions (mean losses of units) with one decimal. */
export function count(value: number): string {
  // Most counts have no thousands to separate.
  if (Number.isInteger(value) && Math.abs(value) < 1_000) return String(value);
  const text = Number.isInteger(value) ? String(value) : value.toFixed(1);
  const [whole = '0', fraction] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined || fraction === '0' ? grouped : `${grouped}.${fraction}`;
}

/** A factor: `3 ×` is said by the caller; here only `3`, `1.4`, `0.25`, `29`. */
export function factor(value: number): string {
  if (!Number.isFinite(value)) return 'any number of';
  return value >= 10 ? count(Math.round(value)) : String(Number(value.toPrecision(2)));
}

/** A noun with its number. */
export const plural = (amount: number, noun: string): string =>
  `${count(amount)} ${noun}${amount === 1 ? '' : 's'}`;

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A length of time in its two largest units. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return 'for ever';
  if (ms > 0 && ms < 1_000) return `${Math.round(ms)} ms`;
  const parts: string[] = [];
  // Minutes and above are not counted to the second: an estimate should not look exact.
  let left = ms >= 600_000 ? Math.round(ms / 60_000) * 60_000 : Math.round(ms / 1_000) * 1_000;
  for (const [name, size] of UNITS) {
    const whole = Math.floor(left / size);
    left -= whole * size;
    if (whole > 0 && parts.length < 2) parts.push(`${count(whole)} ${name}`);
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
}

/** A latency: `3.2 ms`, `412 ms`, `2.1 s`. */
export function latency(ms: number): string {
  if (ms >= 1_000) return `${Number((ms / 1_000).toPrecision(3))} s`;
  return `${Number(ms.toPrecision(3))} ms`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
