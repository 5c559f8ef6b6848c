import { count, list } from '../lib/wording.ts';
import type { Signature, TensorSpec } from './signature.ts';

/**
 * What keeps a candidate from standing in for the baseline unnoticed, as sentences; empty when it
 * can. Every request the baseline takes must be taken, and every output it gives must be given; a
 * candidate may be more general in what it takes and give further outputs.
 */
export function differences(baseline: Signature, candidate: Signature): readonly string[] {
  return [...inputDifferences(baseline, candidate), ...outputDifferences(baseline, candidate)];
}

function inputDifferences(baseline: Signature, candidate: Signature): readonly string[] {
  const missing = namesMissing(baseline.inputs, candidate.inputs);
  const extra = namesMissing(candidate.inputs, baseline.inputs);
  const different = pairs(baseline.inputs, candidate.inputs).flatMap(([before, now]) =>
    tensorDifference(`input ${before.name}`, { before, now, fits: takes }),
  );
  return [
    ...(missing.length === 0 ? [] : [`the candidate has no input ${list(missing)}`]),
    ...(extra.length === 0 ? [] : [`the candidate wants a further input ${list(extra)}`]),
    ...different,
  ];
}

function outputDifferences(baseline: Signature, candidate: Signature): readonly string[] {
  const missing = namesMissing(baseline.outputs, candidate.outputs);
  const different = pairs(baseline.outputs, candidate.outputs).flatMap(([before, now]) =>
    tensorDifference(`output ${before.name}`, { before, now, fits: gives }),
  );
  return [
    ...(missing.length === 0 ? [] : [`the candidate has no output ${list(missing)}`]),
    ...different,
  ];
}

type Comparison = {
  readonly before: TensorSpec;
  readonly now: TensorSpec;
  readonly fits: (before: number, now: number) => boolean;
};

const FREE = -1;
/** A dimension fits when the candidate leaves it open or wants just what the baseline did. */
const takes = (before: number, now: number): boolean => now === FREE || now === before;
/** What a candidate gives may be said more or less exactly, but must not contradict. */
const gives = (before: number, now: number): boolean =>
  now === before || now === FREE || before === FREE;

function tensorDifference(what: string, { before, now, fits }: Comparison): readonly string[] {
  if (before.datatype !== now.datatype) {
    return [`${what} is ${now.datatype}, but ${before.datatype} in the baseline`];
  }
  const sameRank = before.shape.length === now.shape.length;
  if (sameRank && before.shape.every((size, i) => fits(size, now.shape[i] ?? FREE))) return [];
  return [`${what} has shape ${shape(now)}, but ${shape(before)} in the baseline`];
}

const shape = ({ shape: sizes }: TensorSpec): string =>
  `[${sizes.map((size) => (size === FREE ? 'any' : count(size))).join(', ')}]`;

function namesMissing(wanted: readonly TensorSpec[], have: readonly TensorSpec[]): string[] {
  const names = new Set(have.map(({ name }) => name));
  return wanted.map(({ name }) => name).filter((name) => !names.has(name));
}

function pairs(
  before: readonly TensorSpec[],
  now: readonly TensorSpec[],
): readonly (readonly [TensorSpec, TensorSpec])[] {
  return before.flatMap((one) => {
    const same = now.find(({ name }) => name === one.name);
    return same === undefined ? [] : [[one, same] as const];
  });
}
