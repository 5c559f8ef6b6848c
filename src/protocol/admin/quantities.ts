import { z } from 'zod';
import { WHOLE_BPS, bps } from '../../core/lib/units.ts';

// What JSON Schema is told of the texts, so that editors see a slip before anybody parses them.
const PERCENT_PATTERN = '^\\s*\\d+(\\.\\d+)?\\s*%\\s*$';
const DURATION_PATTERN = '^( *\\d+(\\.\\d+)? *(ms|s|min|m|h|d))+ *$';

/** A share of the traffic, written `5%` or as a number of per cent; gives basis points. */
export const shareSchema = z
  .union(
    [z.number().meta({ minimum: 0, maximum: 100 }), z.string().meta({ pattern: PERCENT_PATTERN })],
    { error: 'write a share like 5%' },
  )
  .meta({ title: 'share' })
  .describe('A share of the traffic: `5%`, `0.5%`, or a number of per cent.')
  .transform((given, context) => {
    const percent = typeof given === 'number' ? given : percentIn(given);
    if (percent === null) return issue(context, `write a share like 5%, not ${given}`);
    const points = Math.round(percent * 100);
    if (points < 0 || points > WHOLE_BPS) {
      return issue(context, `a share is 0% to 100%, not ${given}`);
    }
    // 0.1 + 0.2 is not 0.3: a share is compared with its own rounding, not demanded to be exact.
    if (Math.abs(points - percent * 100) > 1e-6) {
      return issue(context, `shares go in steps of 0.01%, so ${given} cannot be given`);
    }
    return bps(points);
  });

/**
 * A rate or a chance, written `1%`; gives a fraction. A bare number is refused: half of all readers
 * take 0.01 for 1 %, the other half for 0.01 %.
 */
export const rateSchema = z
  .string({ error: 'write a percentage like 1% (a bare number could mean two things)' })
  .meta({ title: 'percentage', pattern: PERCENT_PATTERN })
  .describe('A percentage: `1%`, `0.5%`.')
  .transform((given, context) => {
    const percent = percentIn(given);
    if (percent === null) return issue(context, `write a percentage like 1%, not ${given}`);
    if (percent < 0 || percent > 100) return issue(context, `${given} is not from 0% to 100%`);
    return percent / 100;
  });

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A length of time, written `500ms`, `10s`, `5m`, `2h`, `1h30m`; gives milliseconds. */
export const durationSchema = z
  .string({ error: 'write a duration with its unit, like 10s, 5m or 2h' })
  .meta({ title: 'duration', pattern: DURATION_PATTERN })
  .describe('A length of time: `500ms`, `10s`, `5m`, `2h`, `1d`, `1h30m`.')
  .transform((given, context) => {
    const text = given.replaceAll(' ', '');
    if (!/^(\d+(\.\d+)?(ms|s|min|m|h|d))+$/.test(text)) {
      return issue(context, `write a duration with its unit, like 10s, 5m or 2h, not ${given}`);
    }
    const steps = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|min|m|h|d)/g)];
    const whole = steps.reduce(
      (sum, [, n, unit]) => sum + Number(n) * (UNIT_MS[unit ?? ''] ?? 0),
      0,
    );
    return Math.round(whole * 1_000) / 1_000;
  });

/** A length of time as it is declared: the shortest text that `durationSchema` reads back. */
export function durationText(ms: number): string {
  const parts: string[] = [];
  let left = ms;
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const size = UNIT_MS[unit] ?? 1;
    const whole = Math.floor(left / size);
    if (whole > 0) parts.push(`${whole}${unit}`);
    left -= whole * size;
  }
  if (left > 0 || parts.length === 0) parts.push(`${left}ms`);
  return parts.join('');
}

/** A share as it is declared: `5%`. */
export const shareText = (share: number): string => `${(share * 100) / WHOLE_BPS}%`;

/** The number in `5%` or `5 %`; null when it is none. */
function percentIn(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  return match === null ? null : Number(match[1]);
}

type Context = { addIssue(issue: { code: 'custom'; message: string }): void };

function issue(context: Context, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
