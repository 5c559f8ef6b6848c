import type { TensorSpec } from '../catalog/signature.ts';
import type { Redaction, RedactRule } from './logging.ts';

/** Rules made ready for the tensors of one version on one side: what it takes, or what it gives. */
export type CompiledRedaction = {
  /** By name of the tensor; one that is not here may be read. */
  readonly tensors: ReadonlyMap<string, TensorRedaction>;
  /** Pointers that name nothing this version has. */
  readonly unknown: readonly string[];
};

/** What is replaced in one tensor. */
export type TensorRedaction = {
  readonly whole: Redaction | null;
  /** The axis that `places` count along. */
  readonly axis: number;
  readonly places: ReadonlyMap<number, Redaction>;
};

/** The sides of a prediction that a pointer may begin with. */
export type RedactSide = 'features' | 'outputs';

/** The pointer to the unit. */
export const UNIT_POINTER = '/unit';

/** A pointer, as far as it can be understood without knowing any version. */
export type RedactTarget =
  | { readonly side: 'unit' }
  | { readonly side: RedactSide; readonly path: readonly string[] };

/** What follows a side: at most the tensor and a place in its rows. */
const PATH_MAX = 2;

/**
 * What a pointer is about; null when it can be about nothing: `/unit`; `/features` with what
 * follows, also for callers who send tensors; `/outputs` with what follows.
 */
export function redactTarget(pointer: string): RedactTarget | null {
  const [root, side, ...path] = pointer.split('/');
  if (root !== '') return null;
  if (side === 'unit') return path.length === 0 ? { side } : null;
  if ((side !== 'features' && side !== 'outputs') || path.length > PATH_MAX) return null;
  const names = path.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  return { side, path: names };
}

/** How the unit is written; null: as it came. */
export const unitRedaction = (rules: readonly RedactRule[]): Redaction | null =>
  rules.reduce<Redaction | null>(
    (strictest, { pointer, as }) =>
      pointer === UNIT_POINTER ? stricter(strictest, as) : strictest,
    null,
  );

/** Whether any rule is about a side. */
export const hasRuleFor = (rules: readonly RedactRule[], side: RedactSide): boolean =>
  rules.some(({ pointer }) => redactTarget(pointer)?.side === side);

/**
 * Makes the rules for a side ready. `/features` is everything; `/features/age` the input `age`;
 * `/features/3`, where no input is called that, place 3 of a row of the only input, or the input at
 * place 3 of several, as rows without names are read; `/features/age/3` place 3 of a row of `age`.
 */
export function compileRedaction(
  rules: readonly RedactRule[],
  side: RedactSide,
  specs: readonly TensorSpec[],
): CompiledRedaction {
  const tensors = new Map<string, TensorRedaction>();
  const unknown: string[] = [];
  for (const { pointer, as } of rules) {
    const target = redactTarget(pointer);
    if (target === null || target.side !== side) continue;
    const found = placesOf(target.path, specs);
    if (found.length === 0) unknown.push(pointer);
    for (const place of found) tensors.set(place.spec.name, withPlace(tensors, place, as));
  }
  return { tensors, unknown };
}

type Place = { readonly spec: TensorSpec; readonly at: number | null };

function placesOf(path: readonly string[], specs: readonly TensorSpec[]): readonly Place[] {
  const [first, second] = path;
  if (first === undefined) return specs.map((spec) => ({ spec, at: null }));
  const named = specs.find(({ name }) => name === first);
  if (named !== undefined) {
    return second === undefined ? [{ spec: named, at: null }] : placeIn(named, second);
  }
  const [only, another] = specs;
  if (second !== undefined || only === undefined) return [];
  if (another === undefined) return placeIn(only, first);
  const spec = specs[wholeNumber(first) ?? -1];
  return spec === undefined ? [] : [{ spec, at: null }];
}

/** A place in the rows of a tensor; the row of one that has a value a row is that value. */
function placeIn(spec: TensorSpec, word: string): readonly Place[] {
  const at = wholeNumber(word);
  const size = isScalarRow(spec) ? 1 : (spec.shape[rowAxis(spec)] ?? 0);
  if (at === null || (size !== -1 && at >= size)) return [];
  return [{ spec, at: isScalarRow(spec) ? null : at }];
}

/** A batch dimension in front is declared open, or as one. */
const hasBatch = ({ shape }: TensorSpec): boolean => shape[0] === -1 || shape[0] === 1;
const isScalarRow = (spec: TensorSpec): boolean =>
  spec.shape.length === 0 || (spec.shape.length === 1 && hasBatch(spec));
const rowAxis = (spec: TensorSpec): number => (hasBatch(spec) ? 1 : 0);

const wholeNumber = (word: string): number | null =>
  /^(0|[1-9]\d{0,8})$/.test(word) ? Number(word) : null;

function withPlace(
  known: ReadonlyMap<string, TensorRedaction>,
  { spec, at }: Place,
  as: Redaction,
): TensorRedaction {
  const nothing = { whole: null, axis: rowAxis(spec), places: new Map<number, Redaction>() };
  const before = known.get(spec.name) ?? nothing;
  if (at === null) return { ...before, whole: stricter(before.whole, as) };
  const places = new Map(before.places).set(at, stricter(before.places.get(at) ?? null, as));
  return { ...before, places };
}

/** Of two rules for one value the one that tells less. */
const stricter = (one: Redaction | null, other: Redaction | null): Redaction =>
  one === 'constant' || other === 'constant' ? 'constant' : 'digest';

/** How the element at a flat index of a tensor of this shape is written; null: as it is. */
export function redactionAt(
  { whole, axis, places }: TensorRedaction,
  shape: readonly number[],
): (flat: number) => { readonly as: Redaction; readonly place: number } | null {
  const stride = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const size = shape[axis] ?? 1;
  return (flat) => {
    const place = Math.floor(flat / stride) % size;
    const own = places.get(place) ?? null;
    return own === null && whole === null ? null : { as: stricter(own, whole), place };
  };
}
