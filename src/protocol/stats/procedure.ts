import type { z } from 'zod';
import { parseWith } from '../admin/parse.ts';
import { Fault } from '../errors.ts';

/** A statistical procedure as it is called from outside: JSON in, one JSON object out. */
export type Procedure = {
  readonly summary: string;
  /** File of the core in which it is written; the source of its formula is named there. */
  readonly source: string;
  readonly input: z.ZodType;
  /** Fault `INPUT_INVALID` with the path, also for numbers outside the procedure's domain. */
  readonly run: (given: unknown) => object;
};

type Definition<S extends z.ZodType> = {
  readonly summary: string;
  readonly source: string;
  readonly input: S;
  readonly run: (given: z.output<S>) => object;
};

/** A procedure whose input is parsed before it runs and whose output is JSON afterwards. */
export function procedure<S extends z.ZodType>(definition: Definition<S>): Procedure {
  const { summary, input, run } = definition;
  return {
    summary,
    source: `src/core/stats/${definition.source}.ts`,
    input,
    run: (given) => jsonObject(inDomain(given, () => run(parseWith(input, given, null)))),
  };
}

/** The core refuses what has no meaning with a RangeError that names the argument. */
function inDomain(given: unknown, run: () => object): object {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Fault('INPUT_INVALID', error.message, pathIn(given, error.message));
  }
}

function pathIn(given: unknown, sentence: string): string | null {
  if (typeof given !== 'object' || given === null) return null;
  const words = new Set(sentence.split(/[^\w]+/));
  return Object.keys(given).find((key) => words.has(key)) ?? null;
}

const jsonObject = (result: object): object =>
  Object.fromEntries(Object.entries(result).map(([key, value]) => [key, jsonValue(value)]));

/** JSON has no infinity: it is written as the text that Python, R and JavaScript read as one. */
function jsonValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(jsonValue);
  return typeof value === 'object' && value !== null ? jsonObject(value) : value;
}
