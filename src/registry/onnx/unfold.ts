import type { KnownShape, KnownValues } from './known-values.ts';
import type { OnnxNode } from './proto.ts';

type Unfold = (node: OnnxNode, known: KnownValues) => readonly number[] | undefined;

/** What a constant makes of the dimensions of the node's first output; lower bounds. */
const unfolds: ReadonlyMap<string, Unfold> = new Map<string, Unfold>([
  ['ConstantOfShape', (node, known) => known.numbers(node.inputs[0])],
  [
    'Expand',
    (node, known) => broadcast(known.shape(node.inputs[0])?.dims, known.numbers(node.inputs[1])),
  ],
  ['Tile', (node, known) => scaled(known.shape(node.inputs[0]), known.numbers(node.inputs[1]))],
  ['Range', rangeDims],
  ['Resize', resizeDims],
  ['Upsample', (node, known) => scaled(known.shape(node.inputs[0]), known.numbers(node.inputs[1]))],
  ['Pad', padDims],
  ['OneHot', oneHotDims],
  ['RandomNormal', (node) => intsOf(node, 'shape')],
  ['RandomUniform', (node) => intsOf(node, 'shape')],
  ['HannWindow', sizeFromInput],
  ['HammingWindow', sizeFromInput],
  ['BlackmanWindow', sizeFromInput],
  ['MelWeightMatrix', melDims],
  ['AffineGrid', (node, known) => known.numbers(node.inputs[1])],
  ['CenterCropPad', (node, known) => known.numbers(node.inputs[1])],
  ['Col2Im', (node, known) => known.numbers(node.inputs[1])],
  ['MaxUnpool', (node, known) => known.numbers(node.inputs[2])],
  ['DFT', (node, known) => single(known.scalar(node.inputs[1]))],
]);

/**
 * Shape of a node's first output where constants alone decide how large it is at the least: the
 * operators that make large tensors of small ones, and all that is computed from `constant` inputs,
 * which the runtime does when it loads the model.
 */
export function unfoldedShape(
  node: OnnxNode,
  known: KnownValues,
  constant: boolean,
): KnownShape | undefined {
  if (node.domain !== '') return undefined;
  const unfold = unfolds.get(node.opType) ?? (constant ? constantDims : undefined);
  const dims = unfold?.(node, known);
  if (dims === undefined) return undefined;
  return { dims: dims.map(Math.floor), type: typeOf(node, known), constant };
}

/** Operators between constants of which the size of the result is known. */
function constantDims(node: OnnxNode, known: KnownValues): readonly number[] | undefined {
  const shapes = node.inputs.map((input) => known.shape(input)?.dims);
  const [first, second] = shapes;
  if (first === undefined) return undefined;
  if (node.opType === 'Concat') return concatenated(node, shapes);
  if (node.opType === 'MatMul') return second === undefined ? undefined : multiplied(first, second);
  if (broadcasting.has(node.opType)) return broadcastAll(shapes);
  return keeping.has(node.opType) ? first : undefined;
}

const broadcasting: ReadonlySet<string> = new Set(
  'Add Sub Mul Div Pow Mod And Or Xor Equal Greater Less GreaterOrEqual LessOrEqual Where'
    .concat(' BitShift BitwiseAnd BitwiseOr BitwiseXor Max Min Sum Mean PRelu')
    .split(' '),
);

/** Operators whose result has as many elements as their first input. */
const keeping: ReadonlySet<string> = new Set(
  'Identity Cast Relu Neg Abs Sqrt Exp Log Not Sigmoid Tanh Erf Floor Ceil Round Sign'
    .concat(' Transpose Reshape Flatten Unsqueeze Squeeze Softmax Clip Reciprocal CumSum')
    .split(' '),
);

type Dims = readonly number[];

function concatenated(node: OnnxNode, shapes: readonly (Dims | undefined)[]): Dims | undefined {
  const [first] = shapes;
  const said = node.attributes.find(({ name }) => name === 'axis')?.i ?? 0;
  if (first === undefined) return undefined;
  const axis = said < 0 ? said + first.length : said;
  const sum = shapes.reduce((total, dims) => total + (dims?.[axis] ?? 0), 0);
  return first.map((dim, i) => (i === axis ? sum : dim));
}

function multiplied(a: Dims, b: Dims): Dims {
  return [...a.slice(0, -1), ...(b.length > 1 ? b.slice(-1) : [])];
}

