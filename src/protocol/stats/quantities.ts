import { z } from 'zod';

/** Requests per second, written `50rps`, `3k rps`, `120rpm`, `5000/h` or `50/s`. */
export const trafficSchema = z
  .string()
  .describe('Requests over time: `50rps`, `50/s`, `120rpm`, `5000/h`, `1M/d`.')
  .transform((given, context) => {
    const match = /^(\d+(?:\.\d+)?)\s*([kM]?)\s*(rps|rpm|rph|rpd|\/\s*(?:s|min|m|h|d))$/.exec(
      given.trim(),
    );
    const [, number = '', scale = '', unit = ''] = match ?? [];
    const perSecond =
      (Number(number) * (scale === 'k' ? 1_000 : scale === 'M' ? 1_000_000 : 1)) /
      (SECONDS[unit.replace(/^rp|^\/\s*/, '')] ?? 1);
    if (match === null || !(perSecond > 0)) {
      context.addIssue({ code: 'custom', message: `write a rate like 50rps, not ${given}` });
      return z.NEVER;
    }
    return perSecond;
  });

const SECONDS: Readonly<Record<string, number>> = { s: 1, min: 60, m: 60, h: 3_600, d: 86_400 };

/** A number, or a percentage: `0.05` and `5%` are the same. */
export const numberOrPercentSchema = z.string().transform((given, context) => {
  const match = /^(-?\d+(?:\.\d+)?(?:e-?\d+)?)\s*(%?)$/i.exec(given.trim());
  if (match === null) {
    context.addIssue({ code: 'custom', message: `write a number or a percentage, not ${given}` });
    return z.NEVER;
  }
  return Number(match[1]) / (match[2] === '%' ? 100 : 1);
});
