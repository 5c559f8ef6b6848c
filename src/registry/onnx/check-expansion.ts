import { graphsOf } from './check-operators.ts';
import { elementType } from './element-type.ts';
import { isStandard, KnownValues } from './known-values.ts';
import { nodeText } from './proto.ts';
import { refuse } from './wire.ts';
import type { WalkCaps } from './caps.ts';
import type { KnownShape } from './known-values.ts';
import type { OnnxGraph, OnnxModel, OnnxNode } from './proto.ts';

/** Bytes a string takes in memory at the least, where it has no fixed size. */
const STRING_BYTES = 32;

/** What is added up over a model. */
type Tally = { readonly caps: WalkCaps; bytes: number };

/** A graph, what is known in it, and how often it is run at the least, per prediction. */
type Site = {
  readonly graph: Pick<OnnxGraph, 'initializers' | 'inputs' | 'values' | 'nodes'>;
  readonly outer: KnownValues | null;
  readonly rounds: number;
};

/**
 * Refuses models that unfold constants into more memory than is admitted, or loop for a count that
 * never ends in practice. What is not known before the run counts as 1, so that every number given
 * here is a lower bound. `bytes` is what sparse constants unfold to.
 */
export function checkExpansion(model: OnnxModel, caps: WalkCaps, bytes: number): void {
  const tally = { caps, bytes };
  checkSite({ graph: model.graph, outer: null, rounds: 1 }, tally);
  for (const { nodes } of model.functions) {
    const graph = { nodes, initializers: [], inputs: [], values: [] };
    checkSite({ graph, outer: null, rounds: 1 }, tally);
  }
}

function checkSite({ graph, outer, rounds }: Site, tally: Tally): void {
  const known = new KnownValues(graph, outer);
  for (const node of graph.nodes) {
    known.fold(node);
    const [output] = node.outputs;
    const shape = unfoldedShape(node, known);
    if (shape !== undefined) addUp({ node, shape }, tally);
    if (shape !== undefined && output !== undefined) known.setShape(output, shape);
    const inside = rounds * roundsOf(node, known);
    if (inside > tally.caps.roundsMax) {
      const what = `${nodeText(node)} runs ${inside} rounds, and nothing but the count ends it`;
      refuse('ONNX_ENDLESS', what, node.where);
    }
    for (const body of graphsOf(node)) {
      checkSite({ graph: body, outer: known, rounds: inside }, tally);
    }
  }
}

type Unfolded = { readonly node: OnnxNode; readonly shape: KnownShape };

function addUp({ node, shape }: Unfolded, tally: Tally): void {
  const max = tally.caps.expansionBytesMax;
  const elements = shape.dims.reduce((product, dim) => product * Math.max(dim, 0), 1);
  const bits = elementType(shape.type)?.bits ?? 8;
  const bytes = elements * (bits === 0 ? STRING_BYTES : bits / 8);
  tally.bytes += bytes;
  if (tally.bytes <= max) return;
  const share = tally.bytes === bytes ? '' : ` and brings the constants to ${tally.bytes}`;
  const what = `${nodeText(node)} unfolds to [${shape.dims.join(', ')}], ${bytes} bytes${share}`;
  refuse('ONNX_EXPANSION', `${what}; ${max} are admitted`, node.where);
}

type Unfold = (node: OnnxNode, known: KnownValues) => readonly number[] | undefined;

/** What a constant makes of the dimensions of the node's first output; lower bounds. */
const unfolds: ReadonlyMap<string, Unfold> = new Map<string, Unfold>([
  ['ConstantOfShape', (node, known) => known.numbers(node.inputs[0])],
  [
    'Expand',
    (node, known) => broadcast(known.shape(node.inputs[0]), known.numbers(node.inputs[1])),
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

function unfoldedShape(node: OnnxNode, known: KnownValues): KnownShape | undefined {
  const unfold = node.domain === '' ? unfolds.get(node.opType) : undefined;
  const dims = unfold?.(node, known);
  if (dims === undefined) return undefined;
  return { dims: dims.map(Math.floor), type: typeOf(node, known) };
}

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

function broadcast(
  from: KnownShape | undefined,
  to: readonly number[] | undefined,
): readonly number[] | undefined {
  if (to === undefined) return undefined;
  const dims = from?.dims ?? [];
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

/** How often a node runs its body at the least; 1 unless it is a loop that only a count ends. */
function roundsOf(node: OnnxNode, known: KnownValues): number {
  if (!isStandard(node, 'Loop')) return 1;
  const [count, condition] = node.inputs;
  const startsTrue = condition === undefined || condition === '' || known.scalar(condition) === 1;
  const [body] = graphsOf(node);
  if (!startsTrue || body === undefined || !staysTrue(body)) return 1;
  if (count === undefined || count === '') return Infinity;
  return Math.max(1, known.scalar(count) ?? 1);
}

/** Whether a loop's body hands on the condition it was given, or always says true. */
function staysTrue(body: OnnxGraph): boolean {
  const known = new KnownValues(body, null);
  const given = body.inputs[1]?.name;
  let name = body.outputs[0]?.name;
  for (let hop = 0; hop < HOPS_MAX && name !== undefined; hop += 1) {
    if (name === given || known.scalar(name) === 1) return true;
    const current: string = name;
    const giver = body.nodes.find(({ outputs }) => outputs.includes(current));
    name = giver !== undefined && isStandard(giver, 'Identity') ? giver.inputs[0] : undefined;
  }
  return false;
}

/** Identities followed back from a loop's condition. */
const HOPS_MAX = 16;