const broadcastAll = (shapes: readonly (Dims | undefined)[]): Dims | undefined =>
  shapes.reduce<Dims | undefined>((dims, next) => broadcast(dims, next), []);

/** Element type of the first output: of a `value`, else of the first input, else FLOAT. */
function typeOf(node: OnnxNode, known: KnownValues): number {
  const value = node.attributes.find(({ name }) => name === 'value')?.tensors[0];
  if (value !== undefined) return value.type;
  const dtype = node.attributes.find(({ name }) => name === 'dtype')?.i;
  if (dtype !== undefined && dtype !== null) return dtype;
  const FLOAT = 1;
  const sizes = ['ConstantOfShape', 'HannWindow', 'HammingWindow', 'BlackmanWindow'];
  if (sizes.includes(node.opType)) return FLOAT;
  return known.shape(node.inputs[0])?.type ?? FLOAT;
}

const intsOf = (node: OnnxNode, attribute: string): readonly number[] | undefined =>
  node.attributes.find(({ name }) => name === attribute)?.ints ?? undefined;

const single = (size: number | undefined): readonly number[] | undefined =>
  size === undefined ? undefined : [size];

function sizeFromInput(node: OnnxNode, known: KnownValues): readonly number[] | undefined {
  return single(known.scalar(node.inputs[0]));
}

/** Dimensions that are not known count as 1. */
const atLeast = (dim: number | undefined): number => (dim === undefined || dim < 0 ? 1 : dim);

function broadcast(from: Dims | undefined, to: Dims | undefined): Dims | undefined {
  if (to === undefined) return undefined;
  const dims = from ?? [];
  const rank = Math.max(dims.length, to.length);
  return Array.from({ length: rank }, (_, i) => {
    const a = atLeast(dims[i - (rank - dims.length)]);
    const b = atLeast(to[i - (rank - to.length)]);
    return a === 0 || b === 0 ? 0 : Math.max(a, b);
  });
}

const scaled = (
  from: KnownShape | undefined,
  by: readonly number[] | undefined,
): readonly number[] | undefined => by?.map((factor, i) => atLeast(from?.dims[i]) * factor);

function rangeDims({ inputs }: OnnxNode, known: KnownValues): readonly number[] | undefined {
  const [start, limit, delta] = inputs.map((input) => known.scalar(input));
  if (start === undefined || limit === undefined || delta === undefined) return undefined;
  const count = Math.ceil((limit - start) / delta);
  return Number.isNaN(count) ? undefined : [Math.max(0, count)];
}

/** Inputs of Resize: before opset 11 data and scales; since then data, region, scales and sizes. */
function resizeDims({ inputs }: OnnxNode, known: KnownValues): readonly number[] | undefined {
  const sizes = known.numbers(inputs[3]);
  if (sizes !== undefined && sizes.length > 0) return sizes;
  const scales = known.numbers(inputs.length === 2 ? inputs[1] : inputs[2]);
  return scales === undefined || scales.length === 0
    ? undefined
    : scaled(known.shape(inputs[0]), scales);
}

/** Pads stand as all begins, then all ends; with `axes` only some dimensions are meant. */
function padDims(node: OnnxNode, known: KnownValues): readonly number[] | undefined {
  const pads = known.numbers(node.inputs[1]) ?? intsOf(node, 'pads');
  if (pads === undefined) return undefined;
  const half = pads.length / 2;
  const dims = node.inputs[3] === undefined ? known.shape(node.inputs[0])?.dims : undefined;
  return Array.from({ length: Math.floor(half) }, (_, i) => {
    const padded = Math.max(0, pads[i] ?? 0) + Math.max(0, pads[i + half] ?? 0);
    return Math.max(1, padded + atLeast(dims?.[i]));
  });
}

function oneHotDims({ inputs }: OnnxNode, known: KnownValues): readonly number[] | undefined {
  const depth = known.scalar(inputs[1]);
  if (depth === undefined) return undefined;
  return [...(known.shape(inputs[0])?.dims ?? []).map(atLeast), depth];
}

function melDims({ inputs }: OnnxNode, known: KnownValues): readonly number[] | undefined {
  const bins = known.scalar(inputs[0]);
  const length = known.scalar(inputs[1]);
  return bins === undefined || length === undefined ? undefined : [length / 2 + 1, bins];
}
